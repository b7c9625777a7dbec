#!/usr/bin/env bash
# The whole suite: without the browser on SQLite and on PostgreSQL, then the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
# A suite is hundreds of processes: what one has compiled, the others take.
unset PYTHONDONTWRITEBYTECODE
ECABINET_TEST_FOLDER=$(mktemp -d)
export ECABINET_TEST_FOLDER
trap 'rm -rf "$ECABINET_TEST_FOLDER"' EXIT
run() { .venv/bin/python -m pytest "$@"; }
took() { echo "   ($((SECONDS / 60)) min $((SECONDS % 60)) s since the start)"; }

# Real servers begin with a copy of the filled demo: it is filled while others are tested.
PYTHONPATH=. .venv/bin/python -c "from tests.server import filled_demo; filled_demo()" &

echo "== on SQLite"
run -m "not browser and not audit" -n 2 tests
took
[ "$what" = all ] || exit 0

echo "== on PostgreSQL"
bash tests/postgresql.sh run .venv/bin/python -m pytest -m "not browser and not audit" -n 2 tests
took

echo "== in the browser"
# A file's tests may share one morning of a served demo; the longest file begins.
run -m browser --timeout=900 -n 2 --dist loadfile tests/browser/test_day.py tests
took
