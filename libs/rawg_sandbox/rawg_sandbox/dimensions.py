"""All endpoints beside /games at one moment."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from rawg_sandbox.creator_list import CreatorList
from rawg_sandbox.dimension import Dimension
from rawg_sandbox.group_lists import DeveloperList, PublisherList, TagList
from rawg_sandbox.moves import NO_MOVES, Moves
from rawg_sandbox.vocabulary import (
    CREATOR_ROLES,
    GENRES,
    PARENT_PLATFORMS,
    PLATFORMS,
    STORES,
    Named,
)
from rawg_sandbox.vocabulary_lists import (
    GenreList,
    ParentPlatformList,
    PlatformList,
    StoreList,
    Vocabulary,
)
from rawg_sandbox.world import State

# Above all ids that a catalogue of any size has.
INSERTED: Final = 100_000_000
_NOTHING: Final = {"games_count": 0, "games": []}


class Dimensions:
    """The endpoints by name; rows are encoded once.

    Rows that a move inserted have positions from INSERTED on.
    """

    def __init__(self, state: State, moves: Mapping[str, Moves]) -> None:
        """Bind them to the state, and to the moves by endpoint."""
        traits, companies = state.world.traits, state.world.companies
        self.by_endpoint: dict[str, Dimension] = {
            "genres": GenreList(state, [Named(*g[:3]) for g in GENRES], state.genre_mask),
            "platforms": PlatformList(
                state, [Named(*p[:3]) for p in PLATFORMS], traits.platform_mask
            ),
            "platforms/lists/parents": ParentPlatformList(state, PARENT_PLATFORMS),
            "stores": StoreList(state, [Named(*s[:3]) for s in STORES], traits.store_mask),
            "tags": TagList(state, traits.tags),
            "developers": DeveloperList(state, companies.developers),
            "publishers": PublisherList(state, companies.publishers),
            "creators": CreatorList(state, companies.creators),
            "creator-roles": Vocabulary(state, CREATOR_ROLES),
        }
        self._moves = moves
        self._orders: dict[str, Sequence[int]] = {}
        self._rows: dict[tuple[str, int], bytes] = {}

    def order(self, endpoint: str) -> Sequence[int]:
        """Return the endpoint's positions in the order of its list, as moved by now."""
        if endpoint not in self._orders:
            self._orders[endpoint] = self.order_after(endpoint, self.moves_of(endpoint))
        return self._orders[endpoint]

    def order_after(self, endpoint: str, moves: Moves) -> list[int]:
        """Return the endpoint's positions as these moves leave them."""
        kept = [*self.by_endpoint[endpoint].order(), *moves.inserted]
        return moves.arrange_rows(endpoint, [at for at in kept if at not in moves.deleted])

    def moves_of(self, endpoint: str) -> Moves:
        """Return the endpoint's moves."""
        return self._moves.get(endpoint, NO_MOVES)

    def fields(self, endpoint: str, at: int) -> dict[str, Any]:
        """Return one row; one that a move inserted is like the first, with nothing in it."""
        dimension = self.by_endpoint[endpoint]
        if at < INSERTED:
            return dimension.row(at)
        number = at - INSERTED + 1
        named = {"id": at, "name": f"Inserted {number}", "slug": f"inserted-{number}"}
        row = {**dimension.row(dimension.order()[0]), **named}
        return row | {key: value for key, value in _NOTHING.items() if key in row}

    def row(self, endpoint: str, at: int) -> bytes:
        """Return one encoded row."""
        row = self._rows.get((endpoint, at))
        if row is None:
            row = orjson.dumps(self.fields(endpoint, at))
            self._rows[endpoint, at] = row
        return row

    def detail(self, endpoint: str, key: str) -> bytes | None:
        """Return the body of the item with this id or slug, or nothing (a 404)."""
        dimension = self.by_endpoint[endpoint]
        at = dimension.find(key)
        if at is None or at in self.moves_of(endpoint).deleted:
            return None
        return orjson.dumps(dimension.detail(at))
