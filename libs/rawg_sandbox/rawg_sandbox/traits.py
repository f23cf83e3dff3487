"""The traits a game is born with: genres, platforms, stores, tags, dates, ratings.

Sets over small vocabularies are bit masks (bit i = item i of the vocabulary), so that a filter
is one operation over a column. Shares follow RAWG: popular rows have 4.6 platforms, 2.1 genres,
3.6 stores, 18.9 tags; of the long tail half has no tag, half no store, 27 % (an option) no date.
"""

from datetime import date
from typing import Final

import numpy as np

from rawg_sandbox.dice import Ints
from rawg_sandbox.membership import Mask, Membership
from rawg_sandbox.population import DAY, EPOCH, Population
from rawg_sandbox.tag_words import ENGLISH_TAGS, RUSSIAN_TAGS
from rawg_sandbox.vocabulary import (
    GENRES,
    PLATFORMS,
    POPULAR_PLATFORM_SETS,
    STORES,
    TAIL_PLATFORM_SETS,
)

TAGS: Final = (
    *((*tag, "eng") for tag in ENGLISH_TAGS),
    *((*tag, "rus") for tag in RUSSIAN_TAGS),
)
NO_DATE: Final = -1
LAST_PLACEHOLDER: Final = (date(2033, 12, 31) - date(1970, 1, 1)).days

# Share of releases by year: the first year of a span and its weight, from RAWG's `filters.years`.
_RELEASE_SPANS: Final = (
    (1980, 2), (1990, 8), (2000, 15), (2010, 20), (2014, 41), (2016, 95), (2018, 142),
    (2020, 220), (2022, 230), (2023, 227),
)  # fmt: skip


