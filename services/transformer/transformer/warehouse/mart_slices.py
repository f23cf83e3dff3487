"""What of a mart is published as one file: a month of it, or all; and whether it is what was published.

The fingerprint is of the rows, whatever wrote them: nobody has to tell which months a build has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse.lake_tables import Database

__all__ = ["MartSlice", "copy_to_parquet", "describe_mart", "survey_mart"]


@dataclass(frozen=True, slots=True)
class MartSlice:
    """`rows` of a mart, of the month that begins on `month`; None: all of a mart that is not split.

    `fingerprint` is another one when any value, or the name, type or description of a column, or how files
    are written is another one (but for one change in 2^64); the order of rows is not in it.
    """

    mart: ModelResult
    month: date | None
    rows: int
    fingerprint: str

    @property
    def month_name(self) -> str | None:
        """YYYY-MM."""
        return f"{self.month:%Y-%m}" if self.month else None

    @property
    def file_name(self) -> str:
        """Unique among the slices of a build."""
        return f"{self.mart.name}{f'_{self.month_name}' if self.month else ''}.parquet"

    @property
    def condition(self) -> str:
        """The rows, in SQL of both warehouses; a range, of which few blocks need be read."""
        if self.month is None:
            return "true"
        end = date(self.month.year + self.month.month // 12, self.month.month % 12 + 1, 1)
        column = self.mart.split_by
        return f"{column} >= date '{self.month}' and {column} < date '{end}'"


def survey_mart(db: Database, mart: ModelResult, digest: str) -> Iterator[MartSlice]:
    """All slices of a mart; one without rows where it has none.

    `digest` is the warehouse's aggregate of `{columns}` that does not depend on the order of rows.
    """
    month = f"date_trunc('month', {mart.split_by})" if mart.split_by else "null"
    columns = ", ".join(name for name, _ in mart.columns)
    asked = (
        f"select cast({month} as date), count(*), "
        f"cast({digest.format(columns=columns)} as varchar) from {mart.relation}"
    )
    found = db.ask(asked + " group by 1 order by 1" if mart.split_by else asked)
    for begins, rows, digested in found or [(None, 0, None)]:
        # A newer DuckDB may write other bytes for the same rows.
        content = (
            duckdb.__version__,
            digest,
            mart.columns,
            mart.key,
            mart.split_by,
            describe_mart(mart),
            rows,
            digested,
        )
        fingerprint = hashlib.sha256(repr(content).encode()).hexdigest()
        yield MartSlice(mart, begins, rows, fingerprint)


def copy_to_parquet(one: MartSlice, rows: str, file: Path) -> str:
    """DuckDB's statement that writes what `rows` hold of a slice, ordered by the mart's key.

    The file says what it is (describe_mart) to whoever asks `parquet_kv_metadata`.
    """
    described = describe_mart(one.mart).items()
    metadata = ", ".join(f"'{key}': '{_quoted(text)}'" for key, text in described)
    return (
        f"copy (select * from {rows} where {one.condition} order by {', '.join(one.mart.key)}) "
        f"to '{_quoted(str(file))}' "
        f"(format parquet, compression zstd, kv_metadata {{{metadata}}})"
    )


def describe_mart(mart: ModelResult) -> dict[str, str]:
    """What the contract says of the mart, as `description`, and of its columns, `description.<column>`."""
    columns = {f"description.{name}": text for name, text in mart.column_descriptions}
    return {"description": mart.description, **columns}


def _quoted(text: str) -> str:
    return text.replace("'", "''")
