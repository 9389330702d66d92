# Image with the pipeline and its environment, without data: docker build -t noncoding:0.1.0 .
# The image is not built in CI; the installation steps (Python, pip, lock file) are tested there.
# On a machine with a GPU: docker run --gpus all … (torch from pip includes the CUDA libraries).
#
#   docker run --rm -v "$PWD/results:/noncoding/results" noncoding:0.1.0 \
#       --configfile configs/demo.yaml
FROM python:3.11-slim-bookworm
WORKDIR /noncoding
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps -e .
# The image can be run by users other than root, including user IDs without a name. Snakemake
# writes its metadata to .snakemake.
RUN install -d -m 1777 .snakemake results
ENV USER=noncoding XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/matplotlib NUMBA_CACHE_DIR=/tmp/numba
ENTRYPOINT ["snakemake"]
CMD ["--help"]
