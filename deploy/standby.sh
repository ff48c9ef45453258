#!/usr/bin/env bash
# Copies the primary where there is no copy yet, and follows it. A copy that was not finished is begun again.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  export PGPASSWORD="$REPLICATION_PASSWORD"
  fresh="$PGDATA.new"
  mkdir -p "$(dirname "$PGDATA")"
  until
    rm -rf "$fresh"
    pg_basebackup --dbname="host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replicator application_name=standby" \
      --pgdata="$fresh" --slot=standby --wal-method=stream --checkpoint=fast --write-recovery-conf
  do
    echo 'the primary cannot be copied yet: again in 2 s' >&2
    sleep 2
  done
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  mv "$fresh" "$PGDATA"
  unset PGPASSWORD
fi
exec postgres "$@"
