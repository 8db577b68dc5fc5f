# The environment is .venv/ in this checkout; nothing is installed outside it.
PYTHON ?= python3
UV := .venv/bin/uv
RUN := .venv/bin/
CYCLES ?= 200
SOAK_MINUTES ?= 60

.PHONY: help setup demo serve test check bench crash soak build js clean

help: ## What each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

# Made again when the list of dependencies changes.
.venv/ready: requirements.lock pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip sync --quiet --python .venv/bin/python requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --editable .
	touch $@

setup: .venv/ready ## Set up everything this checkout needs

demo: setup ## Start a server with a project full of plausible visits
	$(RUN)desirepath demo

serve: setup ## Start an empty server on the folder data/
	$(RUN)desirepath serve

test: setup ## Run all tests (the long ones in their short form)
	$(RUN)pytest -m "not long"

check: setup ## Format, lint, types, import directions: what CI asks for
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy
	$(RUN)lint-imports

bench: setup ## Measure; prints a table of ratios and writes bench/results/
	$(RUN)python -m bench

crash: setup ## CYCLES=200 kills under load; nothing acknowledged may be lost or doubled
	$(RUN)python -m tests.crash --cycles $(CYCLES)
	$(RUN)pytest -m long tests/log tests/crash

soak: setup ## SOAK_MINUTES=60 of steady load; memory, files and threads must stay flat
	$(RUN)python -m tests.soak --minutes $(SOAK_MINUTES)

build: setup ## Build the wheel, open it and look for what it must hold
	$(UV) build --quiet --wheel --out-dir dist
	$(RUN)python -m tests.wheel dist

js: ## Check and build the npm packages (needs Node 20)
	cd js && npm ci --no-audit --no-fund && npm run check && npm run build

clean: ## Remove what was built, not the data
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
