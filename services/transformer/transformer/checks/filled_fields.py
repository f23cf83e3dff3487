"""Mass loss: far fewer rows with a value in a field than the last builds have seen.

150 of 200 games with empty genres are valid rows, each of them; together they empty the bridges.
The bounds: docs/dwh_design.md, "Schema drift".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

from transformer.checks.contracts import Contract, load_contract
from transformer.checks.drift import Finding
from transformer.checks.kept_table import KeptTable
from transformer.lake.lake_parts import LakePart
from transformer.lake.row_shapes import FieldShape
from transformer.warehouse.lake_tables import Database

__all__ = ["FieldKey", "FillCount", "FillWatch", "keep_filled_fields", "read_filled_fields"]

# Source, endpoint, path.
type FieldKey = tuple[str, str, str]

_FILLED: Final = KeptTable(
    "lake.filled_fields",
    {
        "source_system": "varchar",
        "endpoint": "varchar",
        "field": "varchar",
        "object_count": "bigint",
        "filled_count": "bigint",
    },
)

_DEVIATIONS: Final = 4
_COLLAPSE: Final = 0.5
_LOSS: Final = 0.8
_NEARLY_ALL: Final = 0.95
# What history weighs: some days of games, so that it follows a change that was accepted.
_MOST_OBJECTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class FillCount:
    """Of `objects` that could have the field, `filled` have something in it."""

    objects: int
    filled: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.filled / self.objects

    def plus(self, other: FillCount) -> FillCount:
        """Both together."""
        return FillCount(self.objects + other.objects, self.filled + other.filled)

    def capped(self) -> FillCount:
        """The same share, of no more objects than history weighs."""
        if self.objects <= _MOST_OBJECTS:
            return self
        return FillCount(_MOST_OBJECTS, round(_MOST_OBJECTS * self.share))


class FillWatch:
    """Counts the parts that a build loads; `history` is what builds before it have loaded.

    A build that loads all anew has no other history than what it loads: the parts that are published, day by
    day, as the builds of those days would have left it.
    """

    def __init__(
        self,
        history: Mapping[FieldKey, FillCount],
        load: Callable[[str, str], Contract | None] = load_contract,
    ) -> None:
        """Starts without rows."""
        self._history = history
        self._load = load
        self._counted: dict[FieldKey, FillCount] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._day: tuple[str, str, date] | None = None

    def look(
        self, part: LakePart, shapes: Mapping[str, FieldShape], *, is_published: bool = False
    ) -> None:
        """Takes one part's fields into account; published ones come first, a day after the other."""
        day = (part.source_system, part.endpoint, part.run_date) if is_published else None
        if day != self._day:
            self._settle()
            self._day = day
        rows = 0
        for shape in shapes.values():
            if shape.is_element:
                continue
            key = (part.source_system, part.endpoint, shape.path)
            now = FillCount(shape.parents, shape.count - shape.empty)
            self._counted[key] = self._counted.get(key, FillCount(0, 0)).plus(now)
            rows = max(rows, shape.parents) if _is_of_row(shape.path) else rows
        name = (part.source_system, part.endpoint)
        self._rows[name] = self._rows.get(name, 0) + rows

    def _settle(self) -> None:
        """What was counted of a published day is history; it was judged when it was new."""
        if self._day:
            self._history = self._extend_history()
            self._counted, self._rows, self._day = {}, {}, None

    def findings(self) -> list[Finding]:
        """Every field that has lost values, errors first."""
        self._settle()
        found = [self._describe(key, now) for key, now in self._find_losses().items()]
        return sorted(found, key=lambda f: (not f.is_error, f.endpoint, f.field))

    def new_history(self) -> dict[FieldKey, FillCount]:
        """What the next build compares with. What was accepted counts alone: it is how rows are now."""
        self._settle()
        return self._extend_history()

    def _find_losses(self) -> dict[FieldKey, FillCount]:
        return {
            key: now
            for key, before in self._history.items()
            if before.objects
            and (now := self._count(key))
            and _is_loss(before.share * now.objects, now.filled)
        }

    def _extend_history(self) -> dict[FieldKey, FillCount]:
        lost = self._find_losses()
        history = dict(self._history)
        for key in {*self._counted, *self._history}:
            if now := self._count(key):
                known = None if key in lost else history.get(key)
                history[key] = (now.plus(known) if known else now).capped()
        return history

    def _count(self, key: FieldKey) -> FillCount | None:
        """Of this build; a field of rows that is in none of them is empty in all."""
        if (now := self._counted.get(key)) or not _is_of_row(key[2]):
            return now
        rows = self._rows.get(key[:2], 0)
        return FillCount(rows, 0) if rows else None

    def _describe(self, key: FieldKey, now: FillCount) -> Finding:
        source, endpoint, field = key
        before = self._history[key]
        contract = self._load(source, endpoint)
        rule = contract.rule_of(field) if contract else None
        return Finding(
            endpoint=endpoint,
            kind="fewer_values",
            field=field,
            found=f"a value in {now.filled} of {now.objects}",
            expected=f"in {before.share:.0%}, as in builds before",
            part="the parts that this build loads",
            part_count=1,
            is_error=bool(rule and rule.filled)
            and before.share >= _NEARLY_ALL
            and now.filled < _COLLAPSE * before.share * now.objects,
        )


def _is_of_row(path: str) -> bool:
    return "." not in path and "[" not in path


def _is_loss(expected: float, filled: int) -> bool:
    return filled < _LOSS * expected and expected - filled > _DEVIATIONS * sqrt(expected)


def keep_filled_fields(db: Database, history: Mapping[FieldKey, FillCount]) -> None:
    """Replaces what the next build compares with."""
    _FILLED.replace(db, [(*key, count.objects, count.filled) for key, count in history.items()])


def read_filled_fields(db: Database) -> dict[FieldKey, FillCount]:
    """By field, of the rows that builds which passed have loaded."""
    rows = _FILLED.read(db)
    return {(source, name, field): FillCount(n, filled) for source, name, field, n, filled in rows}
