"""Pieces of JSON that many rows share (genres, platforms, stores, tags), encoded once a state.

RAWG repeats whole dimension rows inside each game, with a live `games_count`; so they are
valid for one moment, and a row is little more than a join of them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import orjson

from rawg_sandbox.dimensions import Dimension, Dimensions, Fields, slim
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import ESRB_RATINGS, GENRES, PARENT_PLATFORMS, PLATFORMS, STORES


class ByMask:
    """Encoded arrays of small vocabularies, remembered by bit mask."""

    def __init__(self, items: Iterable[Fields]) -> None:
        self._items = [orjson.dumps(item) for item in items]
        self._known: dict[int, orjson.Fragment] = {}

    def __getitem__(self, mask: int) -> orjson.Fragment:
        """Return the array of the elements whose bits are set."""
        array = self._known.get(mask)
        if array is None:
            array = self._known[mask] = join([self._items[at] for at in bits_set(mask)])
        return array


class Fragments:
    """All pieces that depend on a state."""

    def __init__(self, dimensions: Dimensions) -> None:
        of = dimensions.by_endpoint
        self.genres = ByMask(_in_games(of["genres"]))
        self.platforms = [
            orjson.dumps({"platform": fields}) for fields in _in_games(of["platforms"])
        ]
        self.stores = [orjson.dumps(fields) for fields in _in_games(of["stores"])]
        self.tags = [orjson.dumps(fields) for fields in _in_games(of["tags"])]


def _in_games(dimension: Dimension) -> list[Fields]:
    return [dimension.fields(at, "in_game") for at in range(len(dimension.items))]


def join(items: Iterable[bytes]) -> orjson.Fragment:
    """Return the array of encoded elements."""
    return orjson.Fragment(b"[" + b",".join(items) + b"]")


# Those that no state changes.
GENRES_SLIM: Final = ByMask(slim(genre) for genre in GENRES)
PLATFORMS_SLIM: Final = ByMask({"platform": slim(platform)} for platform in PLATFORMS)
STORES_SLIM: Final = ByMask({"store": slim(store)} for store in STORES)
ESRB: Final = [None, *(orjson.Fragment(orjson.dumps(slim(rating))) for rating in ESRB_RATINGS)]
ESRB_BOTH_NAMES: Final = [
    None,
    *(
        orjson.Fragment(
            orjson.dumps({**slim(rating), "name_en": rating.name, "name_ru": rating.name_ru})
        )
        for rating in ESRB_RATINGS
    ),
]


@lru_cache(maxsize=1 << 12)
def parent_platforms(platform_mask: int) -> orjson.Fragment:
    """Return the array of the families of the platforms whose bits are set."""
    families = {PLATFORMS[at].parent for at in bits_set(platform_mask)}
    return join(
        orjson.dumps({"platform": slim(parent)})
        for parent in PARENT_PLATFORMS
        if parent.id in families
    )
