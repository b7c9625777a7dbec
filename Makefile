# The commands of README.md. Each says what it does, and sets up whatever it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PORT ?= 8000
V := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make run         set up, migrate, fill the demo, serve on http://localhost:$(PORT)"
	@echo "TLS=1 make run   the same by https, for tablets on the same network"
	@echo "make test        everything: services and browser too"
	@echo "make test-fast   one minute: rules, words and the house, without database and browser"
	@echo "make check       format, lint, types, imports"
	@echo "make audit       every page, at every size, by axe: long, by hand"
	@echo "make faults      power cuts, kills, odd courses by the hundred (IMAGES=, KILLS=, COURSES=): long, by hand"
	@echo "make mutants     small changes of rules, signing, log and verifier that no test finds (MODULE=)"
	@echo "make scale       papers and search as they grow (PAGES=): long, by hand"
	@echo "make bench       goal, figure, peer and verdict of every benchmark"

run: var/.ready-run
	@if [ "$${TLS:-}" = 1 ]; then exec $(V)/ecabinet serve --tls --port $(PORT); fi; \
	ECABINET_BASE_URL=$${ECABINET_BASE_URL:-http://localhost:$(PORT)} exec $(V)/ecabinet serve

code: var/.ready-run
	@$(V)/ecabinet user code $(NAME)

setup: var/.ready-dev

test: var/.ready-dev
	@bash tests/run.sh all

test-fast: var/.ready-dev
	@bash tests/run.sh fast

check: var/.ready-dev
	@bash tests/check.sh

fix: var/.ready-dev
	@$(V)/ruff format . && $(V)/ruff check --fix . && npx biome check --write frontend biome.json

audit: var/.ready-dev
	@$(V)/python -m pytest -m audit --timeout=1200 tests

faults: var/.ready-dev
	@bash tests/run.sh faults

mutants: var/.ready-dev
	@nice $(V)/python -m tests.mutation $(MODULE)

scale: var/.ready-dev
	@$(V)/python -m benchmarks scale

bench: var/.ready-dev
	@$(V)/python -m benchmarks

lock:
	@uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --universal -c constraints.txt requirements.in requirements-dev.in -o requirements-dev.txt
	@uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --universal -c requirements-dev.txt requirements.in -o requirements.txt
	@uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --universal requirements-uv.in -o requirements-uv.txt
	@npm install --package-lock-only && node frontend/strip-lock.mjs

FRONT := $(shell find frontend -type f 2>/dev/null) package-lock.json
WORDS := $(shell find translations -name '*.po' 2>/dev/null)

var/.ready-run: requirements.txt requirements-uv.txt pyproject.toml $(FRONT) $(WORDS)
	@bash setup.sh run
	@touch $@

var/.ready-dev: requirements-dev.txt requirements-uv.txt pyproject.toml $(FRONT) $(WORDS)
	@bash setup.sh dev
	@touch $@ var/.ready-run


.PHONY: help run code setup test test-fast check fix audit faults mutants scale bench lock
