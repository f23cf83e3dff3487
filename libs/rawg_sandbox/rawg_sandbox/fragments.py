"""Pieces of JSON that many rows share (genres, platforms, stores), encoded once.

RAWG repeats whole dimension rows inside each game, so a row is little more than a join of them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import orjson

from rawg_sandbox.dimensions import slim
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import ESRB_RATINGS, GENRES, PARENT_PLATFORMS, PLATFORMS, STORES


class ByMask:
    """Arrays of encoded items of a small vocabulary, remembered by bit mask."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = list(items)
        self._known: dict[int, orjson.Fragment] = {}

    def __getitem__(self, mask: int) -> orjson.Fragment:
        """Return the array of the elements whose bits are set."""
        array = self._known.get(mask)
        if array is None:
            array = self._known[mask] = join([self._items[at] for at in bits_set(mask)])
        return array


def join(items: Iterable[bytes]) -> orjson.Fragment:
    """Return the array of encoded elements."""
    return orjson.Fragment(b"[" + b",".join(items) + b"]")


# Those that no state changes.
GENRES_SLIM: Final = ByMask(orjson.dumps(slim(one)) for one in GENRES)
PLATFORMS_SLIM: Final = ByMask(orjson.dumps({"platform": slim(one)}) for one in PLATFORMS)
STORES_SLIM: Final = ByMask(orjson.dumps({"store": slim(one)}) for one in STORES)
ESRB: Final = [None, *map(slim, ESRB_RATINGS)]
ESRB_BOTH_NAMES: Final = [
    None,
    *({**slim(one), "name_en": one.name, "name_ru": one.name_ru} for one in ESRB_RATINGS),
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
