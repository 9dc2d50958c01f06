#!/bin/bash
# What compose.yaml relies on of the entrypoint of the official image: the first start makes
# the cluster and the database and runs the SQL files, reachable over the socket only.
set -euo pipefail
shopt -s nullglob
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  chmod 700 "$PGDATA"
  initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --options="${*:2} -c listen_addresses=''" --wait start
  run() { psql --no-psqlrc --set ON_ERROR_STOP=1 --username=postgres --dbname="$@"; }
  run postgres --command="create database $POSTGRES_DB"
  for f in /docker-entrypoint-initdb.d/*.sql; do run "$POSTGRES_DB" --file="$f"; done
  pg_ctl --mode=fast --wait stop
fi
exec "$@"
