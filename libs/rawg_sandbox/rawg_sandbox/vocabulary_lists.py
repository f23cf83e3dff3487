"""/genres, /platforms, /platforms/lists/parents, /stores, /creator-roles: small lists in RAWG's
own order. Keys and their order are those of recorded responses."""

from collections.abc import Sequence
from typing import Any

from rawg_sandbox.dice import Ints
from rawg_sandbox.dimension import TopGames, describe
from rawg_sandbox.fragments import genre_fields, platform_fields, slim, store_fields
from rawg_sandbox.vocabulary import GENRES, PARENT_PLATFORMS, PLATFORMS, STORES, Named
from rawg_sandbox.world import State


class Vocabulary:
    """Items of a small vocabulary, in its own order."""

    def __init__(self, state: State, items: Sequence[Named], mask: Ints | None = None) -> None:
        """`mask`: which games have which item (bit = position), if games have them."""
        self.state = state
        self.items = items
        self.mask = mask
        self.top_games = TopGames(state)

    def order(self) -> Sequence[int]:
        """Return all positions."""
        return range(len(self.items))

    def find(self, key: str) -> int | None:
        """Return the position of an id or slug."""
        for at, item in enumerate(self.items):
            if key in (str(item.id), item.slug):
                return at
        return None

    def games(self, at: int) -> list[dict[str, Any]]:
        """Return the item's most wanted games."""
        return [] if self.mask is None else self.top_games.with_bit(self.mask, at)

    def row(self, at: int) -> dict[str, Any]:
        """Return id, name and slug."""
        return slim(self.items[at])

    def detail(self, at: int) -> dict[str, Any]:
        """Return the row with a description."""
        return {**self.row(at), "description": describe(self.items[at].name)}


class GenreList(Vocabulary):
    """/genres."""

    def row(self, at: int) -> dict[str, Any]:
        """Return a row of /genres."""
        return {**genre_fields(self.state, at), "games": self.games(at)}

    def detail(self, at: int) -> dict[str, Any]:
        """Return /genres/{id}."""
        return {**genre_fields(self.state, at), "description": describe(GENRES[at].name)}


class PlatformList(Vocabulary):
    """/platforms."""

    def row(self, at: int) -> dict[str, Any]:
        """Return a row of /platforms."""
        return {**platform_row(self.state, at), "games": self.games(at)}

    def detail(self, at: int) -> dict[str, Any]:
        """Return /platforms/{id}: the description stands before the picture."""
        row = platform_row(self.state, at)
        last = {key: row.pop(key) for key in ("image", "year_start", "year_end")}
        return {**row, "description": describe(PLATFORMS[at].name), **last}


class ParentPlatformList(Vocabulary):
    """/platforms/lists/parents."""

    def row(self, at: int) -> dict[str, Any]:
        """Return a family with its platforms."""
        parent = PARENT_PLATFORMS[at]
        members = [p for p, platform in enumerate(PLATFORMS) if platform.parent == parent.id]
        return {**slim(parent), "platforms": [platform_row(self.state, p) for p in members]}


class StoreList(Vocabulary):
    """/stores."""

    def row(self, at: int) -> dict[str, Any]:
        """Return a row of /stores."""
        return {**_domain_first(store_fields(self.state, at)), "games": self.games(at)}

    def detail(self, at: int) -> dict[str, Any]:
        """Return /stores/{id}."""
        fields = _domain_first(store_fields(self.state, at))
        return {**fields, "description": describe(STORES[at].name)}


def platform_row(state: State, at: int) -> dict[str, Any]:
    """Return a platform as its lists show it: games_count before the picture."""
    fields = platform_fields(state, at)
    keys = (
        "id", "name", "slug", "games_count", "image_background", "image", "year_start", "year_end",
    )  # fmt: skip
    return {key: fields[key] for key in keys}


def _domain_first(fields: dict[str, Any]) -> dict[str, Any]:
    keys = ("id", "name", "domain", "slug", "games_count", "image_background")
    return {key: fields[key] for key in keys}
