"""Published marts in Postgres, for BI tools: schema `marts`, always one whole build.

What has changed, marts and months of marts, is replaced in one transaction by DELETE and COPY. No table is
dropped or truncated: views on them stay, and a reader's query is never blocked and never sees half a table. A
statement sees one build, a `repeatable read` transaction sees it in all of its statements.
`marts.published_marts` says which build that is. The limit: a load that adds a column, or the first
that finds no primary key, makes readers of that table wait until it is over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb
from psycopg import sql

from gamemarket.errors import DefectError, LakeError, UsageError
from gamemarket.lake import Lake, find_lake_access, open_lake
from gamemarket.published_marts import (
    MartsPointer,
    PublishedMart,
    open_marts,
    read_files,
    read_pointer,
)
from gamemarket.s3_access import S3Access
from gamemarket.settings import Settings
from transformer.publishing.postgres_connection import Connection, parse_address

__all__ = ["READER", "load_marts", "serve_marts"]

_log = logging.getLogger(__name__)

# The role of BI tools, where somebody has made it: it is granted to read.
READER: Final = "reporter"

_SCHEMA: Final = "marts"
_GAME: Final = "game_id"
_ROWS_AT_A_TIME: Final = 10_000
# Two loads at once take turns; the second finds the newest build there.
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('game-market marts'))"
# From then on: an `alter table` that waits for a reader keeps all later readers waiting behind it.
LOCK_TIMEOUT_MILLISECONDS: Final = 10_000

_CREATE_CATALOGUE: Final = """
create table if not exists marts.published_marts (
    mart text primary key,
    build_id text not null,
    built_at timestamptz not null,
    row_count bigint not null
)
"""
# Catalogues of before lack it: the sha256 of each file, by what it holds.
_ADD_DIGESTS: Final = "alter table marts.published_marts add column digests jsonb"
_KEEP_IN_CATALOGUE: Final = """
insert into marts.published_marts (mart, build_id, built_at, row_count, digests)
values (%s, %s, %s, %s, %s)
on conflict (mart) do update
set (build_id, built_at, row_count, digests) =
    (excluded.build_id, excluded.built_at, excluded.row_count, excluded.digests)
"""
# What a file holds that has no month.
_ALL: Final = "all"
_UNREADABLE_TABLES: Final = """
select relname from pg_class
where relnamespace = 'marts'::regnamespace and relkind = 'r'
    and not has_table_privilege(%s, oid, 'select')
"""

# DuckDB's types, as contracts of marts have them, and Postgres' own.
_TYPES: Final = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "VARCHAR": "text",
}

type Columns = Mapping[str, str]


def serve_marts(settings: Settings, target: str = "dev") -> None:
    """Brings the Postgres of MARTS_POSTGRES_URL to the target's published build, where it is set."""
    if settings.marts_postgres_url is None:
        return
    database = parse_address(settings.marts_postgres_url)
    lake = open_lake(settings)
    loaded = database.transact(lambda db: load_marts(db, lake, find_lake_access(settings), target))
    if loaded:
        _log.info("Postgres at %s serves build %s", database.where, loaded.build_id)


def load_marts(
    db: Connection, lake: Lake, access: S3Access | None, target: str = "dev"
) -> MartsPointer | None:
    """Loads the published build within the transaction of `db`; None when it is there already."""
    _prepare_schema(db)
    pointer = read_pointer(lake, target)
    if pointer is None or _find_builds(db) == {(name, pointer.build_id) for name in pointer.models}:
        return None
    kept: list[tuple[Any, ...]] = db.execute(
        "select mart, digests from marts.published_marts"
    ).fetchall()
    digests = dict(kept)
    try:
        with open_marts(lake, pointer, access) as marts:
            for name, published in sorted(pointer.models.items()):
                mart = _Mart(name, _columns_of(marts, name), published)
                before = digests.get(name) if mart.fits(db) else None
                if before != _digests_of(published):
                    mart.replace(db, marts, lake, before or {})
                    mart.describe(db)
    except duckdb.IOException as error:
        raise LakeError(f"Could not read the published marts: {error} Build again.") from error
    _empty_what_is_gone(db, pointer)
    _keep_catalogue(db, pointer)
    _let_reader_read(db)
    return pointer


