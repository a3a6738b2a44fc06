# Two commands do everything: `make up` serves, `make test` tests. Nothing has to be installed before but Python.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.installed

.PHONY: up test quick check lint types contracts catalogues catalogues-check bench eval soak lock clean

$(DONE): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(DONE)

up: $(DONE)
	@$(BIN)/wardline up

# Everything but the soaks at full length, whose small versions are among the tests.
test: $(DONE)
	@$(BIN)/python -m pytest -n 2

# While at work: unit tests and a smoke of every room; it says what it leaves out.
quick: $(DONE)
	@$(BIN)/python -m pytest -n 2 --quick

check: lint types contracts catalogues-check test

lint: $(DONE)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DONE)
	@$(BIN)/mypy

contracts: $(DONE)
	@$(BIN)/lint-imports

catalogues: $(DONE)
	@$(BIN)/python -m tests.catalogues

catalogues-check: $(DONE)
	@$(BIN)/python -m tests.catalogues --check

bench: $(DONE)
	@$(BIN)/python -m evals.bench

eval: $(DONE)
	@$(BIN)/python -m evals

soak: $(DONE)
	@$(BIN)/python -m evals.soak

lock:
	@$(BIN)/uv pip compile -q pyproject.toml --extra dev --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --universal -o requirements.lock

clean:
	rm -rf $(VENV) var
