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
    """A game that is not out yet; `delay_days`: later by, all changes of its date together."""

    rank: int
    name: str
    slug: str | None
    wanted_count: int
    users_count: int | None
    released_on: date | None
    is_tba: bool
    is_placeholder: bool
    date_changes_count: int
    delay_days: int | None
    announced_games_count: int

    @property
    def day(self) -> str:
        """When it comes out, as far as anybody knows."""
        if self.released_on is None or self.is_tba:
            return "without a day yet"
        return (
            f"some time in {self.released_on.year}"
            if self.is_placeholder
            else str(self.released_on)
        )


class Upcoming(Question[Announced]):
    """The most wanted games that are not out yet."""

    name: ClassVar = "upcoming"
    title: ClassVar = "What is coming, what is most wanted, and what has slipped?"
    caveat: ClassVar = (
        "Release days are as RAWG has them, and often stand for “some time that year”. Moves are "
        "known since the first day that was read."
    )
    waits_for: ClassVar = (
        "a game that is not out yet, and that somebody wants to play: it comes with the day on which "
        "it is edited on RAWG, or is one of the popular ones."
    )
    row = Announced

    def has_enough(self, rows: Sequence[Announced]) -> bool:
        return any(row.wanted_count for row in rows)

    def tell(self, rows: Sequence[Announced]) -> str:
        first = rows[0]
        moved = sum(row.date_changes_count > 0 for row in rows)
        its = "their" if moved > 1 else "its"
        slipped = (
            f"{moved or 'None'} of the first {len(rows)} moved {its} day since the first day read"
        )
        return (
            f"{name(first.name)} ({first.day}) is the most wanted of {number(first.announced_games_count)} "
            f"announced games: {number(first.wanted_count)} users want to play it. {slipped}."
        )

    def draw(self, rows: Sequence[Announced], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.name,
                row.wanted_count,
                f"{number(row.wanted_count)} want to play it, {row.day}"
                + (f", moved {row.date_changes_count} times" if row.date_changes_count else ""),
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users who want to play it", THIRD)
