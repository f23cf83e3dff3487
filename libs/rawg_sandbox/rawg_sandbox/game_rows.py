"""The two list shapes of /games, encoded and remembered: the unfiltered and the filtered one.

Keys and their order are those of recorded responses. Lists never carry developers or
publishers.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Any, Final

import numpy as np
import orjson

from rawg_sandbox.fragments import Fragments, picture
from rawg_sandbox.game_fields import (
    Game,
    added_by_status,
    day_text,
    encoded_requirements,
    moment_text,
    rating_fields,
    slug,
    store_link_id,
    title,
)
from rawg_sandbox.tag_words import ENGLISH_TAGS
from rawg_sandbox.traits import bits_set
from rawg_sandbox.world import State

_COLOR: Final = "0f0f0f"
_FIRST_RUSSIAN: Final = len(ENGLISH_TAGS)
_SCREENSHOTS: Final = 6
_WARM_UP_BATCH: Final = 400

_bits = lru_cache(maxsize=1 << 12)(bits_set)


class GameRows:
    """Encoded rows of one state; remembers at most `cache_bytes` of them."""

    def __init__(self, state: State, cache_bytes: int) -> None:
        """Encode the shared pieces; rows are made when they are asked for."""
        self.state = state
        self.population = state.world.population
        self.fragments = Fragments(state)
        self._cache_bytes = cache_bytes
        self._held_bytes = 0
        self._unfiltered: dict[int, bytes] = {}
        self._filtered: dict[int, bytes] = {}

    def unfiltered(self, games: Sequence[int]) -> list[bytes]:
        """Return rows as /games without filters shows them."""
        return self._rows(games, self._unfiltered, self._unfiltered_fields)

    def filtered(self, games: Sequence[int]) -> list[bytes]:
        """Return rows as /games with a filter shows them."""
        return self._rows(games, self._filtered, self._filtered_fields)

    def found(self, games: Sequence[int]) -> list[bytes]:
        """Return filtered rows with the score that a search gives (not remembered)."""
        rows = []
        for game in self.read(games):
            score = f"{20 + game.added / 400:.5f}"
            rows.append(orjson.dumps(self._filtered_fields(game) | {"score": score}))
        return rows

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
            state.to_be_announced, state.metacritic, state.rating, *state.reviews,
            state.genre_mask, traits.platform_mask, traits.store_mask, traits.esrb,
            state.rename_stage, self.population.name_codes, self.population.is_double,
            self.population.popular, state.world.habit, state.world.market.playtime,
            state.statuses.T,
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
        digits = self.digits(game.position)
        background = self.background(game, digits)
        return {
            "id": game.id,
            "slug": slug(game),
            "name": title(game),
            "released": day_text(game.release_day),
            "tba": game.tba,
            "background_image": background,
            **rating_fields(game),
            "added": game.added,
            "added_by_status": added_by_status(game),
            "metacritic": game.metacritic or None,
            "playtime": game.playtime,
            "suggestions_count": game.suggestions_count,
            "updated": moment_text(game.updated),
            "user_game": None,
            "reviews_count": game.reviews_count,
            "saturated_color": _COLOR,
            "dominant_color": _COLOR,
            "platforms": self._platforms(game),
            "parent_platforms": self.fragments.parent_platforms(game.platform_mask),
            "genres": self.fragments.genres[game.genre_mask],
            "stores": self._stores(game),
            "clip": None,
            "tags": self.tags(game, english_only=True) or [],
            "esrb_rating": self.fragments.esrb[game.esrb],
            "short_screenshots": self._screenshots(game, background, digits) or [],
        }

    def _filtered_fields(self, game: Game) -> dict[str, Any]:
        digits = self.digits(game.position)
        background = self.background(game, digits)
        return {
            "slug": slug(game),
            "name": title(game),
            "playtime": game.playtime,
            "platforms": self.fragments.platforms_slim[game.platform_mask],
            "stores": self.fragments.stores_slim[game.store_mask] if game.store_mask else None,
            "released": day_text(game.release_day),
            "tba": game.tba,
            "background_image": background,
            **rating_fields(game),
            "added": game.added,
            "added_by_status": added_by_status(game),
            "metacritic": game.metacritic or None,
            "suggestions_count": game.suggestions_count,
            "updated": moment_text(game.updated),
            "id": game.id,
            "score": None,
            "clip": None,
            "tags": self.tags(game, english_only=False) or None,
            "esrb_rating": self.fragments.esrb_both_names[game.esrb],
            "user_game": None,
            "reviews_count": game.reviews_count,
            # A key that only some rows of filtered lists have.
            **({} if game.popular or game.habit % 3 else {"community_rating": 0}),
            "saturated_color": _COLOR,
            "dominant_color": _COLOR,
            "short_screenshots": self._screenshots(game, background, digits),
            "parent_platforms": self.fragments.parent_platforms(game.platform_mask),
            "genres": self.fragments.genres_slim[game.genre_mask],
        }

    def digits(self, game: int) -> str:
        """Return 256 hexadecimal digits that belong to the game, for its pictures."""
        return shake_128(b"%d %d" % (self.population.options.seed, game)).hexdigest(128)

    def background(self, game: Game, digits: str) -> str | None:
        """Return the picture's address; some of the long tail have none."""
        if not game.popular and game.habit % 10 == 0:
            return None
        return picture("games" if game.popular else "screenshots", digits[:32])

    def tags(self, game: Game, *, english_only: bool) -> orjson.Fragment | None:
        """Return the array of tags; nothing for games that never had any (filtered lists say
        null of some of them)."""
        items = self.state.world.traits.tags.items_of(game.position)
        words = self.fragments.tags
        # English words come first in the vocabulary, and so in each game's list.
        if not items and game.habit % 8 == 0:
            return None
        kept = items[: bisect_left(items, _FIRST_RUSSIAN)] if english_only else items
        chosen = [words[at] for at in kept]
        return orjson.Fragment(b"[" + b",".join(chosen) + b"]")

    def _platforms(self, game: Game) -> orjson.Fragment:
        day = day_text(game.release_day)
        tail = b',"released_at":%b,"requirements_en":%b,"requirements_ru":null}'
        released = b'"%b"' % day.encode() if day else b"null"
        others = tail % (released, b"null")
        parts = [self.fragments.platforms[at][:-1] + others for at in _bits(game.platform_mask)]
        if game.platform_mask & 1:
            wanted = encoded_requirements(game)
            parts[0] = self.fragments.platforms[0][:-1] + tail % (released, wanted)
        return orjson.Fragment(b"[" + b",".join(parts) + b"]")

    def _stores(self, game: Game) -> orjson.Fragment:
        parts = [
            b'{"id":%d,"store":%b}' % (store_link_id(game, at), self.fragments.stores[at])
            for at in _bits(game.store_mask)
        ]
        return orjson.Fragment(b"[" + b",".join(parts) + b"]")

    def _screenshots(
        self, game: Game, background: str | None, digits: str
    ) -> list[dict[str, int | str]] | None:
        if background is None:
            return None
        count = _SCREENSHOTS if game.popular else game.habit % (_SCREENSHOTS + 1)
        shots: list[dict[str, int | str]] = [{"id": -1, "image": background}]
        for at in range(1, count + 1):
            image = picture("screenshots", digits[at * 32 : at * 32 + 32])
            shots.append({"id": game.id * 7 + at, "image": image})
        return shots
