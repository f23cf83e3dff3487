"""What rules have changed about one list's rows, over the pure catalogue.

Rows go by their positions in the catalogue's columns, not in a list. Counters (`games_count`,
`games[]`) know nothing of it, so that rows nobody touched stay the same bytes.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self


class Edit(NamedTuple):
    """A game's `updated`, as said at a moment; the catalogue's own later edits come after it."""

    updated: int
    said_at: int


@dataclass(frozen=True)
class Moves:
    """All moves of one endpoint so far: rows deleted (and when), games edited, rows inserted, and
    what has rearranged which list."""

    deleted: dict[int, int] = field(default_factory=dict)
    edited: dict[int, Edit] = field(default_factory=dict)
    inserted: dict[int, Edit] = field(default_factory=dict)
    arranged: list[tuple[Hashable, Callable[[list[int]], None]]] = field(default_factory=list)

    def copy(self) -> Self:
        """Return the same moves, to be added to."""
        return replace(
            self,
            deleted=self.deleted.copy(),
            edited=self.edited.copy(),
            inserted=self.inserted.copy(),
            arranged=self.arranged.copy(),
        )

    def arrange_rows(self, of_list: Hashable, rows: Sequence[int]) -> list[int]:
        """Return a list's rows after all that was rearranged in it."""
        arranged = list(rows)
        for rearranged, change in self.arranged:
            if rearranged == of_list:
                change(arranged)
        return arranged

    def without_leaving(self) -> Self:
        """Return these moves as if no row had ever left."""
        return replace(self, deleted={}, edited={})


NO_MOVES: Final = Moves()


def swap(one: int, other: int, rows: list[int]) -> None:
    """Put two rows in each other's place if both are there."""
    if one in rows and other in rows:
        here, there = rows.index(one), rows.index(other)
        rows[here], rows[there] = other, one


def place(row: int, followers: Sequence[int], rows: list[int]) -> None:
    """Put a row, if it is there, before the first of `followers` that is still there, or at the
    end, whatever the list's order."""
    if row in rows:
        rows.remove(row)
        there = set(rows)
        follower = next((row for row in followers if row in there), None)
        rows.insert(len(rows) if follower is None else rows.index(follower), row)
