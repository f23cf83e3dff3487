"""A table of an answer's rows, and the same as CSV."""

from __future__ import annotations

import csv
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from urllib.parse import quote

from pydantic import BaseModel

from reporter.page.writing import write

__all__ = ["Cell", "Table", "build_table"]

_GAME_PAGE = "https://rawg.io/games/"
# A spreadsheet takes a text that begins so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Cell:
    """What is written, where it leads, whether it stands at the right."""

    text: str
    is_number: bool = False
    link: str = ""


@dataclass(frozen=True)
class Table:
    """Headers with whether their column holds numbers; `csv` is a data URL."""

    headers: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv: str


def build_table(rows: Sequence[BaseModel]) -> Table:
    """The rows of one query; a game's name leads to its page, in place of its slug."""
    names = list(type(rows[0]).model_fields)
    shown = [name for name in names if name != "slug"]
    numeric = {name for name in shown if _is_numeric([getattr(row, name) for row in rows])}
    return Table(
        headers=tuple(Cell(name.replace("_", " "), name in numeric) for name in shown),
        rows=tuple(
            tuple(
                Cell(
                    write(getattr(row, name), name),
                    name in numeric,
                    _find_page(row) if name == "name" else "",
                )
                for name in shown
            )
            for row in rows
        ),
        csv=_write_csv(names, rows),
    )


def _find_page(row: BaseModel) -> str:
    slug = getattr(row, "slug", None)
    return _GAME_PAGE + quote(slug, safe="") if slug else ""


def _is_numeric(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in known
    )


def _write_csv(names: Sequence[str], rows: Sequence[BaseModel]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(names)
    for row in rows:
        writer.writerow([_defuse(value) for value in row.model_dump(mode="json").values()])
    encoded = b64encode(text.getvalue().encode("utf-8-sig")).decode()
    return f"data:text/csv;charset=utf-8;base64,{encoded}"


def _defuse(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
