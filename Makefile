# Tasks for people and for CI. `make demo` and `make test` need nothing prepared: they set up what is missing.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

SECONDS ?=
PNG_DIR ?=
NETWORK ?=
BASKETS ?=
DESTINATIONS ?=
DEMO_FLAGS := $(if $(SECONDS),--seconds $(SECONDS)) $(if $(PNG_DIR),--png-dir $(PNG_DIR)) \
	$(if $(NETWORK),--network $(NETWORK)) $(if $(BASKETS),--baskets $(BASKETS)) \
	$(if $(DESTINATIONS),--destinations $(DESTINATIONS))

.PHONY: help setup demo test check bench simulate requirements clean

help:  ## Show what there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## Create the environment in .venv

.venv/.ready: requirements.txt pyproject.toml hatch_build.py
	@./tools/setup.sh "$(PYTHON)"

demo: .venv/.ready  ## Run the whole product on simulated hardware (SECONDS=60 ends by itself)
	@$(BIN)/tillway-sim demo $(DEMO_FLAGS)

test: .venv/.ready  ## Check and test everything, with apt for mosquitto and Chromium where it may
	@./tools/system-packages.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow"
	@$(BIN)/pytest -n 2 --dist worksteal -p no:randomly -m slow

check: .venv/.ready  ## Lint, format, types and import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.ready  ## Measure speed as ratios and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

simulate: .venv/.ready  ## Run the protocol simulation over more seeds (SEEDS=1000)
	@SIM_SEEDS=$(or $(SEEDS),100) $(BIN)/pytest -q tests/simulation

requirements: .venv/.ready  ## Pin all requirements anew
	@$(BIN)/uv pip compile --quiet --upgrade --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml \
		--output-file requirements.txt

clean:  ## Remove what was built and what runs left
	@rm -rf .venv .run build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
