"""The marts in a Postgres, as its roles see them."""

from __future__ import annotations

import psycopg
from psycopg import sql


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
    """All rows of all marts as text, in order."""
    with psycopg.connect(address) as db:
        names = [name for (name,) in db.execute("select mart from marts.published_marts")]
        return {name: _read(db, name) for name in sorted(names)}


def _read(db: psycopg.Connection, mart: str) -> list[str]:
    query = sql.SQL("select t::text from {} as t order by 1").format(sql.Identifier("marts", mart))
    return [row for (row,) in db.execute(query)]
