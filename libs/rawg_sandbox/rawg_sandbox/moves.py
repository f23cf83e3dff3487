"""What rules have changed about one list's rows, over the pure catalogue.

Rows go by their positions in the catalogue's columns, not in a list. Counters (`games_count`,
`games[]`) know nothing of it, so that rows nobody touched stay the same bytes.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Edit:
    """A game's `updated`, as said at a moment; the catalogue's own later edits come after it."""

    updated: int
    said_at: int


@dataclass(frozen=True, slots=True)
class Swap:
    """Two rows of one list that stand in each other's place."""

    of_list: Hashable
    one: int
    other: int

    def apply(self, rows: list[int]) -> None:
        """Exchange them if both are there."""
        if self.one in rows and self.other in rows:
            here, there = rows.index(self.one), rows.index(self.other)
            rows[here], rows[there] = rows[there], rows[here]


@dataclass(frozen=True, slots=True)
class Place:
    """A row that stands before others of one list, whatever the list's order: before the first
    of `followers` that is still there, or at the end."""

    of_list: Hashable
    row: int
    followers: Sequence[int]

    def apply(self, rows: list[int]) -> None:
        """Put it there if it is in the list."""
        if self.row in rows:
            rows.remove(self.row)
            there = set(rows)
            follower = next((row for row in self.followers if row in there), None)
            rows.insert(len(rows) if follower is None else rows.index(follower), self.row)


@dataclass(frozen=True)
class Moves:
    """All moves of one endpoint so far: rows deleted (and when), games edited, rows inserted."""

    deleted: Mapping[int, int] = field(default_factory=dict)
    edited: Mapping[int, Edit] = field(default_factory=dict)
    inserted: Mapping[int, Edit] = field(default_factory=dict)
    arranged: Sequence[Swap | Place] = ()

    def delete(self, row: int, moment: int) -> Self:
        return replace(self, deleted={**self.deleted, row: moment})

    def edit(self, row: int, edit: Edit) -> Self:
        return replace(self, edited={**self.edited, row: edit})

    def insert(self, row: int, edit: Edit) -> Self:
        return replace(self, inserted={**self.inserted, row: edit})

    def arrange(self, change: Swap | Place) -> Self:
        return replace(self, arranged=[*self.arranged, change])

    def arrange_rows(self, of_list: Hashable, rows: Sequence[int]) -> list[int]:
        """Return a list's rows after all that was rearranged in it."""
        arranged = list(rows)
        for change in self.arranged:
            if change.of_list == of_list:
                change.apply(arranged)
        return arranged

    def without_leaving(self) -> Self:
        """Return these moves as if no row had ever left."""
        return replace(self, deleted={}, edited={})


NO_MOVES: Final = Moves()
