# What is needed: Python 3.11 or later, make, and a network for the first install.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
RUN_TARGET := scenarios/anonymous-bank.yaml
OUT := results/anonymous-bank
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run studio test test-all lint docs bench clean

help:
	@echo "make run       install cxsim in $(VENV) and simulate the Anonymous Bank into $(OUT)"
	@echo "make studio    open that scenario on a page in the browser, where each change is simulated"
	@echo "make test      the ordinary tests (the slow ones left out)"
	@echo "make test-all  every test, on Python 3.11 and on a later one if this machine has it"
	@echo "make lint      ruff, vulture (unused code) and mypy --strict"
	@echo "make docs      the documentation, into docs/_build/html; a warning is an error"
	@echo "make bench     the benchmarks, appended to benchmarks/results.jsonl (needs a C compiler)"
	@echo "make clean     remove environments, caches and builds; results stay"

# One environment; each stamp says which extras it has and is renewed when setup.cfg changes.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "cxsim needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "cannot make $(VENV): Python's venv module is missing (Debian: python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/with-%: $(VENV)/made setup.cfg pyproject.toml
	@echo "installing cxsim [$*] in $(VENV)"
	@$(PIP) install --editable '.[$*]'
	@touch $@

$(VENV)/plain: $(VENV)/made setup.cfg pyproject.toml
	@echo "installing cxsim in $(VENV)"
	@$(PIP) install --editable .
	@touch $@

run: $(VENV)/plain
	$(BIN)/cxsim run $(RUN_TARGET) --out $(OUT)
	@echo "To change this plan on a page in your browser: make studio"

studio: $(VENV)/with-studio
	$(BIN)/cxsim studio $(RUN_TARGET)

test: $(VENV)/with-dev
	$(BIN)/python -m pytest -m 'not slow' -n $(WORKERS)

# Python 3.12 and later bring another major version of PuLP, so both sides are tested.
test-all:
	@first=$$(.ci/pythons 3.11); \
	 later=$$(.ci/pythons 3.12 3.13 | head -n 1); \
	 [ -n "$$first$$later" ] || { echo "no Python 3.11, 3.12 or 3.13 found" >&2; exit 1; }; \
	 [ -n "$$first" ] || echo "Python 3.11 is not on this machine: not tested"; \
	 [ -n "$$later" ] || echo "no Python later than 3.11 is on this machine: not tested"; \
	 status=0; \
	 for python in $$first $$later; do \
	   name=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	   echo "== every test on Python $$name =="; \
	   $(MAKE) --no-print-directory every-test PYTHON=$$python VENV=.venv-$$name || status=1; \
	 done; exit $$status

.PHONY: every-test
every-test: $(VENV)/with-dev
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/with-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vulture
	$(BIN)/mypy

docs: $(VENV)/with-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

bench: $(VENV)/with-bench
	$(BIN)/python -m benchmarks.run

clean:
	rm -rf .venv .venv-* build dist *.egg-info docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
