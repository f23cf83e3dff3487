"""The two list shapes of /games, encoded and remembered: the unfiltered and the filtered one.

Lists never carry developers or publishers.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Any, Final

import numpy as np
import orjson

from rawg_sandbox import fragments
from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.fragments import ByMask, join
from rawg_sandbox.game_fields import Game, day_text
from rawg_sandbox.pictures import picture
from rawg_sandbox.traits import bits_set
from rawg_sandbox.vocabulary import ENGLISH_TAGS, SHAPES
from rawg_sandbox.world import State

_UNFILTERED: Final = SHAPES["games"]["unfiltered"]
# Only some rows have a community_rating.
_FILTERED: Final = SHAPES["games"]["filtered"]
_SCREENSHOTS: Final = 6
_WARM_UP_BATCH: Final = 400

_bits = lru_cache(maxsize=1 << 12)(bits_set)


class GameRows:
    """Encoded rows of one state; remembers at most `cache_bytes` of them."""

    def __init__(self, state: State, dimensions: Dimensions, cache_bytes: int) -> None:
        """Encode the shared pieces; rows are made when they are asked for."""
        self.state = state
        self.population = state.world.population
        self.dimensions = dimensions.by_endpoint
        self.genres = ByMask(self.dimensions["genres"].encoded)
        self._cache_bytes = cache_bytes
        self._held_bytes = 0
        self._unfiltered: dict[int, bytes] = {}
        self._filtered: dict[int, bytes] = {}

    def unfiltered(self, games: Sequence[int]) -> list[bytes]:
        return self._rows(games, self._unfiltered, self._unfiltered_fields)

    def filtered(self, games: Sequence[int]) -> list[bytes]:
        return self._rows(games, self._filtered, self._filtered_fields)

    def found(self, games: Sequence[int]) -> list[bytes]:
        """Return filtered rows with the score that a search gives (not remembered)."""
        return [
            orjson.dumps(self._filtered_fields(game) | {"score": f"{20 + game.added / 400:.5f}"})
            for game in self.read(games)
        ]

    def warm_up(self) -> int:
        """Encode rows of both shapes, the most wanted games first, until the memory for them is
        used; return how many games that are."""
        order = self.state.by_added.tolist()
        for start in range(0, len(order), _WARM_UP_BATCH):
            batch = order[start : start + _WARM_UP_BATCH]
            held_before = self._held_bytes
            self.unfiltered(batch)
            self.filtered(batch)
            needed = self._held_bytes - held_before
            if self._held_bytes + needed > self._cache_bytes:
                return start + len(batch)
        return len(order)

    def read(self, games: Sequence[int]) -> list[Game]:
        """Return the games' values, one column after the other (cheap for a page)."""
        state, at = self.state, np.asarray(games, dtype=np.int64)
        traits = state.world.traits
        columns = (
            self.population.ids, state.updated, state.added, state.release_day,
            state.to_be_announced, state.metacritic, state.rating, state.reviews.T,
            state.statuses.T, state.genre_mask, traits.platform_mask, traits.store_mask,
            traits.esrb, state.rename_stage, self.population.name_codes, self.population.is_double,
            self.population.popular, state.world.habit, state.world.market.playtime,
        )  # fmt: skip
        values = zip(at.tolist(), *(column[at].tolist() for column in columns), strict=True)
        return [Game._make(row) for row in values]

    def _rows(
        self,
        games: Sequence[int],
        known: dict[int, bytes],
        fields: Callable[[Game], dict[str, Any]],
    ) -> list[bytes]:
        missing = [game for game in games if game not in known]
        fresh = {}
        if missing:
            for game in self.read(missing):
                # Copied: orjson's own bytes keep the room of its buffer, more than twice as much.
                row = fresh[game.position] = bytes(memoryview(orjson.dumps(fields(game))))
                self._held_bytes += len(row)
        rows = [fresh[game] if game in fresh else known[game] for game in games]
        if self._held_bytes > self._cache_bytes:
            self._unfiltered.clear()
            self._filtered.clear()
            self._held_bytes = sum(map(len, fresh.values()))
        known.update(fresh)
        return rows

    def _unfiltered_fields(self, game: Game) -> dict[str, Any]:
        stores = self.dimensions["stores"].encoded
        return self._arrange(
            _UNFILTERED,
            game,
            platforms=self._platforms(game),
            genres=self.genres[game.genre_mask],
            stores=join(
                b'{"id":%d,"store":%b}' % (game.store_link_id(at), stores[at])
                for at in _bits(game.store_mask)
            ),
            tags=self.tags(game, english_only=True) or [],
            esrb_rating=fragments.ESRB[game.esrb],
            short_screenshots=self._screenshots(game) or [],
        )

    def _filtered_fields(self, game: Game) -> dict[str, Any]:
        has_rating = not game.popular and game.habit % 3 == 0
        return self._arrange(
            _FILTERED,
            game,
            platforms=fragments.PLATFORMS_SLIM[game.platform_mask],
            stores=fragments.STORES_SLIM[game.store_mask] if game.store_mask else None,
            score=None,
            tags=self.tags(game, english_only=False) or None,
            esrb_rating=fragments.ESRB_BOTH_NAMES[game.esrb],
            short_screenshots=self._screenshots(game),
            genres=fragments.GENRES_SLIM[game.genre_mask],
            **({"community_rating": 0} if has_rating else {}),
        )

    def _arrange(self, keys: Sequence[str], game: Game, **own: object) -> dict[str, Any]:
        values = game.facts() | own
        values["background_image"] = self.background(game)
        values["parent_platforms"] = fragments.parent_platforms(game.platform_mask)
        return {key: values[key] for key in keys if key in values}

    def digits(self, game: Game) -> str:
        """Return 256 hexadecimal digits that belong to the game, for its pictures."""
        return _digits(self.population.options.seed, game.position)

    def background(self, game: Game) -> str | None:
        """Return the picture's address; some of the long tail have none."""
        if not game.popular and game.habit % 10 == 0:
            return None
        return picture("games" if game.popular else "screenshots", self.digits(game)[:32])

    def tags(self, game: Game, *, english_only: bool) -> orjson.Fragment | None:
        """Return the array of tags; nothing for games that never had any (filtered lists say
        null of some of them)."""
        items = self.state.world.traits.tags.items_of(game.position)
        # English words come first in the vocabulary, and so in each game's list.
        if not items and game.habit % 8 == 0:
            return None
        kept = items[: bisect_left(items, ENGLISH_TAGS)] if english_only else items
        tags = self.dimensions["tags"].encoded
        return join(tags[at] for at in kept)

    def _platforms(self, game: Game) -> orjson.Fragment:
        platforms = self.dimensions["platforms"].encoded
        released = orjson.dumps(day_text(game.release_day))
        needed = orjson.dumps(game.requirements())
        return join(
            b'{"platform":%b,"released_at":%b,"requirements_en":%b,"requirements_ru":null}'
            % (platforms[at], released, b"null" if at else needed)
            for at in _bits(game.platform_mask)
        )

    def _screenshots(self, game: Game) -> list[dict[str, int | str]] | None:
        background = self.background(game)
        if background is None:
            return None
        count = _SCREENSHOTS if game.popular else game.habit % (_SCREENSHOTS + 1)
        digits = self.digits(game)
        shots: list[dict[str, int | str]] = [{"id": -1, "image": background}]
        for at in range(1, count + 1):
            image = picture("screenshots", digits[at * 32 : at * 32 + 32])
            shots.append({"id": game.id * 7 + at, "image": image})
        return shots


@lru_cache(maxsize=64)
def _digits(seed: int, position: int) -> str:
    return shake_128(b"%d %d" % (seed, position)).hexdigest(128)
