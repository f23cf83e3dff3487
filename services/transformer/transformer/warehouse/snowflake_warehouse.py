"""Snowflake as the warehouse: what the transformer itself does in it, beside dbt.

Pages stand in external tables over the lake, `<source>_lake.raw_<endpoint>`, which Terraform makes from
endpoints.json (their contract: docs/dwh_design.md). A build refreshes the run dates that it loads and
no others. Schema `lake` is lake_tables', and the lease by which builds take turns.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final
from uuid import uuid4

import duckdb

from gamemarket.duckdb_lake import DUCKDB_CONFIG
from gamemarket.endpoints import Endpoint
from gamemarket.errors import GameMarketError, UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_project import DbtProject
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeChanges
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse import lake_tables
from transformer.warehouse.mart_slices import MartSlice, copy_to_parquet, survey_mart
from transformer.warehouse.pending_marts import begin_pending, take_over
from transformer.warehouse.snowflake_connection import (
    SnowflakeDb,
    connect_to_snowflake,
    describe_account,
)

__all__ = ["SnowflakeWarehouse", "name_external_tables"]

_log = logging.getLogger(__name__)

# So long a build that was killed leaves its lease behind; one that works renews it, every third of this.
_LEASE: Final = timedelta(minutes=10)
# One row; `if not exists` makes it once, whoever comes first.
_CREATE_LEASE: Final = (
    "create table if not exists lake.build_lease as select "
    "cast(null as varchar) as holder, cast(null as timestamp) as held_until, "
    "cast(0 as bigint) as asked"
)
_RENEW_LEASE: Final = "update lake.build_lease set held_until = ? where holder = ?"
_RUN_DATES: Final = (
    "select source_system, endpoint, count(distinct run_date) from lake.parts group by 1, 2"
)
# How often the clock is looked at: that of a wait stands still while a machine sleeps.
_LOOK_SECONDS: Final = 5.0
# So many run dates are refreshed one by one; more of them are one refresh of the table.
_MOST_REFRESHES: Final = 20
# Snowflake's own, made for finding out whether rows have changed.
_DIGEST: Final = "hash_agg({columns})"
# What dbt reports of a connection that it could not make or lost.
_NO_CONNECTION: Final = ("250001", "Failed to connect", "Could not connect", "Database Error 25")


class SnowflakeWarehouse:
    """One database of one account. Every method has a session of its own."""

    def __init__(self, settings: Settings) -> None:
        """Takes what check_target has found to be complete."""
        self._settings = settings
        self._holder: str | None = None

    def session(self) -> AbstractContextManager[SnowflakeDb]:
        """An open connection, for what is kept in schema `lake`."""
        return connect_to_snowflake(self._settings)

    def kept_open(self) -> AbstractContextManager[None]:
        """Nothing stays open: dbt's sessions are its own."""
        return nullcontext()

    @contextmanager
    def hold(self, command: str) -> Iterator[None]:
        """A lease in the warehouse, renewed for the block and given back at its end.

        UpstreamError while another holds it; and when it was lost on the way, from whatever writes or
        within the block: a process that was stopped for longer than the lease lasts must not go on
        where another works. For the main thread only, which is interrupted then.
        """
        holder = f"{command} on {socket.gethostname()}, process {os.getpid()} [{uuid4().hex[:8]}]"
        with self.session() as db:
            _create_schema(db, "lake")
            db.ask(_CREATE_LEASE)
            self._take_lease(db, holder)
        self._holder, ended, lost = holder, Event(), Event()
        renewing = Thread(target=self._renew_lease, args=(ended, lost), daemon=True)
        renewing.start()
        try:
            yield
        except KeyboardInterrupt:
            if lost.is_set():
                raise self._explain_lost() from None
            raise
        finally:
            self._holder = None
            ended.set()
            renewing.join()
            with self.session() as db:
                db.ask("update lake.build_lease set holder = null where holder = ?", [holder])

    def _renew_lease(self, ended: Event, lost: Event) -> None:
        """Until the block ends, or the lease is another's: dbt, whose sessions are its own, is stopped."""
        renewed = _now()
        while not ended.wait(_LOOK_SECONDS):
            if _now() - renewed < _LEASE / 3:
                continue
            try:
                with self.session() as db:
                    self._check_lease(db, lost)
                renewed = _now()
            except GameMarketError as error:
                if lost.is_set():
                    os.kill(os.getpid(), SIGINT)  # a real one: it ends any wait
                    return
                # The next one may do; whatever writes looks at the lease itself.
                _log.warning("the lease could not be renewed: %s", error)

    def _check_lease(self, db: SnowflakeDb, lost: Event | None = None) -> None:
        """Renews it. Within a transaction: from then on nobody can take it before that has ended."""
        if self._holder is None:
            return
        db.ask(_RENEW_LEASE, [_now() + _LEASE, self._holder])
        if not db.ask("select 1 from lake.build_lease where holder = ?", [self._holder]):
            if lost:
                lost.set()
            raise self._explain_lost()

    def _explain_lost(self) -> UpstreamError:
        return UpstreamError(
            f"{describe_account(self._settings)} was taken over by another build, since this one "
            "had not renewed its lease in time: nothing more is written. Run again."
        )

    def _take_lease(self, db: SnowflakeDb, holder: str) -> None:
        """The first update makes others wait until we have decided; then we see their decision.

        (Snowflake: an UPDATE locks its table until the transaction ends, and every statement sees
        what was committed before it began.)
        """
        db.ask("begin")
        db.ask("update lake.build_lease set asked = asked + 1")
        ((held_by, until),) = db.ask("select holder, held_until from lake.build_lease")
        now = _now()
        if held_by and until > now:
            db.ask("rollback")
            raise UpstreamError(
                f"{describe_account(self._settings)} is held by {held_by}, until {until:%F %R} UTC "
                "unless it goes on: wait until that ends, and run again."
            )
        db.ask("update lake.build_lease set holder = ?, held_until = ?", [holder, now + _LEASE])
        db.ask("commit")

    def remember(self) -> WarehouseMemory:
        """What earlier builds left; UpstreamError (69) when Snowflake can't be reached."""
        with self.session() as db:
            _create_schema(db, "lake")
            for statement in lake_tables.CREATE_MEMORY[1:]:
                db.ask(statement)
            return lake_tables.read_memory(db)

    def change_lake(self, changes: LakeChanges, *, anew: bool) -> None:
        """Writes what has changed of the manifests; `anew`: these are all."""
        with self.session() as db:
            self._check_lease(db)
            lake_tables.change_lake(db, changes, anew=anew)

    def prepare(
        self,
        lake_uri: str,
        endpoints: Iterable[Endpoint],
        plan: LoadPlan,
        project: DbtProject,
    ) -> None:
        """Writes which parts are due and refreshes external tables; names those that are missing."""
        if not lake_uri.startswith("s3://"):
            _log.warning("the lake is %s: Snowflake's external tables are over one in S3", lake_uri)
        tables = name_external_tables(endpoints)
        with self.session() as db:
            self._check_external_tables(db, tables)
            self._check_lease(db)
            lake_tables.remember_attempt(db, plan, project)
            _create_schema(db, "pending")
            begin_pending(db)
            known = {(source, endpoint): days for source, endpoint, days in db.ask(_RUN_DATES)}
            for statement in _refreshes(known, plan, tables):
                db.ask(statement)

    def take_over(self, marts: Sequence[ModelResult], *, full_refresh: bool) -> None:
        """Makes marts what a build that has passed says they are, all in one transaction."""
        create = "create or replace table {table} copy grants"
        with self.session() as db:
            new = take_over(
                db,
                marts,
                create,
                full_refresh=full_refresh,
                creating_commits=True,
                check=lambda: self._check_lease(db),
            )
            for mart in new:
                for statement in build_comments(mart):
                    db.ask(statement)

    def record(self, build_id: str, built_at: datetime) -> None:
        """Remembers the attempt as passed: the due parts are loaded, too."""
        with self.session() as db:
            self._check_lease(db)
            lake_tables.record_build(db, build_id, built_at)

    def count_rows(self, relations: Collection[str]) -> dict[str, int]:
        """Rows by `schema.table`."""
        with self.session() as db:
            return lake_tables.count_rows(db, relations)

    def survey(self, marts: Iterable[ModelResult]) -> list[MartSlice]:
        """What is to be published, file by file, with the fingerprint of its rows."""
        with self.session() as db:
            return [one for mart in marts for one in survey_mart(db, mart, _DIGEST)]

    def export(self, slices: Iterable[MartSlice], folder: Path) -> dict[MartSlice, Path]:
        """Writes each slice as Parquet, with the types of its mart's contract; the files.

        Snowflake unloads its own Parquet; DuckDB orders and writes it anew, so that both targets publish
        the same bytes for the same rows.
        """
        files = {}
        with self.session() as db, duckdb.connect(config=DUCKDB_CONFIG) as local:
            for one in slices:
                files[one] = folder / one.file_name
                with TemporaryDirectory(dir=folder) as unloaded:
                    found = db.unload(build_unload(one), one.mart.name, Path(unloaded))
                    rows = f"(select {_typed(one.mart)} from read_parquet('{found}'))"
                    if not list(Path(unloaded).iterdir()):  # Snowflake writes no file of no row
                        rows = f"(select {_typed(one.mart, 'null')} where false)"
                    local.execute(copy_to_parquet(one, rows, files[one]))
        return files

    def explain(self, message: str) -> GameMarketError | None:
        """A connection that dbt could not make or lost (69), a session that is not as it must be (64)."""
        if "TIMESTAMP_TYPE_MAPPING" in message:
            return UsageError(" ".join(message.split())[:500])
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


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def name_external_tables(endpoints: Iterable[Endpoint]) -> set[str]:
    """`<source>_lake.raw_<endpoint>` of each: what Terraform makes, and dbt's sources name."""
    return {f"{endpoint.source}_lake.raw_{endpoint.name}" for endpoint in endpoints}


