# make app    the page on http://localhost:8501
# make test   style, types and every test
# make lint   style and types only
# make bench  every measurement in benchmarks/ (or one: make bench NAME=decode)
# make setup  only the environment of the app
#
# Each target installs what it needs into .venv, once; nothing outside the checkout is touched.

VENV ?= .venv
# The first of these that is Python 3.11 or newer.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.14 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STAMPS := $(VENV)/stamps

# Tests side by side, and extra options for pytest: make test WORKERS=4 PYTEST_FLAGS="-k page"
WORKERS ?= 2
PYTEST_FLAGS ?=

BENCHMARKS = $(filter-out __init__ __main__ _%,$(notdir $(basename $(wildcard benchmarks/*.py))))

.DEFAULT_GOAL := help
.PHONY: help setup app test lint bench

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup: $(STAMPS)/app

app: setup
	$(BIN)/python -m streamlit run streamlit_app.py

test: $(STAMPS)/finetune $(STAMPS)/unsloth lint
	OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false \
		$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_FLAGS)

lint: $(STAMPS)/finetune
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: $(STAMPS)/finetune
	@set -e; for name in $(or $(NAME),$(BENCHMARKS)); do $(BIN)/python -m benchmarks $$name; done

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/app: requirements.txt | $(BIN)/python
	$(PIP) -r requirements.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/app
	$(PIP) -r requirements-dev.txt
	@touch $@

# PyTorch goes first and alone: resolved together with the rest, a larger build may be chosen.
$(STAMPS)/finetune: requirements-finetune.txt $(STAMPS)/dev
	$(PIP) "$$(grep -E '^torch==' requirements-finetune.txt)"
	$(PIP) -r requirements-finetune.txt
	@touch $@

# Beside the environment, where only its test looks: it changes the libraries that it finds.
$(STAMPS)/unsloth: requirements-unsloth.txt $(STAMPS)/finetune
	$(PIP) --no-deps --upgrade --target $(VENV)/unsloth -r requirements-unsloth.txt
	@touch $@
