"""Which items (tags, developers, publishers) each game has, both ways, in flat columns."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from rawg_sandbox.dice import Ints

Mask = npt.NDArray[np.bool_]


class Membership:
    """Pairs (game, item) sorted by game, in the order in which they were given."""

    def __init__(self, games: Ints, items: Ints, game_count: int, item_count: int) -> None:
        """Take equally long columns of game indexes and item indexes; no pair comes twice."""
        order = np.argsort(games, kind="stable")
        self.games = games[order]
        self.items = items[order]
        self.item_count = item_count
        self.offsets = np.searchsorted(self.games, np.arange(game_count + 1))

    def items_of(self, game: int) -> list[int]:
        items: list[int] = self.items[self.offsets[game] : self.offsets[game + 1]].tolist()
        return items

    @cached_property
    def _by_item(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.items, kind="stable")
        offsets = np.searchsorted(self.items[order], np.arange(self.item_count + 1))
        return self.games[order], offsets

    def games_of(self, item: int) -> Ints:
        """Return the item's games, by ascending index."""
        games, offsets = self._by_item
        return games[offsets[item] : offsets[item + 1]]

    def count(self, of_games: Mask) -> Ints:
        """Return for each item how many of the marked games it has."""
        return np.bincount(self.items[of_games[self.games]], minlength=self.item_count)

    def total(self, of_games: npt.NDArray[np.int64]) -> Ints:
        """Return for each item the sum of a column over its games."""
        sums = np.bincount(self.items, weights=of_games[self.games], minlength=self.item_count)
        return sums.astype(np.int64)
