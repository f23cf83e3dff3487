"""How numbers, days and names are written: in one form everywhere, in the page and in its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

__all__ = ["in_words", "name", "number", "share", "write"]

_LONGEST_NAME: Final = 60
# A name in another direction of writing must not turn the words around it (Unicode, UAX 9).
_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_NBSP = "\u00a0"


def number(value: float) -> str:
    """1234 -> 1,234; 12.34 -> 12.3; 12.0 -> 12."""
    return f"{value:,.1f}".removesuffix(".0")


def share(value: float) -> str:
    """0.123 -> 12 %; what would be nothing or all and is not keeps a digit."""
    percents = 100 * value
    digits = 1 if 0 < abs(percents) < 1 or 99.5 <= percents < 100 else 0
    return f"{percents:.{digits}f}{_NBSP}%"


def name(text: str) -> str:
    """A name within a sentence: not longer than some words, in its own direction."""
    short = text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"
    return f"{_ISOLATE}{short}{_POP_ISOLATE}"


def in_words(names: Sequence[str]) -> str:
    """a, b and c."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def write(value: object, column: str) -> str:
    """A cell of a table; a column that begins with `share_` holds parts of 1. Nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return share(value) if column.startswith("share_") else number(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
