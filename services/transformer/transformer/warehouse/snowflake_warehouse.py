"""Snowflake as the warehouse: what the transformer itself does in it, beside dbt.

Pages stand in external tables over the lake, `<source>_lake.raw_<endpoint>`, which Terraform makes from
endpoints.json (their contract: docs/dwh_design.md). A build refreshes the run dates that it loads and
no others. Schema `lake` is lake_tables', and the lease by which builds take turns.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import duckdb

from gamemarket.endpoints import Endpoint
from gamemarket.errors import GameMarketError, UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeContents
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse import lake_tables
from transformer.warehouse.duckdb_warehouse import DuckDb, copy_to_parquet
from transformer.warehouse.snowflake_connection import (
    SnowflakeDb,
    connect_to_snowflake,
    describe_account,
)

__all__ = ["SnowflakeWarehouse", "name_external_tables"]

_log = logging.getLogger(__name__)

# Longer than any build; only a build that was killed leaves its lease behind.
_LEASE: Final = timedelta(hours=6)
# One row; `if not exists` makes it once, whoever comes first.
_CREATE_LEASE: Final = (
    "create table if not exists lake.build_lease as select "
    "cast(null as varchar) as holder, cast(null as timestamp) as held_until, "
    "cast(0 as bigint) as asked"
)
# What dbt reports of a connection that it could not make or lost.
_NO_CONNECTION: Final = ("250001", "Failed to connect", "Could not connect", "Database Error 25")


class SnowflakeWarehouse:
    """One database of one account. Every method has a session of its own."""

    def __init__(self, settings: Settings) -> None:
        """Takes what check_target has found to be complete."""
        self._settings = settings

    def session(self) -> AbstractContextManager[SnowflakeDb]:
        """An open connection, for what is kept in schema `lake`."""
        return connect_to_snowflake(self._settings)

    @contextmanager
    def hold(self, command: str) -> Iterator[None]:
        """A lease in the warehouse, given back at the end; UpstreamError while another holds it."""
        holder = f"{command} on {socket.gethostname()}, process {os.getpid()} [{uuid4().hex[:8]}]"
        with self.session() as db:
            _create_schema(db)
            db.ask(_CREATE_LEASE)
            self._take_lease(db, holder)
        try:
            yield
        finally:
            with self.session() as db:
                db.ask("update lake.build_lease set holder = null where holder = ?", [holder])

    def _take_lease(self, db: SnowflakeDb, holder: str) -> None:
        """The first update makes others wait until we have decided; then we see their decision.

        (Snowflake: an UPDATE locks its table until the transaction ends, and every statement sees
        what was committed before it began.)
        """
        db.ask("begin")
        db.ask("update lake.build_lease set asked = asked + 1")
        ((held_by, until),) = db.ask("select holder, held_until from lake.build_lease")
        now = datetime.now(UTC).replace(tzinfo=None)
        if held_by and until > now:
            db.ask("rollback")
            raise UpstreamError(
                f"{describe_account(self._settings)} is held by {held_by}, until {until:%F %R} UTC "
                "at the latest: wait until that ends, and run again. Was it killed? Then free it by "
                "`update lake.build_lease set holder = null`."
            )
        db.ask("update lake.build_lease set holder = ?, held_until = ?", [holder, now + _LEASE])
        db.ask("commit")

    def remember(self) -> WarehouseMemory:
        """What earlier builds left; UpstreamError (69) when Snowflake can't be reached."""
        with self.session() as db:
            _create_schema(db)
            for statement in lake_tables.CREATE_MEMORY[1:]:
                db.ask(statement)
            return lake_tables.read_memory(db)

    def prepare(
        self,
        lake_uri: str,
        endpoints: Iterable[Endpoint],
        contents: LakeContents,
        plan: LoadPlan,
        fingerprint: str,
    ) -> None:
        """Writes the lake's tables and refreshes external tables; names those that are missing."""
        if not lake_uri.startswith("s3://"):
            _log.warning("the lake is %s: Snowflake's external tables are over one in S3", lake_uri)
        tables = name_external_tables(endpoints)
        with self.session() as db:
            self._check_external_tables(db, tables)
            lake_tables.replace_lake_contents(db, contents, plan)
            lake_tables.remember_attempt(db, plan, fingerprint)
            for statement in _refreshes(contents, plan, tables):
                db.ask(statement)

    def record(self, build_id: str, built_at: datetime, plan: LoadPlan) -> None:
        """Remembers the attempt as passed: the plan's parts are loaded, and no others."""
        with self.session() as db:
            lake_tables.record_build(db, build_id, built_at, plan)

    def count_rows(self, relations: Collection[str]) -> dict[str, int]:
        """Rows by `schema.table`."""
        with self.session() as db:
            return lake_tables.count_rows(db, relations)

    def export(self, marts: Iterable[ModelResult], folder: Path) -> dict[str, Path]:
        """Writes each mart as Parquet, with the types of its contract; the files by relation.

        Through a DuckDB file in `folder`, so that both targets publish the same bytes for the same
        rows: Snowflake's own unload has upper case names and decimals for integers.
        """
        files = {}
        with self.session() as db, duckdb.connect(str(folder / "export.duckdb")) as local:
            for mart in marts:
                files[mart.relation] = folder / f"{mart.name}.parquet"
                _fetch(db, DuckDb(local), mart)
                local.execute(copy_to_parquet(mart, mart.name, files[mart.relation]))
                local.execute(f"drop table {mart.name}")
        return files

    def explain(self, message: str) -> GameMarketError | None:
        """A connection that dbt could not make or lost (69)."""
        if any(said in message for said in _NO_CONNECTION):
            return UpstreamError(
                f"dbt lost {describe_account(self._settings)}: {' '.join(message.split())[:500]} "
                "Run again: nothing was lost."
            )
        return None

    def _check_external_tables(self, db: SnowflakeDb, wanted: Collection[str]) -> None:
        found = db.ask("select table_schema || '.' || table_name from information_schema.tables")
        missing = sorted(set(wanted) - {name.lower() for (name,) in found})
        if missing:
            raise UsageError(
                f"{describe_account(self._settings)} has no external table {', '.join(missing)} in "
                f"the database {self._settings.snowflake_database}: apply Terraform's Snowflake "
                "module, which makes one for every endpoint of endpoints.json, or grant this role "
                "to see it."
            )


