# The pipeline and the packages that it needs, without data and without tools of development.
#
#   docker build -t noncoding:0.2.0 .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" noncoding:0.2.0 \
#       --configfile /opt/noncoding/configs/demo.yaml
#
# The current folder is then /work: its configuration and data are read, results/ and .snakemake/
# are written there. On a machine with a GPU, add --gpus all. `make test-image` tests the image.

# A digest (python:3.11.14-slim-bookworm@sha256:…) pins the base image exactly.
ARG BASE=docker.io/library/python:3.11.14-slim-bookworm
FROM ${BASE}
# Without a GPU, use the smaller build of torch for the CPU:
# --build-arg TORCH_BUILD=+cpu --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG TORCH_BUILD=""
ARG TORCH_INDEX=""
WORKDIR /opt/noncoding
# The packages are in a layer of their own, which changes of the code do not rebuild. The lock
# determines all versions, also those of packages that the dependencies require.
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY noncoding/VERSION noncoding/VERSION
RUN sed -i "s/^torch==.*/&${TORCH_BUILD}/" requirements.lock \
    && pip install --no-cache-dir --disable-pip-version-check \
        --constraint requirements.lock setuptools \
    && pip install --no-cache-dir --disable-pip-version-check --no-build-isolation \
        ${TORCH_INDEX:+--extra-index-url "${TORCH_INDEX}"} \
        --constraint requirements.lock '.[workflow]'
COPY . .
# Editable: the jobs import the files that Snakemake compares when it starts. The home folder can
# be written by any user: --user may be a number without a name.
RUN pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps -e . \
    && useradd --no-log-init --create-home --uid 1000 noncoding \
    && chmod 1777 /home/noncoding \
    && install -d -o noncoding -g noncoding /work
# Compiled once; on another processor, numba compiles again and writes here, too.
ENV NUMBA_CACHE_DIR=/var/cache/numba
RUN install -d -m 1777 "${NUMBA_CACHE_DIR}" \
    && python -m noncoding.precompile \
    && chmod -R a+rwX "${NUMBA_CACHE_DIR}"
USER 1000
ENV HOME=/home/noncoding USER=noncoding
WORKDIR /work
ENTRYPOINT ["snakemake", "--snakefile", "/opt/noncoding/Snakefile"]
CMD ["--help"]