def _create_schema(db: SnowflakeDb, name: str) -> None:
    """Asked for first: creating one is a privilege that a role may lack where it is there."""
    asked = "select 1 from information_schema.schemata where schema_name = ?"
    if not db.ask(asked, [name.upper()]):
        db.ask(f"create schema if not exists {name}")


def _refreshes(
    known: Mapping[tuple[str, str], int], plan: LoadPlan, tables: Collection[str]
) -> list[str]:
    """A refresh a run date that is loaded, or one of the whole table (null): of all, or of many.

    `known`: how many run dates the lake has, by source and endpoint. Of `tables` only: the lake may hold
    endpoints that endpoints.json has no more. Only an owner can
    refresh, so Terraform makes a procedure with the owner's rights (infra/snowflake/refresh.tf).
    """
    due: dict[tuple[str, str], set[date]] = {}
    for part in plan.due:
        due.setdefault((part.source_system, part.endpoint), set()).add(part.run_date)
    statements = []
    for (source, endpoint), run_dates in sorted(due.items()):
        if f"{source}_lake.raw_{endpoint}" not in tables:
            continue
        whole = len(run_dates) == known[source, endpoint] or len(run_dates) > _MOST_REFRESHES
        days = ["null"] if whole else [f"to_date('{day}')" for day in sorted(run_dates)]
        call = f"call {source}_lake.refresh_pages('raw_{endpoint}', "
        statements += [f"{call}{day})" for day in days]
    return statements


def build_comments(mart: ModelResult) -> Iterator[str]:
    """What a mart and its columns are, where people who ask Snowflake look."""
    yield f"comment on table {mart.relation} is $${mart.description}$$"
    columns = (f"{name} comment $${text}$$" for name, text in mart.column_descriptions)
    yield f"alter table {mart.relation} alter {', '.join(columns)}"


def build_unload(one: MartSlice) -> str:
    """The query of a slice's rows for Parquet.

    Names are quoted, since a header has them as they are: upper case otherwise. Integers are cast, since a
    column of NUMBER is written as a decimal.
    """
    columns = (f'cast({name} as {type_}) as "{name}"' for name, type_ in one.mart.columns)
    where = f" where {one.condition}" if one.month else ""
    return f"select {', '.join(columns)} from {one.mart.relation}{where}"


def _typed(mart: ModelResult, value: str = "{name}") -> str:
    """The contract's columns for DuckDB, whatever types a file has."""
    return ", ".join(
        f"cast({value.format(name=name)} as {type_}) as {name}" for name, type_ in mart.columns
    )
