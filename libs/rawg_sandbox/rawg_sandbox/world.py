"""The whole fixed catalogue, and its state at a moment: a pure function of (options, clock).

How time works: game i is edited once in each window of `edit_interval[i]` seconds, at a hashed
second of it, so the number and time of its last edit before any moment are found without
walking through the days. What an edit changes follows from its number. Counters are lines
in time, steeper after a release, and never touch `updated`, as RAWG's do.
"""

from copy import copy
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from rawg_sandbox.companies import Companies
from rawg_sandbox.dice import Ints
from rawg_sandbox.market import Market
from rawg_sandbox.membership import Mask
from rawg_sandbox.moves import NO_MOVES, Moves
from rawg_sandbox.population import DAY, EPOCH, CatalogueOptions, Population
from rawg_sandbox.traits import LAST_PLACEHOLDER, NO_DATE, Traits

# Every how many edits of a game something of a kind changes.
_EDITS_PER_RENAME: Final = 41
_EDITS_PER_GENRE_CHANGE: Final = 9
_EDITS_PER_DATE_CHANGE: Final = 13
_EDITS_PER_SCORE_CHANGE: Final = 17

# A newcomer gets known within so many days.
_GROWTH_DAYS: Final = 90
# Of the long tail 97 % have no rating at all: only games that some people have are rated.
_ADDED_BEFORE_RATINGS: Final = 200


class World:
    """Everything of a catalogue that does not depend on the clock."""

    def __init__(self, options: CatalogueOptions) -> None:
        self.options = options
        self.population = Population(options)
        self.traits = Traits(self.population)
        self.companies = Companies(self.population)
        dice, index = self.population.dice, self.population.index
        # A game's own starting points, so that not all change at the same edit.
        self.phase = dice.below("phase", self.population.edit_interval, index)
        self.habit = dice.below("habit", 1 << 20, index)
        self.market = Market(self.population, self.traits)