class Traits:
    """Fixed columns beside the population's; one element per game."""

    def __init__(self, population: Population) -> None:
        """Draw all columns."""
        self._who = population
        self._dice = population.dice
        self._index = population.index
        self.genre_mask, self.last_genre_mask, self.extra_genre_mask = self._draw_genres()
        self.platform_mask = self._draw_platforms()
        self.store_mask = self._draw_stores()
        self.tags = self._draw_tags()
        self.release_day, self.unreleased = self._draw_releases()
        self.metacritic = self._draw_metacritic()
        self.esrb = self._draw_esrb()

    def _draw_genres(self) -> tuple[Ints, Ints, Ints]:
        weights = np.cumsum([genre.weight for genre in GENRES])
        dozen = self._dice.below("genre count", 12, self._index)
        popular = np.array([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4])[dozen]
        tail = np.array([0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3])[dozen]
        wanted = np.where(self._who.popular, popular, tail)
        mask = np.zeros(self._who.size, dtype=np.int64)
        last = np.zeros(self._who.size, dtype=np.int64)
        for slot in range(4):
            drawn = self._dice.below(f"genre {slot}", int(weights[-1]), self._index)
            bit = np.left_shift(1, np.searchsorted(weights, drawn, side="right"))
            fresh = (slot < wanted) & ((mask & bit) == 0)
            last = np.where(fresh, bit, last)
            mask = np.where(fresh, mask | bit, mask)
        extra = np.left_shift(1, self._dice.below("genre extra", len(GENRES), self._index))
        return mask, last, extra

    def _draw_platforms(self) -> Ints:
        bit = {platform.id: 1 << at for at, platform in enumerate(PLATFORMS)}
        popular_sets = np.array([sum(bit[p] for p in ids) for ids in POPULAR_PLATFORM_SETS])
        old_console = np.left_shift(1, 8 + self._dice.below("console", 42, self._index))
        percent = self._dice.below("platforms", 100, self._index)
        tail = old_console
        threshold = sum(weight for weight, _ in TAIL_PLATFORM_SETS)
        for weight, ids in reversed(TAIL_PLATFORM_SETS):
            tail = np.where(percent < threshold, sum(bit[p] for p in ids), tail)
            threshold -= weight
        popular = popular_sets[self._dice.below("platform set", len(popular_sets), self._index)]
        return np.where(self._who.popular, popular, tail)

    def _draw_stores(self) -> Ints:
        mask = np.zeros(self._who.size, dtype=np.int64)
        position = {platform.id: at for at, platform in enumerate(PLATFORMS)}
        for at, store in enumerate(STORES):
            sold_for = sum(1 << position[platform] for platform in store.platforms)
            percent = np.where(self._who.popular, store.popular_percent, store.tail_percent)
            luck = self._dice.below(f"store {store.slug}", 100, self._index)
            has = ((self.platform_mask & sold_for) != 0) & (luck < percent)
            mask |= np.where(has, 1 << at, 0)
        return mask

    def _draw_tags(self) -> Membership:
        few = self._dice.below("tag count", 8, self._index)
        tail = np.array([0, 0, 0, 0, 2, 3, 5, 8])[few]
        many = 3 + self._dice.below("many tags", 10, self._index) * 4
        english = np.where(self._who.popular, many, tail)
        # 40 % of the tags in filtered lists are Russian: two for every three English ones.
        russian = english * 2 // 3
        pairs = [
            *self._draw_tag_pairs("english tag", english, 0, len(ENGLISH_TAGS)),
            *self._draw_tag_pairs("russian tag", russian, len(ENGLISH_TAGS), len(RUSSIAN_TAGS)),
        ]
        # Not np.unique: its hash table takes ten times as long for such keys (numpy 2.5).
        keys = np.sort(np.concatenate(pairs))
        keys = keys[np.diff(keys, prepend=-1) != 0]
        return Membership(keys // len(TAGS), keys % len(TAGS), self._who.size, len(TAGS))

    def _draw_tag_pairs(self, what: str, wanted: Ints, first: int, words: int) -> list[Ints]:
        """Return for each slot the keys game * len(TAGS) + tag; frequent words come often."""
        keys = []
        for slot in range(int(wanted.max(initial=0))):
            games = self._index[wanted > slot]
            luck = self._dice.share(f"{what} {slot}", games)
            keys.append(games * len(TAGS) + first + (luck * luck * words).astype(np.int64))
        return keys or [np.zeros(0, dtype=np.int64)]

    def _draw_releases(self) -> tuple[Ints, Mask]:
        """Return the day of release (NO_DATE: unknown) and whether it is still to come."""
        luck = self._dice.share("release", self._index)
        weights = np.cumsum([0, *(weight for _, weight in _RELEASE_SPANS)])
        starts = [(date(year, 1, 1) - date(1970, 1, 1)).days for year, _ in _RELEASE_SPANS]
        edges = [*starts, EPOCH // DAY]
        spread = np.interp(luck, weights / weights[-1], edges).astype(np.int64)
        created = self._who.created // DAY
        near_creation = created + self._dice.below("delay", 400, self._index) - 300
        newcomer = self._index >= self._who.options.games
        released = np.where(newcomer | (spread > created + 200), near_creation, spread)
        percent = self._dice.below("release known", 100, self._index)
        unknown = percent < np.where(self._who.popular, 1, self._who.options.undated_percent)
        to_come = ~unknown & (percent >= 97)
        placeholder = created + 200 + self._dice.below("placeholder", 3600, self._index)
        released = np.where(to_come, np.minimum(placeholder, LAST_PLACEHOLDER), released)
        return np.where(unknown, NO_DATE, released), to_come | (unknown & (percent < 5))

    def _draw_metacritic(self) -> Ints:
        has = self._dice.below("has metacritic", 100, self._index)
        score = 52 + self._dice.below("metacritic", 24, self._index)
        score += self._dice.below("metacritic too", 22, self._index)
        return np.where(has < np.where(self._who.popular, 83, 2), score, 0)

    def _draw_esrb(self) -> Ints:
        """Return the rating's position in the vocabulary plus 1, 0 for none."""
        has = self._dice.below("has esrb", 100, self._index)
        kind = np.array([1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6])
        drawn = kind[self._dice.below("esrb", len(kind), self._index)]
        return np.where(has < np.where(self._who.popular, 82, 6), drawn, 0)


def bits_set(mask: int) -> list[int]:
    """Return the positions of the bits of a mask, ascending.

    >>> bits_set(0b1010)
    [1, 3]
    """
    return [at for at in range(mask.bit_length()) if mask >> at & 1]
