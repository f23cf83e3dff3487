"""Kills at the store's boundary: a run dies right before or right after any of its changes to the lake."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    CheckpointKey,
    LakeKey,
    LedgerBlockKey,
    LedgerSettledKey,
    ManifestKey,
    MartsPointerKey,
    PartKey,
    QueryKey,
    SecondKey,
    SourceKey,
)
from gamemarket.stored_object import StoredObject

_SORTS: Final[dict[type[LakeKey], str]] = {
    SourceKey: "source",
    LedgerBlockKey: "reservation",
    QueryKey: "request",
    CheckpointKey: "checkpoint",
    SecondKey: "second request",
    PartKey: "part",
    ManifestKey: "manifest",
    LedgerSettledKey: "settlement",
}
REMOVAL: Final = "removal"
ANY: Final = "change"


class KilledError(BaseException):
    """Stands for kill -9: no `except Exception` sees it."""


@dataclass(frozen=True)
class KillPoint:
    """The n-th change of a sort that a run makes is its last, `after` it took effect or before."""

    sort: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.sort} {self.number}"


@dataclass
class KillingLake:
    """A lake under a run that dies at a point; without one, it only counts the run's changes."""

    lake: Lake
    point: KillPoint | None = None
    changes: Counter[str] = field(default_factory=Counter)
    killed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def uri(self) -> str:
        return self.lake.uri

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        return self._change(_SORTS[type(key)], lambda: self.lake.put_if_absent(key, body))

    def delete(self, keys: Iterable[str]) -> None:
        """Each a change of its own, though they go together: a run may die between any two."""
        gone: list[str] = []
        try:
            for key in keys:
                self._change(REMOVAL, lambda key=key: gone.append(key))  # type: ignore[misc]
        finally:
            self.lake.delete(gone)

    def replace(self, key: MartsPointerKey, body: bytes) -> None:
        raise AssertionError("an extractor never replaces anything")

    def swap(self, key: MartsPointerKey, before: bytes | None, body: bytes) -> bool:
        raise AssertionError("an extractor never replaces anything")

    def get(self, key: LakeKey | str) -> bytes:
        return self.lake.get(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return self.lake.list(prefix)

    def _change[Result](self, sort: str, change: Callable[[], Result]) -> Result:
        point = self._count(sort)
        if point is None:
            return change()
        if point.after:
            change()
        raise KilledError

    def _count(self, sort: str) -> KillPoint | None:
        """Counts a change; returns the point if this is where the run dies."""
        with self._lock:
            if self.killed:  # what other threads have in flight dies with it
                raise KilledError
            self.changes.update([sort, ANY])
            point = self.point
            self.killed = point is not None and self.changes[point.sort] == point.number
            return point if self.killed else None


def draw_kill_points(changes: Counter[str], wanted: int, seed: str) -> list[KillPoint]:
    """The first change of every sort, before and after, then others; `changes`: what a run makes."""
    dice = Random(seed)
    sides = (False, True)
    sorts = sorted(changes.keys() - {ANY})
    first = [KillPoint(sort, 1, after) for sort in sorts for after in sides]
    others = [KillPoint(ANY, n, after) for n in range(1, changes[ANY] + 1) for after in sides]
    points = dice.sample(first, min(wanted, len(first)))
    points += dice.sample(others, wanted - len(points))
    return points
