"""How many rows marts have, against those of the last build that was published: `lake.mart_rows`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transformer.checks.checks import Check
from transformer.checks.kept_table import KeptTable
from transformer.warehouse.lake_tables import Database

__all__ = ["check_mart_rows", "is_last_build_published", "keep_mart_rows", "read_mart_rows"]

_ROWS: Final = KeptTable(
    "lake.mart_rows", {"build_id": "varchar", "mart": "varchar", "row_count": "bigint"}
)
_LAST_BUILD: Final = """
inner join lake.builds using (build_id)
where build_number = (select max(build_number) from lake.builds where build_id is not null)
"""
# A mart grows, or stays; it shrinks a little when a full refresh leaves out superseded parts.
_SMALLEST_SHARE: Final = 0.9


def check_mart_rows(before: Mapping[str, int], now: Mapping[str, int]) -> list[Check]:
    """Marts that have lost more than a tenth of their rows since the last build that passed."""
    checks = []
    for mart, rows in sorted(now.items()):
        known = before.get(mart, 0)
        if rows >= _SMALLEST_SHARE * known:
            checks.append(Check("keeps_its_rows", mart, "warn", "pass"))
        else:
            message = f"{rows:,} rows, {known:,} in the last build that passed"
            checks.append(Check("keeps_its_rows", mart, "warn", "warn", known - rows, message))
    return checks


def keep_mart_rows(db: Database, build_id: str, rows: Mapping[str, int]) -> None:
    """The rows of each mart that a build published; those of the build before give way."""
    _ROWS.replace(db, [(build_id, *item) for item in rows.items()])


def read_mart_rows(db: Database) -> dict[str, int]:
    """Rows by mart, of the last build that was published."""
    return {mart: rows for _, mart, rows in _ROWS.read(db)}


def is_last_build_published(db: Database) -> bool:
    """Whether the marts of the last build that passed are those that were published last."""
    return bool(_ROWS.read(db, _LAST_BUILD))
