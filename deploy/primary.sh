#!/usr/bin/env bash
# Runs once, when the primary's cluster has been made: lets a standby copy it and follow it. From then on a commit waits for the standby.
set -euo pipefail

sql() {
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"
}

sql --set=password="$REPLICATION_PASSWORD" <<'SQL'
create role replicator with replication login password :'password';
select pg_create_physical_replication_slot('standby');
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"
# Last: it holds from the next start on, when the standby can come.
sql --command="alter system set synchronous_standby_names = 'standby'"
