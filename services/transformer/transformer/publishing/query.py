"""Questions to the published marts, also while a build holds the warehouse.

They are answered from the Parquet files that the pointer names. A mart's name is a table:
`dim_games`, or `marts.dim_games`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from gamemarket.errors import LakeError, UsageError
from gamemarket.lake import Lake
from gamemarket.published_marts import MartsPointer, explain_no_marts, open_marts, read_pointer
from gamemarket.s3_access import S3Access

__all__ = ["Answer", "ask_marts", "print_answer"]


_MOST_SQUEEZED_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, and the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def ask_marts(lake: Lake, sql: str, access: S3Access | None = None, target: str = "dev") -> Answer:
    """Runs one query over the published marts; UsageError for SQL that DuckDB does not take.

    A lake in S3 needs `access`: only the columns that the query names are read from there.
    """
    pointer = read_pointer(lake, target)
    if pointer is None:
        raise explain_no_marts(lake, target)
    with open_marts(lake, pointer, access) as db:
        try:
            cursor = db.execute(sql)
            columns = tuple(column[0] for column in cursor.description or ())
            return Answer(columns, tuple(cursor.fetchall()))
        except duckdb.IOException as error:
            raise LakeError(f"Could not read the published marts: {error}") from error
        except duckdb.Error as error:
            raise UsageError(_explain(error, pointer)) from None


def _explain(error: duckdb.Error, pointer: MartsPointer) -> str:
    said = str(error).splitlines()[0].rstrip(".!")
    if not isinstance(error, duckdb.CatalogException):
        return f"DuckDB does not take this query: {said}."
    return f"{said}. Published marts: {', '.join(sorted(pointer.models))}."


def print_answer(answer: Answer, stream: TextIO | None = None) -> None:
    """A table on a terminal, a JSON object a row elsewhere."""
    stream = stream or sys.stdout
    if not stream.isatty():
        for row in answer.rows:
            fields = dict(zip(answer.columns, row, strict=True))
            stream.write(json.dumps(fields, default=str, ensure_ascii=False) + "\n")
        stream.flush()
        return
    console = Console(file=stream)
    table = _as_table(answer)
    # Cells are squeezed beyond reading when the columns are many: then a block of lines a row.
    squeezed = Measurement.get(console, console.options, table).maximum >= console.width
    if squeezed and len(answer.columns) > _MOST_SQUEEZED_COLUMNS:
        table = _as_blocks(answer)
    console.print(table)


def _as_table(answer: Answer) -> Table:
    table = Table()
    for position, name in enumerate(answer.columns):
        table.add_column(name, justify="right" if _is_numeric(answer.rows, position) else "left")
    for row in answer.rows:
        table.add_row(*map(_as_text, row))
    return table


def _as_blocks(answer: Answer) -> Table:
    table = Table("column", "value", show_header=False)
    for row in answer.rows:
        for name, value in zip(answer.columns, row, strict=True):
            table.add_row(name, _as_text(value))
        table.add_section()
    return table


def _as_text(value: object) -> str:
    return "" if value is None else escape(str(value))


def _is_numeric(rows: Sequence[Sequence[Any]], position: int) -> bool:
    values = [row[position] for row in rows if row[position] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)
