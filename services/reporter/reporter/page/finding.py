"""One thing that was looked at, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from reporter.page.table import Table, build_table

__all__ = ["LEVELS", "DataQuality", "Finding", "Level", "find"]

Level = Literal["red", "amber", "fine"]

LEVELS: Final[tuple[Level, ...]] = ("red", "amber", "fine")


@dataclass(frozen=True)
class Finding:
    """`command` looks closer."""

    level: Level
    title: str
    said: str
    command: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class DataQuality:
    """All findings, the worst first, and what they come to."""

    verdict: str
    findings: tuple[Finding, ...]


def find(
    level: Level, title: str, said: str, command: str = "", rows: Sequence[BaseModel] = ()
) -> Finding:
    """A finding with its rows as a table."""
    return Finding(level, title, said, command, build_table(rows) if rows else None)