def name_external_tables(endpoints: Iterable[Endpoint]) -> set[str]:
    """`<source>_lake.raw_<endpoint>` of each: what Terraform makes, and dbt's sources name."""
    return {f"{endpoint.source}_lake.raw_{endpoint.name}" for endpoint in endpoints}


def _create_schema(db: SnowflakeDb) -> None:
    """Asked for first: creating one is a privilege that a role may lack where it is there."""
    found = db.ask("select 1 from information_schema.schemata where schema_name = 'LAKE'")
    if not found:
        db.ask(lake_tables.CREATE_MEMORY[0])


def _refreshes(contents: LakeContents, plan: LoadPlan, tables: Collection[str]) -> list[str]:
    """A refresh a run date that is loaded, or one of the whole table (null) when all of them are.

    Of `tables` only: the lake may hold endpoints that endpoints.json has no more. Only an owner can
    refresh, so Terraform makes a procedure with the owner's rights (infra/snowflake/refresh.tf).
    """
    due = _run_dates((p.source_system, p.endpoint, p.run_date) for p in plan.due)
    known = _run_dates((p.source_system, p.endpoint, p.run_date) for p in contents.parts)
    statements = []
    for (source, endpoint), run_dates in sorted(due.items()):
        if f"{source}_lake.raw_{endpoint}" not in tables:
            continue
        every = run_dates == known[source, endpoint]
        days = ["null"] if every else [f"to_date('{day}')" for day in sorted(run_dates)]
        call = f"call {source}_lake.refresh_pages('raw_{endpoint}', "
        statements += [f"{call}{day})" for day in days]
    return statements


def _run_dates(parts: Iterable[tuple[str, str, date]]) -> dict[tuple[str, str], set[date]]:
    found: dict[tuple[str, str], set[date]] = {}
    for source, endpoint, run_date in parts:
        found.setdefault((source, endpoint), set()).add(run_date)
    return found


def _fetch(db: SnowflakeDb, local: DuckDb, mart: ModelResult) -> None:
    columns = dict(mart.columns)
    described = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    local.ask(f"create table {mart.name} ({described})")
    for rows in db.fetch_batches(f"select {', '.join(columns)} from {mart.relation}"):
        local.insert(mart.name, columns, rows)
