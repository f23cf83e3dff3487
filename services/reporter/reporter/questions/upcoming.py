"""What is coming, what is most wanted, and what has slipped?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import Bar, draw_ranked_bars
from reporter.charts.theme import THIRD
from reporter.page.writing import name, number
from reporter.questions.question import Question, Row


class Announced(Row):
    """A game that is not out yet; `moved_days`: later by, all moves together."""

    name: str
    slug: str | None
    released_on: date | None
    is_tba: bool | None
    want_to_play: int | None
    users: int | None
    moves_count: int
    moved_days: int
    games_count: int

    @property
    def day(self) -> str:
        """When it comes out, as far as anybody knows."""
        return "no day yet" if self.released_on is None or self.is_tba else str(self.released_on)

    @property
    def wanted(self) -> int:
        """Who want to play it; of a game whose statuses are not known, who added it."""
        return self.want_to_play if self.want_to_play is not None else self.users or 0


class Upcoming(Question[Announced]):
    """The most wanted games that are not out yet."""

    name: ClassVar = "upcoming"
    title: ClassVar = "What is coming, what is most wanted, and what has slipped?"
    caveat: ClassVar = (
        "Release days are as RAWG has them, and often stand for “some time that year”. Moves are "
        "known since the first day that was read."
    )
    waits_for: ClassVar = "a game that is announced and not out yet."
    row = Announced

    def tell(self, rows: Sequence[Announced]) -> str:
        first = rows[0]
        moved = sum(row.moves_count > 0 for row in rows)
        its = "their" if moved > 1 else "its"
        slipped = f"{moved or 'None'} of the first {len(rows)} moved {its} day since we look"
        return (
            f"{name(first.name)} ({first.day}) is the most wanted of {number(first.games_count)} "
            f"announced games: {number(first.wanted)} users want to play it. {slipped}."
        )

    def draw(self, rows: Sequence[Announced], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.name,
                row.wanted,
                f"{number(row.wanted)} want to play it, {row.day}"
                + (f", moved {row.moves_count} times" if row.moves_count else ""),
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users who want to play it", THIRD)
