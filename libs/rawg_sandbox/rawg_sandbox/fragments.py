"""Pieces of JSON that many rows share (genres, platforms, stores, tags), encoded once a state.

RAWG repeats whole dimension rows inside each game, with a live `games_count`; so they are
valid for one moment, and a row is little more than a join of them.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

from rawg_sandbox.traits import TAGS, bits_set
from rawg_sandbox.vocabulary import (
    ESRB_RATINGS,
    GENRES,
    PARENT_PLATFORMS,
    PLATFORMS,
    STORES,
    EsrbRating,
    Genre,
    Named,
    Platform,
    Store,
)
from rawg_sandbox.world import State

# A reserved name: no picture of the sandbox's can ever be asked of somebody's server.
MEDIA: Final = "https://media.rawg.example/media"


def picture(folder: str, digest: str) -> str:
    """Return the address of a picture; `digest` is 32 hexadecimal digits."""
    return f"{MEDIA}/{folder}/{digest[:3]}/{digest}.jpg"


def background(kind: str, item_id: int) -> str:
    """Return the picture of a genre, platform, store, tag or company."""
    return picture("games", f"{hash_text(kind):08x}{item_id * 2654435761 % 2**96:024x}")


def hash_text(text: str) -> int:
    """Return a stable 32-bit number for a text (FNV-1a)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return value


def genre_fields(state: State, at: int) -> dict[str, Any]:
    """Return a genre as details and unfiltered rows show it."""
    genre = GENRES[at]
    return {
        "id": genre.id,
        "name": genre.name,
        "slug": genre.slug,
        "games_count": state.genre_counts[at],
        "image_background": background("genre", genre.id),
    }


def platform_fields(state: State, at: int) -> dict[str, Any]:
    """Return a platform as details and unfiltered rows show it."""
    platform = PLATFORMS[at]
    return {
        "id": platform.id,
        "name": platform.name,
        "slug": platform.slug,
        "image": None,
        "year_end": None,
        "year_start": platform.year_start,
        "games_count": state.platform_counts[at],
        "image_background": background("platform", platform.id),
    }


def store_fields(state: State, at: int) -> dict[str, Any]:
    """Return a store as details and unfiltered rows show it."""
    store = STORES[at]
    return {
        "id": store.id,
        "name": store.name,
        "slug": store.slug,
        "domain": store.domain,
        "games_count": state.store_counts[at],
        "image_background": background("store", store.id),
    }


def tag_fields(state: State, at: int) -> dict[str, Any]:
    """Return a tag as every game row shows it."""
    tag_id, name, slug, language = TAGS[at]
    return {
        "id": tag_id,
        "name": name,
        "slug": slug,
        "language": language,
        "games_count": state.tag_counts[at],
        "image_background": background("tag", tag_id),
    }


class ByMask:
    """Encoded arrays of small vocabularies, remembered by bit mask."""

    def __init__(self, items: list[bytes]) -> None:
        """Take one encoded element for each bit."""
        self._items = items
        self._known: dict[int, orjson.Fragment] = {}

    def __getitem__(self, mask: int) -> orjson.Fragment:
        """Return the array of the elements whose bits are set."""
        array = self._known.get(mask)
        if array is None:
            chosen = b",".join(self._items[at] for at in bits_set(mask))
            array = self._known[mask] = orjson.Fragment(b"[" + chosen + b"]")
        return array


class Fragments:
    """All shared pieces of one state."""

    def __init__(self, state: State) -> None:
        """Encode them."""
        self.genres = ByMask(_encode(len(GENRES), lambda at: genre_fields(state, at)))
        self.genres_slim = ByMask(_encode(len(GENRES), lambda at: slim(GENRES[at])))
        self.platforms = _encode(
            len(PLATFORMS), lambda at: {"platform": platform_fields(state, at)}
        )
        self.platforms_slim = ByMask(
            _encode(len(PLATFORMS), lambda at: {"platform": slim(PLATFORMS[at])})
        )
        self.stores = _encode(len(STORES), lambda at: store_fields(state, at))
        self.stores_slim = ByMask(_encode(len(STORES), lambda at: {"store": slim(STORES[at])}))
        self.tags = _encode(len(TAGS), lambda at: tag_fields(state, at))
        self.esrb = [None, *(orjson.Fragment(orjson.dumps(slim(r))) for r in ESRB_RATINGS)]
        self.esrb_both_names = [None, *(_esrb_both_names(at) for at in range(len(ESRB_RATINGS)))]
        self._parents: dict[int, orjson.Fragment] = {}

    def parent_platforms(self, platform_mask: int) -> orjson.Fragment:
        """Return the array of the families of the platforms whose bits are set."""
        array = self._parents.get(platform_mask)
        if array is None:
            families = {PLATFORMS[at].parent for at in bits_set(platform_mask)}
            chosen = [{"platform": slim(p)} for p in PARENT_PLATFORMS if p.id in families]
            array = self._parents[platform_mask] = orjson.Fragment(orjson.dumps(chosen))
        return array


def slim(item: Named | Genre | Platform | Store | EsrbRating) -> dict[str, Any]:
    """Return id, name and slug of anything that has them."""
    return {"id": item.id, "name": item.name, "slug": item.slug}


def _esrb_both_names(at: int) -> orjson.Fragment:
    rating = ESRB_RATINGS[at]
    names = {"name_en": rating.name, "name_ru": rating.name_ru}
    return orjson.Fragment(orjson.dumps(slim(rating) | names))


def _encode(size: int, fields: Callable[[int], dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(fields(at)) for at in range(size)]
