"""How the numbers of a game hang together: taste, critics, what people do with their copies.

Each curve (figures.json) is a trait's least value, deciles and greatest value in recorded responses
(README.md has them beside those of the catalogue). A game has scores, hashes that are spread as a
normal distribution is; the same score on two curves, or a mix of two scores, is what makes two
traits go together.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from rawg_sandbox.dice import Ints
from rawg_sandbox.population import DAY, EPOCH, Population
from rawg_sandbox.traits import NO_DATE, Traits
from rawg_sandbox.vocabulary import FIGURES, GENRES

Numbers = npt.NDArray[np.float64]

# Where the deciles of a normal distribution are; some 150 recorded games reach 2.5 at the ends.
_POINTS: Final = (-2.5, -1.282, -0.842, -0.524, -0.253, 0.0, 0.253, 0.524, 0.842, 1.282, 2.5)

_CURVES: Final = FIGURES["curves"]
_MOST_FINISHED: Final = 640
_WITHOUT_GENRE: Final = 150

# How much of a trait is what players think of the game; found by trying until the correlations
# are those recorded.
_CRITICS_LIKE_PLAYERS: Final = 0.63
_FINISHED_IF_LIKED: Final = 0.85
_DROPPED_IF_LIKED: Final = -0.3

# People wait for a game, rush, and keep coming. Invented: no game was recorded daily.
_LAUNCH: Final = FIGURES["launched_by_days_since_release"]
_BEFORE_ANNOUNCED_DATE: Final = 0.02


class Market:
    """Fixed columns beside the traits; shares are thousandths."""

    def __init__(self, population: Population, traits: Traits) -> None:
        self._who = population
        players = self._score("players")
        # Ratings of 5, 3 and 1; the others are 4.
        self.stars = np.stack(
            [
                _on("ratings_of_5_per_mille", players),
                _on("ratings_of_3_per_mille", -players),
                _on("ratings_of_1_per_mille", -players),
            ]
        ).astype(np.int64)
        self.rated = _on("users_who_rate_per_mille", self._score("rated")).astype(np.int64)
        critics = _mix(players, self._score("critics"), _CRITICS_LIKE_PLAYERS)
        scored = population.dice.below("has metacritic", 100, population.index)
        has_score = scored < np.where(population.popular, 83, 2)
        self.metacritic = np.where(has_score, np.rint(_on("metacritic_score", critics)), 0).astype(
            np.int64
        )
        self.playtime = self._draw_playtime()
        self.growth = _on("growth_a_day_millionths", self._score("growth")) * 1e-6 / DAY
        self._released_at = traits.release_day * DAY
        self._is_waited_for = (traits.release_day == NO_DATE) & traits.unreleased
        self._is_undated = (traits.release_day == NO_DATE) & ~traits.unreleased
        self.statuses, self.statuses_before_release = self._draw_statuses(traits, players)

    def launched(self, moment: int) -> Numbers:
        """Return which share of those that will have a game soon have it by a moment."""
        days, shares = zip(*_LAUNCH, strict=True)
        share = np.interp((moment - self._released_at) / DAY, days, shares)
        share = np.where(self._is_waited_for, _BEFORE_ANNOUNCED_DATE, share)
        return np.where(self._is_undated, 1.0, share)

    def grown(self, moment: int) -> Numbers:
        """Return by which factor a game that is long out has grown since the epoch."""
        grown: Numbers = 1 + np.maximum(0, moment - EPOCH) * self.growth
        return grown

    def _score(self, what: str) -> Numbers:
        return self._who.dice.score(what, self._who.index)

    def _draw_playtime(self) -> Ints:
        """Hours; nobody has measured most of the long tail."""
        dice, index = self._who.dice, self._who.index
        measured = self._who.popular | (dice.below("played", 100, index) < 3)
        return np.where(measured, _on("playtime_hours", self._score("hours")), 0).astype(np.int64)

    def _draw_statuses(self, traits: Traits, players: Numbers) -> tuple[Ints, Ints]:
        """Return shares of yet, owned, beaten, toplay, dropped and playing: once the game is out,
        and before."""
        to_play = _on("to_play_per_mille", self._score("to play"))
        yet = _on("yet_per_mille", self._score("yet"))
        dropped = _on("dropped_per_mille", _mix(players, self._score("dropped"), _DROPPED_IF_LIKED))
        playing = _on("playing_per_mille", self._score("playing"))
        liked = _mix(players, self._score("finished"), _FINISHED_IF_LIKED)
        usual = _usually_finished(traits.genre_mask) * (1 - to_play / 1000)
        finished = np.minimum(usual * _on("finished_against_genre", liked), _MOST_FINISHED)
        finished = np.minimum(finished, 980 - to_play - yet - dropped - playing)
        out = _with_owners(yet, finished, to_play, dropped, playing)
        waiting = 750 + np.rint(20 * self._score("waiting"))
        nobody = np.zeros_like(yet)
        return out, _with_owners(2 * yet, nobody, waiting, nobody, nobody)


def _on(curve: str, scores: Numbers) -> Numbers:
    values: Numbers = np.interp(scores, _POINTS, _CURVES[curve])
    return values


def _mix(one: Numbers, other: Numbers, weight: float) -> Numbers:
    """Return scores that correlate with `one` by `weight`; `other` is independent of it."""
    mixed: Numbers = weight * one + (1 - weight * weight) ** 0.5 * other
    return mixed


def _with_owners(yet: Numbers, *others: Numbers) -> Ints:
    """Return the shares with those who just own the game in the second place."""
    parts = [part.astype(np.int64) for part in (yet, *others)]
    return np.stack([parts[0], 1000 - sum(parts), *parts[1:]])


def _usually_finished(genre_mask: Ints) -> Numbers:
    """Return the thousandths of owners that finish a game of these genres: as in the one that is
    finished least, for who plays a racing adventure races."""
    usual = np.full(len(genre_mask), np.inf)
    for at, genre in enumerate(GENRES):
        usual = np.where(genre_mask >> at & 1, np.minimum(usual, genre.finished), usual)
    return np.where(np.isinf(usual), _WITHOUT_GENRE, usual)