def _prepare_schema(db: Connection) -> None:
    db.execute(_ONE_AT_A_TIME)
    db.execute("select set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MILLISECONDS)])
    # Not `if not exists`: that wants the right to create one, also when it is there.
    if db.execute("select to_regnamespace(%s)", [_SCHEMA]).fetchone() == (None,):
        db.execute("create schema marts")
    db.execute(_CREATE_CATALOGUE)
    if "digests" not in _describe_table(db, "published_marts"):
        db.execute(_ADD_DIGESTS)


def _find_builds(db: Connection) -> set[tuple[object, ...]]:
    return set(db.execute("select mart, build_id from marts.published_marts").fetchall())


def _columns_of(marts: duckdb.DuckDBPyConnection, name: str) -> Columns:
    described = marts.execute(f"describe marts.{name}").fetchall()
    unknown = sorted({row[1] for row in described} - _TYPES.keys())
    if unknown:
        raise DefectError(
            f"{name} has columns of type {', '.join(unknown)}: not known in Postgres."
        )
    return {row[0]: _TYPES[row[1]] for row in described}


@dataclass(frozen=True, slots=True)
class _Mart:
    name: str
    columns: Columns
    published: PublishedMart

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(_SCHEMA, self.name)

    def fits(self, db: Connection) -> bool:
        """Whether the table has the mart's columns: whoever dropped one wants it made anew."""
        return self.columns.items() <= _describe_table(db, self.name).items()

    def replace(
        self,
        db: Connection,
        marts: duckdb.DuckDBPyConnection,
        lake: Lake,
        before: Mapping[str, str],
    ) -> None:
        """Makes the table, which holds `before`, what the mart is; DefectError when not every row came."""
        self._fit_table(db)
        after = _digests_of(self.published)
        changed = {name for name in before.keys() | after if before.get(name) != after.get(name)}
        if before and _ALL not in changed:
            self._delete_months(db, changed)
        else:
            changed = set(after)
            db.execute(sql.SQL("delete from {}").format(self.table))
        files = [file for file in self.published.files if (file.month or _ALL) in changed]
        rows = sum(file.rows for file in files)
        copied = self._copy(db, marts, read_files(lake, files)) if files else 0
        if copied != rows:
            raise DefectError(f"{self.name} has {rows:,} rows, {copied:,} came into Postgres.")
        self._make_key(db)
        self._index_games(db)
        db.execute(sql.SQL("analyze {}").format(self.table))

    def _delete_months(self, db: Connection, months: Collection[str]) -> None:
        day = sql.Identifier(self.published.split_by)
        of_month = "delete from {} where {} >= %s::date and {} < %s::date + interval '1 month'"
        delete = sql.SQL(of_month).format(self.table, day, day)
        for month in sorted(months):
            db.execute(delete, [f"{month}-01", f"{month}-01"])

    def _make_key(self, db: Connection) -> None:
        """The natural key as the primary one, once: BI tools join by it, and it is a game's index."""
        has_key = "select 1 from pg_constraint where contype = 'p' and conrelid = %s::regclass"
        if self.published.natural_key and not db.execute(has_key, [str(self)]).fetchone():
            key = sql.SQL(", ").join(map(sql.Identifier, self.published.natural_key))
            db.execute(sql.SQL("alter table {} add primary key ({})").format(self.table, key))

    def _index_games(self, db: Connection) -> None:
        """Once: the key begins with the source, so a game's id alone would have the whole table read."""
        if _GAME not in self.columns or self.published.natural_key[:1] == (_GAME,):
            return
        name = f"{self.name}_{_GAME}"
        has_index = "select 1 from pg_indexes where schemaname = %s and indexname = %s"
        if not db.execute(has_index, [_SCHEMA, name]).fetchone():
            create = sql.SQL("create index {} on {} ({})")
            parts = sql.Identifier(name), self.table, sql.Identifier(_GAME)
            db.execute(create.format(*parts))

    def describe(self, db: Connection) -> None:
        """Says what the mart and its columns are, where people and BI tools look: psql's \\d+."""
        comment = sql.SQL("comment on table {} is {}")
        db.execute(comment.format(self.table, sql.Literal(self.published.description)))
        comment = sql.SQL("comment on column {} is {}")
        for name, description in self.published.columns.items():
            column = sql.Identifier(_SCHEMA, self.name, name)
            db.execute(comment.format(column, sql.Literal(description)))

    def _fit_table(self, db: Connection) -> None:
        there = _describe_table(db, self.name)
        if not there:
            defined = sql.SQL(", ").join(map(_define, self.columns.items()))
            db.execute(sql.SQL("create table {} ({})").format(self.table, defined))
            return
        for name, type_ in self.columns.items():
            if name not in there:
                added = _define((name, type_))
                db.execute(sql.SQL("alter table {} add column {}").format(self.table, added))
            elif there[name] != type_:
                raise UsageError(
                    f"Column {name} of marts.{self.name} is {there[name]} in Postgres and {type_} "
                    "in the published mart: rename or drop that table there, and build again."
                )

    def _copy(self, db: Connection, marts: duckdb.DuckDBPyConnection, rows: str) -> int:
        names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        statement = sql.SQL("copy {} ({}) from stdin").format(self.table, names)
        source = marts.execute(
            f"select {', '.join(map(_select, self.columns.items()))} from {rows}"
        )
        with db.cursor() as cursor:
            with cursor.copy(statement) as copy:
                while some := source.fetchmany(_ROWS_AT_A_TIME):
                    for row in some:
                        copy.write_row(row)
            return cursor.rowcount

    def __str__(self) -> str:
        return f"marts.{self.name}"


def _digests_of(published: PublishedMart) -> dict[str, str]:
    return {file.month or _ALL: file.sha256 for file in published.files}


def _describe_table(db: Connection, name: str) -> dict[str, str]:
    found: list[tuple[Any, ...]] = db.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = %s and table_name = %s",
        [_SCHEMA, name],
    ).fetchall()
    return dict(found)


