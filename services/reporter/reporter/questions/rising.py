"""Which games gain users fastest now?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import Bar, draw_ranked_bars
from reporter.page.writing import name, number
from reporter.questions.question import Question, Row


class Riser(Row):
    """A game that was observed on two days or more, the last a fortnight ago at most."""

    name: str
    slug: str | None
    users_a_day: float
    gained: int
    users: int
    since: date
    until: date
    games_count: int


class Rising(Question[Riser]):
    """Users gained a day, over the days that were observed."""

    name: ClassVar = "rising"
    title: ClassVar = "Which games gain users fastest now?"
    caveat: ClassVar = (
        "Of the games that were observed on two days or more of the last fortnight; the days "
        "differ from game to game and stand in the table. A short span says little: one busy day "
        "is no trend."
    )
    waits_for: ClassVar = (
        "a second day of the same games: run the next day, and the answer is there after it."
    )
    row = Riser

    def tell(self, rows: Sequence[Riser]) -> str:
        first = rows[0]
        return (
            f"{name(first.name)} gains {number(first.users_a_day)} users a day "
            f"({first.since} to {first.until}), the most of {number(first.games_count)} games that "
            "were observed more than once."
        )

    def draw(self, rows: Sequence[Riser], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.name,
                row.users_a_day,
                f"{number(row.users_a_day)} users a day, {row.since} to {row.until}",
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users gained a day")
