#!/bin/sh
# Run once by the Postgres image, in an empty volume: two databases, and who may do what in them.
# dagster: Dagster's storage. marts: the transformer writes schema marts, reporter (BI tools) reads it.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 --quiet \
  --set dagster="$DAGSTER_PASSWORD" --set marts="$MARTS_PASSWORD" --set reporter="$REPORTER_PASSWORD" <<'SQL'
create role dagster login password :'dagster';
create role marts login password :'marts';
create role reporter login password :'reporter';
alter role reporter set default_transaction_read_only = on;
create database dagster owner dagster;
create database marts owner marts;
revoke connect on database dagster from public;
revoke connect on database marts from public;
grant connect on database marts to reporter;
alter role reporter in database marts set search_path = marts, public;
SQL