def _define(column: tuple[str, str]) -> sql.Composed:
    name, type_ = column
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))


def _select(column: tuple[str, str]) -> str:
    """Postgres' text can't hold the character NUL, which JSON can."""
    name, type_ = column
    return f"replace({name}, chr(0), '')" if type_ == "text" else name


def _empty_what_is_gone(db: Connection, pointer: MartsPointer) -> None:
    """A mart that is no longer published keeps its table, for the views on it, without rows."""
    for name, _build_id in sorted(_find_builds(db)):
        if name not in pointer.models:
            _log.warning("%s is no longer published: its table in Postgres is emptied", name)
            db.execute(sql.SQL("delete from {}").format(sql.Identifier(_SCHEMA, str(name))))
            db.execute("delete from marts.published_marts where mart = %s", [name])


def _keep_catalogue(db: Connection, pointer: MartsPointer) -> None:
    for name, mart in pointer.models.items():
        digests = json.dumps(_digests_of(mart))
        told = [name, pointer.build_id, pointer.built_at, mart.rows, digests]
        db.execute(_KEEP_IN_CATALOGUE, told)


def _let_reader_read(db: Connection) -> None:
    if db.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone() is None:
        return
    reader = sql.Identifier(READER)
    unreadable = db.execute(_UNREADABLE_TABLES, [READER]).fetchall()
    if unreadable:
        db.execute(sql.SQL("grant usage on schema marts to {}").format(reader))
    for (name,) in unreadable:
        table = sql.Identifier(_SCHEMA, str(name))
        db.execute(sql.SQL("grant select on {} to {}").format(table, reader))
