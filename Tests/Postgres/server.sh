#!/bin/sh
# A private PostgreSQL for tests: server.sh start|stop|crash DIR, or server.sh with COMMAND...
#
# It listens on a socket in DIR only. PostgreSQL refuses root, so that root runs it as the user that its package makes.
# `crash` kills every process of it at once, as a power cut would; `start` after it lets it recover. `with` runs a command
# with RELAY_TEST_STORE naming a new server, and stops that at the end.
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v pg_ctl)")

as_owner() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi
}

start() {
  if [ ! -d "$1/data" ]; then
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then chown postgres "$1"; fi
    chmod 755 "$1"
    as_owner "$bin/initdb" -D "$1/data" -A trust -U relay -E UTF8 --locale=C >/dev/null
  fi
  as_owner "$bin/pg_ctl" -D "$1/data" -l "$1/log" -w -t 60 \
    -o "-k $1 -c listen_addresses='' -c max_connections=300" start >/dev/null
}

stop() { as_owner "$bin/pg_ctl" -D "$1/data" -w -m immediate stop >/dev/null; }

crash() {
  main=$(head -1 "$1/data/postmaster.pid")
  # Its children first, or they would notice and end in good order.
  kill -STOP "$main"
  for child in $(ps -o pid= --ppid "$main"); do kill -9 "$child" 2>/dev/null || true; done
  kill -9 "$main"
  while kill -0 "$main" 2>/dev/null; do sleep 0.02; done
}

case "$1" in
  start | stop | crash) "$1" "$2" ;;
  with)
    shift
    dir=$(mktemp -d /tmp/relay-postgres.XXXXXX)
    trap 'stop "$dir" || true; rm -rf "$dir"' EXIT
    trap 'exit 130' INT TERM
    start "$dir"
    RELAY_TEST_STORE="postgresql:///postgres?host=$dir&user=relay" "$@"
    ;;
  *) echo "server.sh start|stop|crash DIR, or server.sh with COMMAND..." >&2; exit 64 ;;
esac
