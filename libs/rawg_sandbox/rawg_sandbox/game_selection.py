"""Filtering and ordering games: from a query to the indexes of the games it finds."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final

import numpy as np

from rawg_sandbox.dice import Ints
from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.game_query import GameQuery
from rawg_sandbox.membership import Mask
from rawg_sandbox.names import game_name
from rawg_sandbox.population import DAY
from rawg_sandbox.traits import NO_DATE
from rawg_sandbox.vocabulary import PARENT_PLATFORMS, PLATFORMS
from rawg_sandbox.world import State

_KNOWN_SELECTIONS: Final = 16


class GameSelection:
    """Selections of one state; the last few are remembered, a crawl asks the same 250 times."""

    def __init__(self, state: State, dimensions: Dimensions) -> None:
        self._state = state
        self._population = state.world.population
        self._dimensions = dimensions
        self._known: dict[GameQuery, Ints] = {}

    def select(self, query: GameQuery) -> Ints:
        """Return the indexes of the listed games that the query finds, in its order."""
        found = self._known.get(query)
        if found is None:
            if len(self._known) >= _KNOWN_SELECTIONS:
                self._known.clear()
            found = self._order(np.flatnonzero(self._state.listed & self.fitting(query)), query)
            if self._state.moves.arranged:
                found = np.array(self._state.moves.arrange_rows(query, found.tolist()))
            self._known[query] = found
        return found

    def fitting(self, query: GameQuery) -> Mask:
        """Return which games the query's filters let through, listed or not."""
        state = self._state
        mask = np.ones(self._population.size, dtype=np.bool_)
        for name, keys in query.keys:
            mask &= self._having(name, keys)
        if query.updated:
            mask &= _within(state.updated // DAY, query.updated)
        if query.dates:
            mask &= np.any([_within(state.release_day, span) for span in query.dates], axis=0)
            mask &= state.release_day != NO_DATE  # which is itself a day, before 1970
        if query.metacritic:
            mask &= (state.metacritic > 0) & _within(state.metacritic, query.metacritic)
        if query.search:
            mask &= self._named_like(query.search)
        return mask

    def _having(self, name: str, keys: Iterable[str]) -> Mask:
        """Return which games have any of the items; an unknown item has no games."""
        if name == "parent_platforms":
            families = {p.id for p in PARENT_PLATFORMS if {str(p.id), p.slug} & set(keys)}
            wanted = sum(1 << at for at, p in enumerate(PLATFORMS) if p.parent in families)
            having: Mask = (self._state.world.traits.platform_mask & wanted) != 0
            return having
        dimension = self._dimensions.by_endpoint[name]
        mask = np.zeros(self._population.size, dtype=np.bool_)
        for at in map(dimension.find, keys):
            if at is not None:
                mask[dimension.games_of(at)] = True
        return mask

    @cached_property
    def _names(self) -> list[str]:
        return [game_name(code).lower() for code in self._population.name_codes.tolist()]

    def _named_like(self, search: str) -> Mask:
        words = search.split()
        found = [all(word in name for word in words) for name in self._names]
        return np.array(found, dtype=np.bool_)

    def _order(self, games: Ints, query: GameQuery) -> Ints:
        """Sort by the ordering; ties stay in the order of ids, so that answers are reproducible
        (RAWG itself breaks ties in no fixed way)."""
        field, reverse = query.ordering.removeprefix("-"), query.ordering.startswith("-")
        keys = self._sort_keys[field]()[games]
        return games[np.argsort(-keys if reverse else keys, kind="stable")]

    @cached_property
    def _sort_keys(self) -> dict[str, Callable[[], Ints]]:
        state = self._state
        latest = np.iinfo(np.int64).max
        return {
            "added": lambda: state.added,
            "created": lambda: self._population.created,
            "updated": lambda: state.updated,
            "rating": lambda: state.rating,
            "metacritic": lambda: state.metacritic,
            # Games without a date come last, and so first in the reverse order.
            "released": lambda: np.where(state.release_day == NO_DATE, latest, state.release_day),
            "name": lambda: self._name_ranks,
        }

    @cached_property
    def _name_ranks(self) -> Ints:
        ranks = np.zeros(self._population.size, dtype=np.int64)
        order = sorted(range(self._population.size), key=self._names.__getitem__)
        ranks[order] = np.arange(self._population.size)
        return ranks


def _within(column: Ints, span: tuple[int, int]) -> Mask:
    return (column >= span[0]) & (column <= span[1])
