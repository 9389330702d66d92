# An image with everything but data: docker build -t noncoding:0.1.0 .
# Not built in CI; what is tested is the installation that it does (Python, pip, the lock file).
# On a machine with a GPU: docker run --gpus all … (pip's torch brings the CUDA libraries).
#
#   docker run --rm -v "$PWD/results:/noncoding/results" noncoding:0.1.0 \
#       --configfile configs/demo.yaml
FROM python:3.11-slim-bookworm
WORKDIR /noncoding
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.lock
COPY . .
# Users other than root may run it, also those whose number has no name: Snakemake keeps its own
# records here, beside the results.
RUN install -d -m 1777 .snakemake results
ENV USER=noncoding XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/matplotlib NUMBA_CACHE_DIR=/tmp/numba
ENTRYPOINT ["snakemake"]
CMD ["--help"]
