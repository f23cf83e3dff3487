"""A table of schema `lake` that checks keep, in SQL that both warehouses take.

The schema is made by `Warehouse.remember`, each table when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformer.warehouse.lake_tables import Database

__all__ = ["KeptTable"]


@dataclass(frozen=True, slots=True)
class KeptTable:
    """`columns` are names and types, in the order of rows."""

    name: str
    columns: Mapping[str, str]

    def read(
        self, db: Database, which: str = "", parameters: Sequence[object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows, or those that the clauses in `which` leave."""
        self.create(db)
        return db.ask(f"select {', '.join(self.columns)} from {self.name} {which}", parameters)

    def add(self, db: Database, rows: Iterable[Sequence[object]]) -> None:
        """Adds rows to what is kept."""
        self.create(db)
        db.insert(self.name, self.columns, list(rows))

    def replace(self, db: Database, rows: Iterable[Sequence[object]]) -> None:
        """Keeps these rows and no others, in one transaction."""
        self.create(db)
        db.ask("begin")
        db.ask(f"delete from {self.name}")
        db.insert(self.name, self.columns, list(rows))
        db.ask("commit")

    def create(self, db: Database) -> None:
        """Makes the table where it is not there."""
        described = ", ".join(f"{name} {type_}" for name, type_ in self.columns.items())
        db.ask(f"create table if not exists {self.name} ({described})")