class State:
    """The catalogue at one moment (seconds since 1970): one element per game in each column.

    `alive` is the pure catalogue's; `listed` and `updated` are what moves have made of it.
    """

    def __init__(self, world: World, moment: int, moves: Moves = NO_MOVES) -> None:
        """Compute the columns that every answer needs; the others come on demand."""
        self.world = world
        self.moment = moment
        population = world.population
        self.alive: Mask = (population.created <= moment) & (moment < population.removed)
        self.edits, self._updated_unmoved = self._find_last_edit()
        self.added = self._count_added()
        self._move(moves)

    def with_moves(self, moves: Moves) -> "State":
        """Return the same moment with other moves."""
        other = copy(self)
        other._move(moves)
        return other

    def _move(self, moves: Moves) -> None:
        self.moves = moves
        self.listed, self.updated = self.alive.copy(), self._updated_unmoved.copy()
        self.listed[list(moves.inserted)] = True
        self.listed[list(moves.deleted)] = False
        for game, edit in {**moves.inserted, **moves.edited}.items():
            # The catalogue's own edits go on when the clock does.
            if self.edits[game] < 0 or self._updated_unmoved[game] <= edit.said_at:
                self.updated[game] = edit.updated

    def _find_last_edit(self) -> tuple[Ints, Ints]:
        """Return the number of the last edit and its time; -1: only created so far."""
        population, world = self.world.population, self.world
        window = (self.moment - EPOCH + world.phase) // population.edit_interval
        edited = self._edit_time(window)
        window = np.where(edited <= self.moment, window, window - 1)
        updated = self._edit_time(window)
        never = updated < population.created
        # Windows before the creation are no edits; their numbers may be negative, never -1.
        edits = np.where(never, -1, window + (1 << 16))
        return edits, np.where(never, population.created, updated)

    def _edit_time(self, window: Ints) -> Ints:
        population, world = self.world.population, self.world
        within = population.dice.below("edit", population.edit_interval, population.index, window)
        return EPOCH - world.phase + window * population.edit_interval + within

    def _count_added(self) -> Ints:
        population, world = self.world.population, self.world
        age = np.maximum(0, self.moment - population.created)
        found = np.minimum(1.0, age / (_GROWTH_DAYS * DAY))
        newcomer = population.index >= population.options.games
        known = np.where(newcomer, found, 1.0) * world.market.launched(self.moment)
        grown = world.market.grown(self.moment)
        added: Ints = (population.added_at_epoch * known * grown).astype(np.int64)
        return added

    def _stage(self, edits_per_change: int) -> Ints:
        """Return how often something that changes every so many edits has changed."""
        stage = (self.edits + self.world.habit % edits_per_change) // edits_per_change
        return np.where(self.edits < 0, 0, stage)

    @cached_property
    def rename_stage(self) -> Ints:
        """0: the first name; 1 to 3: a variant of it."""
        stage = (self._stage(_EDITS_PER_RENAME) + self.world.habit) % 12
        return np.where(stage < 4, stage, 0)

    @cached_property
    def genre_mask(self) -> Ints:
        """The genres now: as at birth, one fewer, or one more."""
        traits = self.world.traits
        stage = (self._stage(_EDITS_PER_GENRE_CHANGE) + self.world.habit) % 8
        fewer = traits.genre_mask & ~traits.last_genre_mask
        mask = np.where((stage == 3) & (fewer != 0), fewer, traits.genre_mask)
        return np.where(stage == 6, mask | traits.extra_genre_mask, mask)

    @cached_property
    def release_day(self) -> Ints:
        """The day of release (days since 1970), NO_DATE if it is unknown."""
        traits = self.world.traits
        stage = self._stage(_EDITS_PER_DATE_CHANGE) + self.world.habit
        moved = np.where(
            traits.unreleased,
            np.minimum(traits.release_day + stage % 5 * 91, LAST_PLACEHOLDER),
            traits.release_day + (stage % 8 == 7),
        )
        forgotten = traits.unreleased & (stage % 6 == 5)
        return np.where(forgotten | (traits.release_day == NO_DATE), NO_DATE, moved)

    @cached_property
    def to_be_announced(self) -> Mask:
        """`tba`: games that are still to come; their date is a placeholder or null."""
        later = (self.release_day == NO_DATE) | (self.release_day > self.moment // DAY)
        announced: Mask = self.world.traits.unreleased & later
        return announced

    @cached_property
    def metacritic(self) -> Ints:
        """The score, 0 for none."""
        score = self.world.market.metacritic
        stage = self._stage(_EDITS_PER_SCORE_CHANGE)
        return np.where(score > 0, np.clip(score + (stage * 3) % 5 - 2, 20, 98), 0)

    @cached_property
    def reviews(self) -> npt.NDArray[np.int64]:
        """How many rated it 5, 4, 3 and 1: four columns."""
        rating_users = np.maximum(0, self.added - _ADDED_BEFORE_RATINGS)
        total = rating_users * self.world.market.rated // 1000
        fives, threes, ones = total * self.world.market.stars // 1000
        fours = total - fives - threes - ones
        return np.stack([fives, np.maximum(fours, 0), threes + np.minimum(fours, 0), ones])

    @cached_property
    def statuses(self) -> Ints:
        """How many say yet, owned, beaten, toplay, dropped and playing: six columns."""
        market = self.world.market
        shares = np.where(self.to_be_announced, market.statuses_before_release, market.statuses)
        counts = self.added * shares // 1000
        counts[1] += self.added - counts.sum(axis=0)
        return counts

    @cached_property
    def rating(self) -> Ints:
        """The mean rating in hundredths, 0 without ratings."""
        weights = np.array([[5], [4], [3], [1]])
        total = self.reviews.sum(axis=0)
        points = (self.reviews * weights).sum(axis=0) * 100
        return np.where(total > 0, (2 * points + total) // np.maximum(1, 2 * total), 0)

    @cached_property
    def count(self) -> int:
        return int(np.count_nonzero(self.alive))

    @cached_property
    def by_added(self) -> Ints:
        """The living games, the most wanted first: the default order of /games."""
        living = np.flatnonzero(self.alive)
        return living[np.argsort(-self.added[living], kind="stable")]
