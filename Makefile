# Short names for the commands in the README.

PYTHON ?= python3
VENV := .venv
DOCS := .venv-docs
RUN := $(VENV)/bin/snakemake
# Folder or URL from which published files are taken instead of their original URLs.
MIRROR ?=
# Passed through the environment, so that the shell does not interpret spaces or quotes.
export MIRROR
MIRRORED := $(if $(MIRROR),--config "mirror=$$MIRROR")

.PHONY: help setup demo yeast reproduce test test-slow test-gpu test-gpu-dry test-slurm test-image \
	lint lint-release docs clean

help:
	@echo "make setup      install the pinned packages and this project into $(VENV)"
	@echo "make demo       run all stages on simulated data, offline, in a few minutes"
	@echo "make yeast      run on real data: the yeast genome and 384 ChIP-exo peak files"
	@echo "make reproduce  run the full DeepSEA reproduction (GPU recommended)"
	@echo "make lint       check format, types, imports, spelling, rules, licences and the Dockerfile"
	@echo "make test       run linters and tests"
	@echo "make test-slow  run the tests marked slow, such as coverage simulations"
	@echo "make test-gpu   compare results on a GPU with those of the CPU; test-gpu-dry: in small, without one"
	@echo "make test-slurm run tests on a single-node SLURM cluster that is set up for them (root, Debian)"
	@echo "make test-image builds the container image and runs the demo in it (Docker or Podman)"
	@echo "make docs       build the documentation site in the folder site"
	@echo "make clean      remove the environment and caches"
	@echo "MIRROR=DIR_OR_URL takes the published files from a folder or URL"

setup: $(VENV)/installed

# The project is installed as editable: changes of the checkout apply at once.
$(VENV)/installed: requirements.lock pyproject.toml
	@echo "Installing the pinned packages into $(VENV): once, a few minutes, some GB."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --disable-pip-version-check -q --no-compile -r requirements.lock -e .
	@# On all cores, which pip does not use. Some packages have files for other versions of Python.
	$(VENV)/bin/python -m compileall -qq -j 0 $(VENV)/lib || true
	$(VENV)/bin/python -m noncoding.precompile
	touch $@

demo: setup
	$(RUN) --configfile configs/demo.yaml

yeast: setup
	$(RUN) --configfile configs/yeast.yaml configs/yeast_ensemble.yaml $(MIRRORED)

reproduce: setup
	$(VENV)/bin/noncoding estimate --device here $(MIRRORED)
	$(RUN) $(MIRRORED)

# The tests run in two processes with one thread each.
PYTEST := $(VENV)/bin/python -m pytest -n 2 --dist worksteal

test: setup lint
	$(PYTEST)

test-slow: setup
	$(PYTEST) -m slow

# On a machine with a GPU, in one process: comparisons with the CPU.
test-gpu: setup
	$(VENV)/bin/python -m pytest -m gpu tests/gpu

# What benchmarks/gpu.sh runs on a GPU, in small on the CPU.
test-gpu-dry: setup
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && bash benchmarks/gpu.sh "$$folder" --dry

# On a single-node SLURM cluster that is set up for the tests; requires root on Debian.
test-slurm: setup
	@command -v slurmctld > /dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		slurmctld slurmd slurm-client munge > /dev/null; } || \
		echo "The SLURM packages could not be installed."
	@why=$$(tests/slurm/one_node.sh can) && NONCODING_SLURM=1 $(VENV)/bin/python -m pytest tests/slurm || \
		{ [ -n "$$why" ] && echo "SLURM tests skipped: $$why."; }

# In the container image, where a builder can be had.
test-image:
	tests/image.sh

lint: setup lint-release
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/codespell
	$(VENV)/bin/snakefmt --check Snakefile rules workflow
	$(RUN) --lint

# The citation file, the licence of each file, and the Dockerfile.
RELEASE := $(VENV)/release

lint-release: $(RELEASE)/installed
	$(RELEASE)/bin/cffconvert --validate
	$(RELEASE)/bin/reuse lint --quiet || $(RELEASE)/bin/reuse lint --lines
	$(RELEASE)/bin/hadolint Dockerfile

$(RELEASE)/installed: requirements-release.lock
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --disable-pip-version-check -q -r requirements-release.lock
	touch $@

# The site reads the sources of the package and does not import it. With --quiet, warnings would not
# be errors.
docs: $(DOCS)/installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build
	@echo "Site: $(CURDIR)/site/index.html"

$(DOCS)/installed: docs/requirements.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --disable-pip-version-check -q -r docs/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(DOCS) site *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
