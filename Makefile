# Every task makes its own environment; it takes Python 3.11 or newer, make and git, nothing else.
SHELL := /bin/sh
RECENT = -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(or $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
    $$p $(RECENT) 2>/dev/null && echo $$p && break; done),python3)
BIN := .venv/bin
READY := .venv/.ready
ORACLES := .venv-oracles/.ready
PEERS := .venv-peers/.ready
VERSIONS := $(patsubst tests/versions/%.txt,.venv-versions/%/.ready,$(wildcard tests/versions/*.txt))
PYTEST := $(BIN)/python -m pytest
# Without it every process would compile the program anew, and pytest rewrite each assertion in every worker.
unexport PYTHONDONTWRITEBYTECODE
ORDINARY := not slow and not verify and not fuzz and not bench
# pytest ends with 5 where no test was selected: say so, and let every other failure through.
OR_NONE = || { code=$$?; [ $$code -eq 5 ] || exit $$code; echo "$@: no test carries this marker yet; nothing was run"; }

.DEFAULT_GOAL := help
.PHONY: help demo test lint check slow environments verify fuzz bench evidence docs golden sample clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(READY)  ## forecast scenarios/saas-hardware into reports/saas-hardware/
	$(BIN)/simulator run scenarios/saas-hardware

test: $(READY)  ## the tests, two to four minutes
	$(PYTEST) -n 2 --dist worksteal -m "$(ORDINARY)"

lint: $(READY)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint  ## style, types, tests: what every commit must pass
	$(MAKE) test

environments: $(READY) $(VERSIONS)  # those of make slow

slow: $(READY) $(VERSIONS)  ## the tests that take minutes (CI runs them too)
	@echo "$(PYTEST) -n 2 --dist worksteal -m slow"; $(PYTEST) -n 2 --dist worksteal -m slow $(OR_NONE)

verify: $(READY) $(ORACLES)  ## long statistical checks of the engine against exact answers
	@echo "$(PYTEST) -n 2 -m verify"; $(PYTEST) -n 2 -m verify $(OR_NONE)

fuzz: $(READY)  ## a long search for input that breaks the program
	HYPOTHESIS_PROFILE=search FUZZING_SECONDS=$(or $(SECONDS),1200) FUZZING_SEED=0 \
	    $(PYTEST) -n 2 -m "fuzz or hypothesis or slow" -k "not slow or fuzzing"

bench: $(PEERS)  ## every figure of speed beside what is to be reached: make bench ARGS="--only peers"
	OMP_NUM_THREADS=1 .venv-peers/bin/python -m benchmarks.speed $(ARGS)

evidence: $(READY)  ## repeat docs/evidence.md on public data: make evidence DATA=DIR
	@test -n "$(DATA)" || { echo "which data? make evidence DATA=DIR"; exit 2; }
	$(BIN)/python -m benchmarks.evidence "$(DATA)"

docs: $(READY)  ## write docs/cli.md, errors.md and formats.md anew
	$(BIN)/python docs/generate.py

golden: $(READY)  ## rewrite the pinned numbers and messages (say why in CHANGELOG.md, under Numbers)
	$(PYTEST) tests/test_golden.py $$(grep -l 'pinned(' tests/test_*.py) --write-golden

sample: $(READY)  ## write reports/sample/ anew, and with chromium its picture (two minutes)
	$(BIN)/python docs/sample.py

clean:  ## remove the environments, caches and build leftovers; reports stay
	rm -rf .venv .venv-peers .venv-oracles .venv-versions build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	    $(PYTHON) $(RECENT) 2>/dev/null || { \
	        echo "funnel-simulator needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	        echo "Name another one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }; \
	    echo "making .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv .venv; }
	@echo "installing into .venv what constraints.txt pins"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	    -c constraints.txt -e '.[dev,dask,fast,parquet,sql]'
	@$(BIN)/python -m compileall -qq -j 0 .venv/lib || true  # as pip does, but on all cores
	@touch $@

# Libraries that answer the same questions stand apart: one of them pins an old pandas.
$(ORACLES): tests/outside/requirements.txt $(READY)
	@$(BIN)/python -m venv .venv-oracles
	@echo "installing into .venv-oracles what tests/outside/requirements.txt pins"
	@.venv-oracles/bin/python -m pip install --quiet --disable-pip-version-check \
	    -r tests/outside/requirements.txt
	@touch $@

# Other versions of numpy, scipy and pandas, which forecast the same: only what a forecast needs is installed.
.venv-versions/%/.ready: tests/versions/%.txt $(READY)
	@$(BIN)/python -m venv .venv-versions/$*
	@echo "installing into .venv-versions/$* what tests/versions/$*.txt pins"
	@.venv-versions/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
	    -r tests/versions/$*.txt
	@touch $@

# The libraries of other programs that `make bench` compares with live apart: the project needs none of them, and
# one of them wants an older psutil than dask.
$(PEERS): benchmarks/peers/requirements.txt $(READY)
	@$(BIN)/python -m venv .venv-peers
	@echo "installing into .venv-peers what benchmarks/peers/requirements.txt and constraints.txt pin"
	@grep -v '^psutil==' constraints.txt > .venv-peers/constraints.txt
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -c .venv-peers/constraints.txt \
	    -e '.[dev,fast]' -r benchmarks/peers/requirements.txt
	@touch $@
