#!/usr/bin/env bash
# The whole suite: without the browser on SQLite and on PostgreSQL, then the browser; or its
# minute that needs neither ("fast"); or the long trials of power and kills ("faults").
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
# A suite is hundreds of processes: what one has compiled, the others take.
unset PYTHONDONTWRITEBYTECODE
ECABINET_TEST_FOLDER=$(mktemp -d)
export ECABINET_TEST_FOLDER
filling=
trap 'kill $filling 2>/dev/null || true; rm -rf "$ECABINET_TEST_FOLDER"' EXIT
run() { .venv/bin/python -m pytest "$@"; }
# Beside a test that waits for a server, a socket or a disk another one has the processor.
beside=$(($(nproc) * 3 / 2))
took() { echo "   ($((SECONDS / 60)) min $((SECONDS % 60)) s since the start)"; }

if [ "$what" = fast ]; then
  run -m "not (browser or audit or database or slow)" -n auto tests
  exit
fi

if [ "$what" = faults ]; then
  # Power cuts, and kills on each database; 1,000 kills take an hour on two cores.
  export IMAGES=${IMAGES:-50000} KILLS=${KILLS:-100} COURSES=${COURSES:-300}
  echo "== on SQLite: $IMAGES power cuts, $KILLS kills, $COURSES courses of the ballot room"
  run -rP --timeout=0 tests/faults
  took
  echo "== on PostgreSQL: $KILLS kills, $COURSES courses"
  bash tests/postgresql.sh run .venv/bin/python -m pytest -rP --timeout=0 tests/faults
  took
  exit
fi

# Real servers begin with a copy of the filled demo: it is filled while others are tested.
PYTHONPATH=. .venv/bin/python -c "from tests.server import filled_demo; filled_demo()" & filling=$!

echo "== on SQLite"
# Of the doors none may be one that nobody whom the policy lets in has come through.
run -m "not (browser or audit or faults)" --every-door -n $beside tests
took

echo "== on PostgreSQL"
bash tests/postgresql.sh run .venv/bin/python -m pytest \
  -m "not (browser or audit or faults)" -n $beside tests
took

echo "== in the browser"
# A file's tests may share one morning of a served demo; the longest files begin.
run -m browser --timeout=900 -n auto --dist loadfile --no-loadscope-reorder tests/browser
took
