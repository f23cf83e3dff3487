"""Reading the query of /games: which filters took effect, and in which order.

RAWG's ways, as imitated: ranges work by whole days with both ends in them; a range that is not
two ISO dates is ignored without a word (the whole catalogue comes back, in the unfiltered
shape); unknown parameters and orderings are ignored too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

LIST_FILTERS: Final = (
    "developers",
    "publishers",
    "creators",
    "genres",
    "platforms",
    "parent_platforms",
    "stores",
    "tags",
)
ORDERINGS: Final = ("name", "released", "added", "created", "updated", "rating", "metacritic")

_FIRST_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class GameQuery:
    """What decides about rows and their order; equal queries have equal results.

    Days are counted from 1970-01-01. `keys` holds for each list filter the ids and slugs asked.
    """

    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    updated: tuple[int, int] | None = None
    dates: tuple[tuple[int, int], ...] = ()
    metacritic: tuple[int, int] | None = None
    search: str = ""
    ordering: str = "-added"

    @property
    def is_filtered(self) -> bool:
        """Whether any filter took effect: it decides the shape and the 10,000 window."""
        return bool(self.keys or self.updated or self.dates or self.metacritic or self.search)


def parse_game_query(parameters: Mapping[str, str]) -> GameQuery:
    """Read the parameters that /games knows; what cannot be read has no effect."""
    ordering = parameters.get("ordering", "")
    ranges = [day_range(text) for text in parameters.get("dates", "").split(".")]
    return GameQuery(
        keys=tuple(
            (name, tuple(part.strip() for part in parameters[name].split(",")))
            for name in LIST_FILTERS
            if parameters.get(name)
        ),
        updated=day_range(parameters.get("updated", "")),
        dates=tuple(found for found in ranges if found),
        metacritic=_number_range(parameters.get("metacritic", "")),
        search=" ".join(parameters.get("search", "").lower().split()),
        ordering=ordering if ordering.removeprefix("-") in ORDERINGS else "-added",
    )


def day_range(text: str) -> tuple[int, int] | None:
    """Return `2024-01-01,2024-01-31` as two day numbers, or nothing if it is anything else."""
    try:
        first, last = (date.fromisoformat(part) for part in text.split(","))
    except ValueError:
        return None
    return (first - _FIRST_DAY).days, (last - _FIRST_DAY).days


def _number_range(text: str) -> tuple[int, int] | None:
    try:
        low, high = (int(part) for part in text.split(","))
    except ValueError:
        return None
    return low, high
