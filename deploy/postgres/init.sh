#!/usr/bin/env bash
# Runs once, when the database container makes its data folder: the roles with their passwords, the owner, the grants.
set -euo pipefail
here=/deploy
run() { psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1" "${@:2}"; }

run "$POSTGRES_DB" --file "$here/roles.sql"
run "$POSTGRES_DB" --set owner="$DATABASE_OWNER_PASSWORD" --set app="$DATABASE_APP_PASSWORD" <<'SQL'
alter role throughline_owner password :'owner';
alter role throughline_app password :'app';
alter database throughline owner to throughline_owner;
SQL
run "$POSTGRES_DB" --file "$here/grants.sql"
run template1 --file "$here/grants.sql"
