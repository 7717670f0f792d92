# make run    set everything up, then run the bot on its embedded defaults
# make test   set everything up, then run the tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test test-shelf test-web test-wire lint types fuzz crash week bench pictures lock clean

run: $(VENV)/.ready-run
	@$(BIN)/lookout run

# One process a core; what one of them has no work for any more it takes from another.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --dist worksteal

test: $(VENV)/.ready-dev
	$(PYTEST)

# Only the tests that read the recorded pages and the platforms' own specifications: see tests/shelf.py.
test-shelf: $(VENV)/.ready-dev
	$(PYTEST) -m shelf

# Against chat platforms that others wrote, from npm: needs Node 20 and npm.
test-wire: $(VENV)/.ready-dev tests/wire/node_modules/.ready
	$(BIN)/python -m pytest tests/wire

# The pages in a real browser, against WCAG too: needs Chromium and npm; without Chromium these tests skip.
test-web: $(VENV)/.ready-dev tests/browser/node_modules/.ready
	$(BIN)/python -m pytest tests/browser

tests/%/node_modules/.ready: tests/%/package-lock.json
	cd tests/$* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

# N: how many random points the story is killed at.
N ?= 50
crash: $(VENV)/.ready-dev
	$(BIN)/python -m tests.crash --points $(N)

# ROUNDS: mutated inputs per parser, then lines typed at the bot.
ROUNDS ?= 100000
fuzz: $(VENV)/.ready-dev
	$(BIN)/python -m tests.fuzz --rounds $(ROUNDS)
	$(BIN)/python -m tests.fuzz_lines --lines $(ROUNDS)

# HOURS: of virtual time, with 300 pages of which 15 misbehave, and 200 channels. A week takes about an hour.
HOURS ?= 168
week: $(VENV)/.ready-dev
	$(BIN)/python -m tests.week --hours $(HOURS)

bench: $(VENV)/.ready-dev
	$(BIN)/python -m bench

# docs/pictures, drawn by a headless Chromium.
pictures: $(VENV)/.ready-dev
	$(BIN)/python -m tests.pictures

# Pins for Python 3.11 to 3.14 on Linux and macOS in one file each, with the hash of every artefact.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: $(VENV)/bin/python
	$(PIP) install uv
	$(LOCK) pyproject.toml --group build -o requirements.txt
	$(LOCK) pyproject.toml --extra fast --extra postgres --group build -o requirements-postgres.txt
	$(LOCK) pyproject.toml --extra all --group dev -o requirements-dev.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-run: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready-run
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) tests/*/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
