#!/usr/bin/env bash
# Sets up what `make run` (run) or `make test` (dev) needs, in this folder and, as root on
# Debian, the system packages. Every part is pinned by hash.
set -euo pipefail
kind=${1:?run or dev}
cd "$(dirname "$0")"
mkdir -p -m 700 var

fail() { echo "$*" >&2; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
[ "$(id -u)" = 0 ] && root=yes || root=

python=${PYTHON:-}
if [ -z "$python" ]; then
  python=python3
  # Debian's own is built with a profile of real programs (decision 30).
  debians=/usr/bin/python3
  is_new_enough $debians && { [ "$root" ] || has_venv $debians; } && python=$debians
fi
is_new_enough "$python" ||
  fail "Python 3.11 or newer is needed: install it, or say PYTHON=/path/to/python3"
command -v node >/dev/null || fail "Node.js 20 or newer is needed for the pages' scripts: install nodejs and npm, then run this again"
command -v npm >/dev/null || fail "npm is needed beside Node.js: install it, then run this again"

# command: Debian's package
needed="bwrap:bubblewrap"
[ "$kind" = dev ] && needed="$needed chromium-headless-shell:chromium-headless-shell pg_ctlcluster:postgresql pdfsig:poppler-utils certutil:libnss3-tools nginx:nginx clamd:clamav-daemon softhsm2-util:softhsm2"
missing=""
for each in $needed; do command -v "${each%%:*}" >/dev/null || missing="$missing ${each##*:}"; done
# What has no command of its own. LibreOffice turns Office files into PDF; to run, it is a choice.
office=/usr/lib/libreoffice/share/registry
[ "$kind" = dev ] && for each in $office/writer.xcd:libreoffice-writer-nogui $office/calc.xcd:libreoffice-calc-nogui \
  $office/impress.xcd:libreoffice-impress-nogui /usr/share/fonts/truetype/liberation2:fonts-liberation2; do
  [ -e "${each%%:*}" ] || missing="$missing ${each##*:}"
done
[ -x .venv/bin/python ] || has_venv "$python" || missing="$missing python3-venv"
if [ -n "$missing" ]; then
  if [ "$root" ] && command -v apt-get >/dev/null; then
    echo "Installing$missing"
    (apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing) >var/apt.log 2>&1 ||
      fail "Installing$missing failed; see var/apt.log"
  elif [ "$kind" = dev ]; then
    fail "Missing:$missing. As root on Debian: apt-get install --no-install-recommends$missing"
  elif [ "$missing" = " bubblewrap" ]; then
    echo "Without bubblewrap papers are opened in a limited process, but not in a sandbox." >&2
  fi
fi

echo "Python packages"
[ -x .venv/bin/python ] || "$python" -m venv .venv
if command -v uv >/dev/null; then uv=uv; else
  .venv/bin/python -m pip install -q --require-hashes -r requirements-uv.txt
  uv=.venv/bin/uv
fi
lock=requirements.txt
[ "$kind" = dev ] && lock=requirements-dev.txt
VIRTUAL_ENV=$PWD/.venv $uv pip install -q --require-hashes -r "$lock"
VIRTUAL_ENV=$PWD/.venv $uv pip install -q --no-deps --no-build-isolation -e .
# Once, here: the sandbox may not keep what it compiles, and a shell may say to keep nothing.
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -qq -j 0 .venv/lib/python3*/site-packages \
  ecabinet people documents ballots meetings tasks || true

echo "Pages: scripts, styles, fonts"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  if [ "$kind" = run ]; then npm ci --omit=dev --silent --no-progress; else npm ci --silent --no-progress; fi ||
    fail "npm ci failed: see the lines above"
elif [ "$kind" = dev ] && [ ! -d node_modules/typescript ]; then
  npm ci --silent --no-progress
fi
node frontend/build.mjs
echo "Words"
.venv/bin/python translations/compile.py
