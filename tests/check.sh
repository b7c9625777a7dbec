#!/usr/bin/env bash
# Format, lint, types, imports: of Python, templates and browser code.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/ruff format --check .
.venv/bin/ruff check .
.venv/bin/mypy
.venv/bin/lint-imports --no-cache
npx tsc --noEmit -p frontend/tsconfig.json
npx biome check frontend biome.json
! git grep -nE 'https?://[a-z0-9.-]+\.[a-z]{2,}' -- '*.txt' package-lock.json || { echo "a lock names a host" >&2; exit 1; }
