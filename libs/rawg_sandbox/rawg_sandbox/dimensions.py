"""All endpoints beside /games at one moment."""

from collections.abc import Sequence

import orjson

from rawg_sandbox.creator_list import CreatorList
from rawg_sandbox.dimension import Dimension
from rawg_sandbox.group_lists import DeveloperList, PublisherList, TagList
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


class Dimensions:
    """The endpoints by name; rows are encoded once."""

    def __init__(self, state: State) -> None:
        """Bind them to the state."""
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
        self._orders: dict[str, Sequence[int]] = {}
        self._rows: dict[tuple[str, int], bytes] = {}

    def order(self, endpoint: str) -> Sequence[int]:
        """Return the endpoint's positions in the order of its list."""
        if endpoint not in self._orders:
            self._orders[endpoint] = self.by_endpoint[endpoint].order()
        return self._orders[endpoint]

    def row(self, endpoint: str, at: int) -> bytes:
        """Return one encoded row."""
        row = self._rows.get((endpoint, at))
        if row is None:
            row = orjson.dumps(self.by_endpoint[endpoint].row(at))
            self._rows[endpoint, at] = row
        return row
