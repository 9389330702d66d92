# Short names for the plain commands in the README.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/snakemake
# A folder or URL that files are taken from instead of where they were published.
MIRROR ?=
# By the environment, since the shell would read a space or a quote in it.
export MIRROR
MIRRORED := $(if $(MIRROR),--config "mirror=$$MIRROR")

.PHONY: help setup demo yeast reproduce test test-slow test-slurm lint clean

help:
	@echo "make demo       every stage on simulated data, offline, in a few minutes"
	@echo "make yeast      real data: the yeast genome and 384 ChIP-exo peak files"
	@echo "make reproduce  the full DeepSEA reproduction (a GPU is wanted)"
	@echo "make test       linters and tests"
	@echo "make test-slow  the tests marked slow: coverage simulations and their like"
	@echo "make test-slurm tests on a SLURM of one node, brought up for them (root, Debian)"
	@echo "MIRROR=DIR_OR_URL takes the published files from there"

setup: $(VENV)/installed

$(VENV)/installed: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --disable-pip-version-check -q -r requirements.lock
	$(VENV)/bin/python -m noncoding.precompile
	touch $@

demo: setup
	$(RUN) --configfile configs/demo.yaml

yeast: setup
	$(RUN) --configfile configs/yeast.yaml $(MIRRORED)

reproduce: setup
	$(VENV)/bin/python -m noncoding.training.estimate config.yaml --rows 4400000
	$(RUN) $(MIRRORED)

# Two processes share the tests; each computes on one thread.
PYTEST := $(VENV)/bin/python -m pytest -n 2 --dist worksteal

test: setup lint
	$(PYTEST)

test-slow: setup
	$(PYTEST) -m slow

# On a real SLURM of one node, which is brought up for it: as root, on Debian.
test-slurm: setup
	@command -v slurmctld > /dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		slurmctld slurmd slurm-client munge > /dev/null; } || \
		echo "The packages of SLURM cannot be installed here."
	@why=$$(tests/slurm/one_node.sh can) && NONCODING_SLURM=1 $(VENV)/bin/python -m pytest tests/slurm || \
		{ [ -n "$$why" ] && echo "Not run: no test on a SLURM ($$why)."; }

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/snakefmt --check Snakefile rules
	$(RUN) --lint

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
