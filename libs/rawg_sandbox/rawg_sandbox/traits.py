"""The traits a game is born with: genres, platforms, stores, tags, dates, ratings.

Sets over small vocabularies are bit masks (bit i = item i of the vocabulary), so that a filter
is one operation over a column. Shares follow RAWG: popular rows have 4.6 platforms, 2.1 genres,
3.6 stores, 18.9 tags; of the long tail half has no tag, half no store, 27 % (an option) no date.
"""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from rawg_sandbox.dice import Ints
from rawg_sandbox.membership import Mask, Membership
from rawg_sandbox.population import DAY, EPOCH, Population
from rawg_sandbox.vocabulary import (
    ENGLISH_TAGS,
    FIGURES,
    GENRES,
    PLATFORMS,
    POPULAR_PLATFORM_SETS,
    STORES,
    TAGS,
    TAIL_PLATFORM_SETS,
)

NO_DATE: Final = -1
LAST_PLACEHOLDER: Final = (date(2033, 12, 31) - date(1970, 1, 1)).days

_FREQUENT_GENRES: Final = 6

# Of all games by RAWG's `filters.years`, of the well-known ones by the deciles that were recorded.
_RELEASES: Final = FIGURES["releases_until_year"]
_DAYS_A_YEAR: Final = 365.2425
# So long before the epoch well-known games were entered when they came out.
_LATELY_DAYS: Final = 550


class Traits:
    """Fixed columns beside the population's; one element per game."""

    def __init__(self, population: Population) -> None:
        self._who = population
        self._dice = population.dice
        self._index = population.index
        self.genre_mask, self.last_genre_mask, self.extra_genre_mask = self._draw_genres()
        self.platform_mask = self._draw_platforms()
        self.store_mask = self._draw_stores()
        self.tags = self._draw_tags()
        self.release_day, self.unreleased = self._draw_releases()
        self.esrb = self._draw_esrb()

    def _draw_genres(self) -> tuple[Ints, Ints, Ints]:
        mask, last = np.zeros((2, self._who.size), dtype=np.int64)
        for at, genre in enumerate(GENRES):
            share = np.where(self._who.popular, genre.popular_share, genre.tail_share)
            bit = np.where(self._dice.below(f"genre {at}", 1000, self._index) < share, 1 << at, 0)
            last = np.where(bit, bit, last)
            mask |= bit
        # What an edit may add: one of the first, which are the frequent ones.
        luck = self._dice.share("genre extra", self._index)
        extra = (luck * luck * luck * _FREQUENT_GENRES).astype(np.int64)
        return mask, last, np.left_shift(1, extra)

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
            *self._draw_tag_pairs("english tag", english, 0, ENGLISH_TAGS),
            *self._draw_tag_pairs("russian tag", russian, ENGLISH_TAGS, len(TAGS) - ENGLISH_TAGS),
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
        years = np.where(
            self._who.popular,
            _spread(luck, _RELEASES["popular"]),
            _spread(luck, _RELEASES["tail"]),
        )
        created = self._who.created // DAY
        near_creation = created + self._dice.below("delay", 400, self._index) - 300
        spread = np.minimum(years, EPOCH // DAY - 1)
        # What is entered before it is out, and well-known games that were entered lately.
        is_new = (self._index >= self._who.options.games) | (spread > created + 200)
        is_new |= self._who.popular & (created > EPOCH // DAY - _LATELY_DAYS)
        released = _in_season(np.where(is_new, near_creation, spread))
        percent = self._dice.below("release known", 100, self._index)
        unknown = percent < np.where(self._who.popular, 1, self._who.options.undated_percent)
        to_come = ~unknown & (percent >= 97)
        soon = np.maximum(created, EPOCH // DAY) + 20
        placeholder = soon + self._dice.below("placeholder", 3600, self._index)
        year_only = self._dice.below("year only", 100, self._index)
        released = np.where(year_only < 3, _first_of_year(released), released)
        placeholder = np.where(year_only < 50, _first_of_year(placeholder) + 365, placeholder)
        released = np.where(to_come, np.minimum(placeholder, LAST_PLACEHOLDER), released)
        return np.where(unknown, NO_DATE, released), to_come | (unknown & (percent < 5))

    def _draw_esrb(self) -> Ints:
        """Return the rating's position in the vocabulary plus 1, 0 for none."""
        has = self._dice.below("has esrb", 100, self._index)
        kind = np.array([1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6])
        drawn = kind[self._dice.below("esrb", len(kind), self._index)]
        return np.where(has < np.where(self._who.popular, 82, 6), drawn, 0)


def _spread(luck: npt.NDArray[np.float64], releases: list[tuple[float, int]]) -> Ints:
    """Return days (since 1970) over the years as the weights say."""
    years, weights = zip(*releases, strict=True)
    edges = np.cumsum(weights)
    since_1970 = np.interp(luck, edges / edges[-1], years) - 1970
    days: Ints = (since_1970 * _DAYS_A_YEAR).astype(np.int64)
    return days


def _first_of_year(days: Ints) -> Ints:
    firsts = days.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]")
    numbers: Ints = firsts.astype(np.int64)
    return numbers


def _in_season(days: Ints) -> Ints:
    """Return the days, moved within their years to where the months have as many as was recorded."""
    starts = _first_of_year(days)
    lengths = _first_of_year(starts + 366) - starts
    months = np.cumsum((0, *FIGURES["releases_by_month"]))
    share = np.interp((days - starts) / lengths, months / months[-1], np.arange(13) / 12)
    moved: Ints = starts + (share * lengths).astype(np.int64)
    return moved


def bits_set(mask: int) -> list[int]:
    """Return the positions of the bits of a mask, ascending.

    >>> bits_set(0b1010)
    [1, 3]
    """
    return [at for at in range(mask.bit_length()) if mask >> at & 1]
