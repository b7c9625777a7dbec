#!/usr/bin/env bash
# A throw-away PostgreSQL cluster under the user postgres, for the command that follows.
# Usage: tests/postgresql.sh run COMMAND…
set -euo pipefail
shift
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
[ -x "$bin/initdb" ] || { echo "PostgreSQL is missing: apt-get install postgresql" >&2; exit 1; }
# A database is made for each test: in memory, where there is room for them and where it costs
# nothing that each commit is durable, as the servers under test demand.
room=$(df --output=avail --block-size=M /dev/shm 2>/dev/null | tail -1 | tr -dc 0-9)
folder=$(mktemp -d $([ "${room:-0}" -gt 2048 ] && echo --tmpdir=/dev/shm))
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }
[ "$(id -u)" = 0 ] && chown postgres:postgres "$folder"
stop() { as_postgres "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop || true; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
as_postgres "$bin/initdb" -D "$folder/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >"$folder/log"
as_postgres "$bin/pg_ctl" -D "$folder/data" -s -w -l "$folder/server.log" \
  -o "-c listen_addresses= -c unix_socket_directories=$folder -c max_connections=200 \
      -c full_page_writes=off" start
cd "$OLDPWD"
ECABINET_TEST_DATABASE_URL="postgresql+psycopg://postgres@/postgres?host=$folder" "$@"
