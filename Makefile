# Everything runs in a virtual environment of its own, .venv; needed beforehand: python3 with venv, and make.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test train clean

help:  ## list what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: .venv/installed  ## a station and a simulated line camera on this machine; Ctrl-C ends it
	$(BIN)/coatsight demo

test: .venv/installed-for-tests  ## style, types, import contracts, then every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

train: .venv/installed-for-training  ## the shipped model from nothing: draw webs, fit, compare, ask; half an hour
	$(BIN)/python -m models.train

clean:  ## remove the virtual environment, caches and builds
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: installed anew only when what is to be installed changes.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e .
	touch $@

.venv/installed-for-tests: .venv/installed
	$(INSTALL) -e '.[test]'
	touch $@

.venv/installed-for-training: .venv/installed
	$(INSTALL) -e '.[train]'
	touch $@
