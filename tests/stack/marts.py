"""The marts in a Postgres, as its roles see them."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import sql

# A part's name holds the id of the run that put it.
_RUN_ID: Final = r"(gen_\d+)_[0-9a-z]+(_part)"


def find_half_filled(address: str) -> list[str]:
    """The marts that have other rows than their build is said to have, seen at one moment."""
    with psycopg.connect(address) as db:
        db.execute("set transaction isolation level repeatable read")
        told = db.execute("select mart, row_count from marts.published_marts").fetchall()
        return [mart for mart, rows in told if _count(db, mart) != rows]


def _count(db: psycopg.Connection, mart: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier("marts", mart))
    [(rows,)] = db.execute(query).fetchall()
    count: int = rows
    return count


def read_marts(address: str) -> dict[str, list[str]]:
    """All rows of all marts as text, in order; which run put the part of a row is left out."""
    with psycopg.connect(address) as db:
        names = [name for (name,) in db.execute("select mart from marts.published_marts")]
        return {name: _read(db, name) for name in sorted(names)}


def _read(db: psycopg.Connection, mart: str) -> list[str]:
    query = sql.SQL("select regexp_replace(t::text, %s, '\\1\\2') from {} as t order by 1")
    return [row for (row,) in db.execute(query.format(sql.Identifier("marts", mart)), [_RUN_ID])]
