"""Snowflake, emulated by fakesnow: DuckDB inside, Snowflake's SQL rewritten for it by sqlglot.

It shows that our SQL is Snowflake's by syntax and names, and that both halves of every macro mean the
same to one engine. It can't show what the engines themselves do differently: rules_test.py has those.

fakesnow fails on some statements of dbt's own. Those are rewritten here, each counted by name. External
tables it does not have: a table stands for each, and a refresh reads the lake's folder as Snowflake
would, every file below the path, whether a manifest names it or not. Neither has it stages: what COPY INTO
would unload is written by DuckDB when the files are fetched. Comments are kept here.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import fakesnow
import pytest
import snowflake.connector
import zstandard
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

from gamemarket.endpoints import Endpoint

__all__ = ["Emulation", "emulate_snowflake"]

DATABASE = "GAME_MARKET"
OWN_SCHEMAS = ("lake", "staging", "intermediate", "pending", "marts")


@dataclass
class Emulation:
    """A running emulation: what was rewritten, what was refreshed, and its rows."""

    lake: Path
    rewrites: Counter[str] = field(default_factory=Counter)
    refreshed: list[str] = field(default_factory=list)
    statements: set[str] = field(default_factory=set)  # of builds, as they were sent
    is_recording: bool = False
    unloaded: dict[str, str] = field(default_factory=dict)
    commented: dict[str, list[str]] = field(default_factory=dict)
    timestamp: str = "TIMESTAMP_NTZ(9)[SB8]"  # what the user's TIMESTAMP_TYPE_MAPPING makes of it

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with snowflake.connector.connect(database=DATABASE) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def make_what_terraform_does(self, endpoints: list[Endpoint]) -> None:
        """Schemas and external tables (docs/dwh_design.md has the real statement)."""
        for schema in OWN_SCHEMAS:
            self.ask(f"create schema if not exists {schema}")
        for endpoint in endpoints:
            self.ask(f"create schema if not exists {endpoint.source}_lake")
            self.ask(
                f"create table if not exists {endpoint.source}_lake.raw_{endpoint.name} "
                "(payload variant, run_date date, file_name varchar)"
            )


@contextmanager
def emulate_snowflake(lake: Path) -> Iterator[Emulation]:
    """Everything that connects to Snowflake in the block meets the same emulation."""
    emulation = Emulation(lake)
    original: Callable[..., FakeSnowflakeCursor] = FakeSnowflakeCursor.execute
    make_duckdbs: Callable[..., Any] = FakeSnowflakeCursor._transform
    lock = threading.RLock()

    def execute(
        cursor: FakeSnowflakeCursor, command: str, *rest: object, **named: object
    ) -> FakeSnowflakeCursor:
        with lock:
            if emulation.is_recording:
                emulation.statements.add(_bare(command))
            if refresh := _REFRESH.fullmatch(_bare(command)):
                return _refresh(emulation, cursor, original, **refresh.groupdict())
            if staged := _STAGE.fullmatch(_bare(command)):
                return _unload(emulation, cursor, original, **staged.groupdict())
            if comment := _COMMENT.fullmatch(_bare(command)):
                emulation.commented.setdefault(comment["table"], []).append(comment["what"])
                return original(cursor, "select 1")
            for name, rewrite in _REWRITES.items():
                rewritten = rewrite(command)
                if rewritten != command:
                    emulation.rewrites[name] += 1
                    command = rewritten.replace("{timestamp}", emulation.timestamp)
            return original(cursor, command, *rest, **named)

    def insert_many(
        cursor: FakeSnowflakeCursor, command: str, rows: Sequence[Sequence[object]]
    ) -> FakeSnowflakeCursor:
        """One statement for all rows: fakesnow takes one for each, which takes minutes."""
        emulation.rewrites["executemany is one statement"] += 1
        head, row = command.rsplit(" values ", 1)
        values = [value for line in rows for value in line]
        execute(cursor, f"{head} values {', '.join(row for _ in rows)}", values)
        return cursor

    def transform(
        cursor: FakeSnowflakeCursor, expression: exp.Expression, params: object
    ) -> exp.Expression:
        in_place: _InPlace = make_duckdbs(cursor, _InPlace(expression), params)
        return in_place.expression

    def merge(expression: exp.Expression) -> list[exp.Expression]:
        if isinstance(expression, exp.Merge):
            emulation.rewrites["merge is DuckDB's own, not fakesnow's in steps"] += 1
        return [expression]

    with pytest.MonkeyPatch.context() as patch, fakesnow.patch():
        patch.setattr(FakeSnowflakeCursor, "execute", execute)
        patch.setattr(FakeSnowflakeCursor, "executemany", insert_many)
        patch.setattr(FakeSnowflakeCursor, "_transform", transform)
        patch.setattr("fakesnow.transforms.merge", merge)
        yield emulation


@dataclass
class _InPlace:
    """A statement that stays itself in the eighty steps by which fakesnow makes it DuckDB's: it would copy
    all of it for each, which takes six times as long.
    """

    expression: exp.Expression

    def transform(
        self, step: Callable[..., exp.Expression], *given: object, **named: object
    ) -> _InPlace:
        self.expression = self.expression.transform(step, *given, copy=False, **named)
        return self


_REFRESH = re.compile(
    r"call (?P<source>\w+)_lake\.refresh_pages\('raw_(?P<endpoint>\w+)', "
    r"(?:null|to_date\('(?P<run_date>[0-9-]+)'\))\)"
)


_STAGE = re.compile(
    r"(?P<verb>copy into|get|remove) @~/game-market/(?P<name>\w+)/"
    r"(?: from \((?P<query>.*)\) file_format = .*| 'file://(?P<folder>.*)/')?",
    re.DOTALL,
)


# A comment on a table, and all those on its columns.
_COMMENT = re.compile(
    r"(?:comment on table|alter table) (?P<table>marts\.\w+) (?:is|alter) (?P<what>.*)", re.DOTALL
)


def _bare(command: str) -> str:
    """A statement without comments and spaces around it."""
    return re.sub(r"/\*.*?\*/|--[^\n]*", " ", command, flags=re.DOTALL).strip().rstrip(";").strip()


def _unload(
    emulation: Emulation,
    cursor: FakeSnowflakeCursor,
    execute: Callable[..., FakeSnowflakeCursor],
    verb: str,
    name: str,
    query: str | None,
    folder: str | None,
) -> FakeSnowflakeCursor:
    """Keeps the query of a COPY INTO, and asks it when the file is fetched."""
    if verb == "copy into":
        assert query
        emulation.unloaded[name] = query
    if verb == "get":
        rows = execute(cursor, emulation.unloaded[name])._arrow_table
        if rows is not None and rows.num_rows:  # Snowflake writes no file of no row
            duckdb.execute(f"copy (from rows) to '{folder}/data_0_0_0.snappy.parquet'")
    return execute(cursor, "select 1")


def _refresh(
    emulation: Emulation,
    cursor: FakeSnowflakeCursor,
    execute: Callable[..., Any],
    source: str,
    endpoint: str,
    run_date: str | None,
) -> FakeSnowflakeCursor:
    """The procedure of infra/snowflake: registers what lies below, and forgets what no longer does."""
    path = f"run_date={run_date}/" if run_date else ""
    emulation.refreshed.append(f"{endpoint} {path or 'all'}")
    table = f"{source}_lake.raw_{endpoint}"
    folder = emulation.lake / "raw" / source / endpoint
    prefix = f"raw/{source}/{endpoint}/{path}"
    execute(cursor, f"delete from {table} where file_name like '{prefix}%'")
    for file in sorted((folder / path).rglob("*.jsonl.zst")):
        name = file.relative_to(emulation.lake).as_posix()
        dated = re.search(r"run_date=([0-9-]+)/", name)
        assert dated
        pages = zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes())
        for page in pages.decode().splitlines():
            cursor._duck_conn.execute(
                f"insert into {DATABASE}.{table} values (?::json, ?::date, ?)",
                [page, dated[1], name],
            )
    return cursor


def _replace(pattern: str, by: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda command: compiled.sub(by, command)


# What fakesnow 0.11.18 fails on, by what fails; each rewrite keeps the meaning.
_REWRITES: dict[str, Callable[[str], str]] = {
    "a temporary table or view has a schema": _replace(
        r"create\s+(or replace\s+)?temporary\s+(table|view)", r"create \1\2"
    ),
    "hash_agg does not exist": _replace(r"hash_agg\(([^)]*)\)", r"sum(hash(\1))"),
    "system$typeof does not exist": _replace(
        r"system\$typeof\(cast\(null as timestamp\)\)", "'{timestamp}'"
    ),
}
