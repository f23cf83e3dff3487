"""An answer as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.page.table import Table

__all__ = ["Answer", "Picture"]


@dataclass(frozen=True)
class Picture:
    """One picture, drawn twice: SVG for wide windows and paper, and for phones."""

    wide: str
    narrow: str


@dataclass(frozen=True)
class Answer:
    """A question with its sentence, picture and rows; or `lacks`, why it has none of them."""

    name: str
    title: str
    caveat: str
    sql: str
    sentence: str = ""
    picture: Picture | None = None
    table: Table | None = None
    lacks: str = ""
