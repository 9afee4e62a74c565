# What a person types. Everything below sets itself up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL ?= complete

.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench fuzz vsix clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml requirements/dev.txt tools/bootstrap.py
	@$(PYTHON) tools/bootstrap.py $(VENV)
	@touch $@

setup: $(VENV)/.installed ## make .venv with pilotfish, pytest and the 0.5B model
	@$(BIN)/pilotfish model pull $(MODEL)

demo: setup ## the main job on real input with the real model
	@$(BIN)/python -m tools.demo

check: $(VENV)/.installed ## format, lint, types, imports, unit tests: about a minute
	@$(BIN)/python -m tools.check

test: setup ## everything that asserts correctness
	@$(BIN)/pilotfish model pull quick
	@$(BIN)/python -m tools.check --all

bench: setup ## what measures time, or needs the 1.5B
	@$(BIN)/pilotfish model pull repair
	@$(BIN)/python -m benchmarks

fuzz: $(VENV)/.installed ## half an hour of broken input: prefixes, mutated files, protocol
	@$(BIN)/python -m benchmarks.fuzz

vsix: $(VENV)/.installed ## the VS Code extension, with the server inside: dist/pilotfish-*.vsix
	@$(BIN)/python -m tools.vsix

clean: ## remove what setup made (models stay in your data folder)
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf editors/vscode/dist editors/vscode/server editors/vscode/node_modules
