#!/usr/bin/env bash
# Build the container image for the CPU, and run the demo in it as a user without a name. Without a
# builder that can pull the base image, say so.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
for builder in docker podman; do
    if command -v "$builder" > /dev/null && timeout 300 "$builder" pull "$base" > /dev/null 2>&1; then
        "$builder" build --build-arg TORCH_BUILD=+cpu \
            --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu -t noncoding:test .
        folder=$(mktemp -d)
        trap 'rm -rf "$folder"' EXIT
        chmod 1777 "$folder"
        "$builder" run --rm --user 12345:12345 -v "$folder:/work" noncoding:test \
            --configfile /opt/noncoding/configs/demo.yaml
        test -s "$folder/results/simulated/report.html"
        exit
    fi
done
echo "The image was not built: neither docker nor podman can pull $base here. make lint checks the Dockerfile."
