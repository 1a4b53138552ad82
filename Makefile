# Kassa's commands. `make help` lists them. Two matter: `make demo` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The newest Python from 3.11 on that runs and can make virtual environments; PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
PY := $(VENV)/bin/python

PORT ?= 8000
BANK_PORT ?= 8001
DATA ?= var
# `make drill`: how long shoppers come, what all chances come from (empty: a new one), and on which database.
SECONDS ?= 300
SEED ?=
DATABASE ?= postgresql
# Tests mostly wait for the bank that they talk to, so somewhat more of them than cores run side by side.
WORKERS ?= 3
export PORT BANK_PORT DATA
# Tests and the demo start many processes; each would compile all of Kassa anew.
unexport PYTHONDONTWRITEBYTECODE

# What `manage.py` needs to start at all, for commands that use no installation of their own.
THROW_AWAY = SECRET_KEY=throw-away-$$RANDOM$$RANDOM$$RANDOM ENCRYPTION_KEYS=unused PUBLIC_URL=http://127.0.0.1:8000

# `make model`: how many runs in each of three parts (and somewhat fewer in a fourth), and which.
EXAMPLES ?= 150
MODEL_SEED ?= $(if $(SEED),$(SEED),1)

.PHONY: help demo bench test check format rehearse drill model diagram clean

help: ## this list
	@echo "make demo      a shop, a bank, a worker and an admin on this machine; Ctrl-C stops all of it"
	@echo "               PORT=$(PORT) BANK_PORT=$(BANK_PORT) DATA=$(DATA) may be set: make demo PORT=9000"
	@echo "make test      every test; ARGS=\"-k worker\" narrows; TEST_DATABASE_URL=postgres://… tests on PostgreSQL"
	@echo "make check     style and types: ruff and strict mypy"
	@echo "make rehearse  play every way that orders, plans and refunds can go; ARGS=\"--base-url https://…\" for a running shop"
	@echo "make drill     shoppers pay while bank, web, worker and database are killed; then all is compared"
	@echo "               SECONDS=$(SECONDS) SEED=… DATABASE=$(DATABASE) may be set: make drill SECONDS=1200 SEED=7"
	@echo "make model     walk the model of tests/model longer than make test does; EXAMPLES=$(EXAMPLES) SEED=… may be set"
	@echo "make bench     how fast it is, against baselines of the same run; ARGS=\"web growth\" measures some parts only"
	@echo "make format    let ruff arrange the code"
	@echo "make diagram   write docs/statuses.md from the table of statuses"
	@echo "make clean     remove the virtual environments and caches; data in var/ stays"

demo: $(VENV)/.runs ## everything, running
	@$(PY) -m launcher demo

test: $(VENV)/.tests .venv-sdk/.ready ## every test
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.tests ## style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .

model: $(VENV)/.tests ## anything after anything, with deaths in between
	@MODEL_EXAMPLES=$(EXAMPLES) MODEL_SEED=$(MODEL_SEED) MODEL_STORMS=5 $(PY) -m pytest tests/model -n $(WORKERS) $(ARGS)

bench: $(VENV)/.tests .venv-sdk/.ready ## how fast it is; var/bench.json keeps the figures
	@$(PY) -m tests.bench $(ARGS)

format: $(VENV)/.tests
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

rehearse: $(VENV)/.runs ## the rehearsal
	@$(THROW_AWAY) ENV_FILE= $(PY) manage.py rehearse $(ARGS)

drill: $(VENV)/.tests ## the drill
	@$(PY) -m tests.drill --seconds $(SECONDS) --database $(DATABASE) $(if $(SEED),--seed $(SEED)) $(ARGS)

diagram: $(VENV)/.runs
	@$(THROW_AWAY) ENV_FILE= $(PY) manage.py status_diagram --write docs/statuses.md

clean:
	rm -rf $(VENV) .venv-sdk .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Virtual environments. A stamp is newer than the requirements that were installed last.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Kassa needs Python 3.11 or newer with venv. Say PYTHON=/path/to/python"; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Kassa runs on …"
	@$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what Kassa is tested with …"
	@$(PY) -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.runs

# bunq's own SDK needs older libraries than Kassa, so it lives apart.
.venv-sdk/.ready: requirements-sdk.txt
	@echo "Installing bunq's SDK for the compatibility test …"
	@$(PYTHON) -m venv .venv-sdk
	@.venv-sdk/bin/python -m pip install --disable-pip-version-check -r requirements-sdk.txt
	@touch $@
