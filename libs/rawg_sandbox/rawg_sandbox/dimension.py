"""What the endpoints beside /games have in common: rows with their most wanted games.

Each endpoint has a fixed list of items ("positions"); what is said of them depends on the state.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np

from rawg_sandbox.dice import Ints
from rawg_sandbox.game_fields import renamed
from rawg_sandbox.membership import Membership
from rawg_sandbox.world import State

_TOP_GAMES: Final = 6


class Dimension(Protocol):
    """One endpoint's items at one moment."""

    def order(self) -> Sequence[int]:
        """Return the positions in the order of the list."""
        ...

    def row(self, at: int) -> dict[str, Any]:
        """Return one row of the list."""
        ...

    def find(self, key: str) -> int | None:
        """Return the position of the item with this id or slug."""
        ...

    def detail(self, at: int) -> dict[str, Any]:
        """Return the item as its own address shows it."""
        ...


class TopGames:
    """The `games[]` of a dimension row: the most wanted six."""

    def __init__(self, state: State) -> None:
        """Look into the state when asked."""
        self._state = state

    def with_bit(self, mask: Ints, at: int) -> list[dict[str, Any]]:
        """Return them for an item of a small vocabulary."""
        ordered = self._state.by_added
        found = np.flatnonzero(mask[ordered] >> at & 1)[:_TOP_GAMES]
        return self._fields(ordered[found])

    def of_item(self, membership: Membership, item: int) -> list[dict[str, Any]]:
        """Return them for a tag, company or person."""
        games = membership.games_of(item)
        games = games[self._state.alive[games]]
        best = np.argsort(-self._state.added[games], kind="stable")[:_TOP_GAMES]
        return self._fields(games[best])

    def _fields(self, games: Ints) -> list[dict[str, Any]]:
        population, stage = self._state.world.population, self._state.rename_stage
        return [
            {
                "id": int(population.ids[game]),
                "slug": population.slug(game),
                "name": renamed(int(population.name_codes[game]), int(stage[game])),
                "added": int(self._state.added[game]),
            }
            for game in games.tolist()
        ]


def describe(name: str) -> str:
    """Return a paragraph about anything."""
    return f"<p>{name} is an entry of the sandbox's catalogue. It is invented for tests.</p>"
