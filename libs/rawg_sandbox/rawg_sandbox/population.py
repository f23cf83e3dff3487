"""What never changes about a catalogue's games: ids, dates of birth, popularity, edit rhythm.

One row per game that ever exists, in the order of creation, which is the order of ids too. The
first `options.games` rows exist from the start of sandbox time; the others appear day by day,
a quarter of them to be deleted and a quarter to be merged into an older game after some days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from rawg_sandbox.dice import Dice, Ints, scatter
from rawg_sandbox.names import GAME_NAMES, game_slug
from rawg_sandbox.vocabulary import FIGURES

DAY: Final = 86_400


def _timestamp(year: int, month: int = 1) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())


# The catalogue's own time: it has `options.games` games at the epoch; after the horizon no new
# games appear (their number must be finite), everything else goes on.
EPOCH: Final = _timestamp(2023, 12)
HORIZON: Final = _timestamp(2033)
# RAWG opened in 2018; its first entries carry that year.
FIRST_CREATION: Final = _timestamp(2018, 3)
# Ids are sparse and reached about 985,000 in 2024.
TOP_ID: Final = 985_000

# How the edits of a day spread: (share of games, share of edits), the most popular first.
# A popular game is edited nearly daily, half of the catalogue hardly ever.
_EDIT_TIERS: Final = ((0.05, 0.665), (0.2, 0.25), (0.35, 0.075), (0.4, 0.01))
_MOST_EDITS_A_DAY: Final = 0.9


@dataclass(frozen=True)
class CatalogueOptions:
    """The arguments of the catalogue; equal options (and clock) give equal bytes.

    `updated_per_day` is roughly how many games carry a given day in `updated` when it ends.
    `popular_percent` of the games are as rich as RAWG's first pages (more than 100 kB a page);
    of the others `undated_percent` have no release date.
    """

    seed: int = 1
    games: int = 5_000
    updated_per_day: int = 300
    new_per_day: int = 4
    popular_percent: float = 5.0
    undated_percent: float = 27.0


class Population:
    """The fixed columns; `index` counts games by age."""

    def __init__(self, options: CatalogueOptions) -> None:
        """Build all columns (900,000 games: well under a second)."""
        self.options = options
        self.dice = Dice(options.seed)
        self.newcomers = (HORIZON - EPOCH) * options.new_per_day // DAY
        self.size = options.games + self.newcomers
        self.index: Ints = np.arange(self.size)
        self.created = self._draw_creation_times()
        self.ids = self._draw_ids()
        self.percentile = self._rank()
        self.popular = self.percentile < options.popular_percent / 100
        self.edit_interval = self._draw_edit_intervals()
        self.removed, self.merged_into = self._draw_fates()
        self.added_at_epoch = self._draw_added()
        self.is_double = self.merged_into >= 0
        # A double entry has the name of the game into which it will be merged.
        named_after = np.where(self.is_double, self.merged_into, self.index)
        self.name_codes = scatter(named_after, max(GAME_NAMES.count, self.size), options.seed)
        self._by_slug: dict[str, int] | None = None

    def slug(self, game: int) -> str:
        double_of = int(self.ids[game]) if self.is_double[game] else None
        return game_slug(int(self.name_codes[game]), double_of)

    def find(self, key: str) -> int | None:
        """Return the index of the game with this id or slug, dead or alive or not yet born."""
        if key.isdecimal():
            at = int(np.searchsorted(self.ids, int(key)))
            return at if at < self.size and self.ids[at] == int(key) else None
        if self._by_slug is None:
            self._by_slug = {self.slug(game): game for game in range(self.size)}
        return self._by_slug.get(key)

    def _draw_creation_times(self) -> Ints:
        games, new_per_day = self.options.games, self.options.new_per_day
        past = _stratify(self.dice, "created", FIRST_CREATION, EPOCH, games)
        future = _stratify(self.dice, "appeared", EPOCH, HORIZON, self.newcomers)
        return np.concatenate([past, future]) if new_per_day else past

    def _draw_ids(self) -> Ints:
        top = max(TOP_ID, self.options.games * 11 // 10)
        past = _stratify(self.dice, "id", 1, top, self.options.games)
        future = top + _stratify(self.dice, "new id", 1, self.newcomers * 3 + 1, self.newcomers)
        return np.concatenate([past, future])

    def _rank(self) -> npt.NDArray[np.float64]:
        games = self.options.games
        luck = self.dice.share("popularity", self.index)
        # Old entries are the popular ones: people entered what they knew.
        weighted = luck[:games] * (0.3 + self.index[:games] / max(1, games))
        luck[:games][np.argsort(weighted, kind="stable")] = self.index[:games] / max(1, games)
        return luck

    def _draw_edit_intervals(self) -> Ints:
        rate = np.zeros(self.size)
        wanted = self.options.updated_per_day / max(1, self.options.games)
        left_over, lower = 0.0, 0.0
        for size, share in _EDIT_TIERS:
            tier = (self.percentile >= lower) & (self.percentile < lower + size)
            budget = wanted * share + left_over
            edits_a_day = min(_MOST_EDITS_A_DAY, budget / size)
            left_over = budget - edits_a_day * size
            rate[tier] = edits_a_day
            lower += size
        # As seldom as the third tier, so that the edits of a day stay as many as asked.
        rate[self.options.games :] = wanted * _EDIT_TIERS[2][1] / _EDIT_TIERS[2][0]
        return (DAY / np.maximum(rate, 1e-4)).astype(np.int64)

    def _draw_fates(self) -> tuple[Ints, Ints]:
        """Return when each game is removed (far future: never) and into which it is merged."""
        never = np.full(self.size, np.iinfo(np.int64).max)
        merged_into = np.full(self.size, -1)
        games = self.options.games
        fate = self.dice.below("fate", 4, self.index)
        doomed = (self.index >= games) & (fate < 2) & (games > 0)
        days = 2 * DAY + self.dice.below("lifetime", 19 * DAY, self.index)
        removed = np.where(doomed, self.created + days, never)
        merged = doomed & (fate == 1)
        target = self.dice.below("merged into", max(1, games), self.index)
        return removed, np.where(merged, target, merged_into)

    def _draw_added(self) -> Ints:
        at, added = zip(*FIGURES["added_by_percentile"], strict=True)
        curve = np.interp(self.percentile, at, added)
        luck = 0.85 + 0.3 * self.dice.share("added", self.index)
        lucky: Ints = (curve * luck).astype(np.int64)
        return lucky


def _stratify(dice: Dice, what: str, start: int, end: int, count: int) -> Ints:
    """Return `count` ascending numbers in [start, end), one from each of equal parts."""
    edges = start + np.arange(count + 1) * (end - start) // max(1, count)
    width = np.maximum(1, np.diff(edges))
    return edges[:-1] + dice.below(what, width, np.arange(count))
