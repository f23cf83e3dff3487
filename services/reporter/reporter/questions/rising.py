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
    """A game and what it gained between two days; one that is new began with no user."""

    rank: int
    name: str
    slug: str | None
    gained_per_day: float
    gained_count: int
    users_count: int
    compared_on: date
    last_observed_on: date
    span_days: int
    is_new: bool
    compared_games_count: int


class Rising(Question[Riser]):
    """Users gained a day, over the days that were observed."""

    name: ClassVar = "rising"
    title: ClassVar = "Which games gain users fastest now?"
    caveat: ClassVar = (
        "Over the 7 to 14 days before a game's last observation, or over fewer where there are no "
        "more: the days differ from game to game and stand in the table. A short span says "
        "little, and a game that is new gains most of its users in its first days."
    )
    waits_for: ClassVar = (
        "a second day of the same games: run the next day, and the answer is there after it."
    )
    row = Riser

    def tell(self, rows: Sequence[Riser]) -> str:
        first = rows[0]
        return (
            f"{name(first.name)} gains {number(first.gained_per_day)} users a day "
            f"({first.compared_on} to {first.last_observed_on}), the most of "
            f"{number(first.compared_games_count)} games that were observed more than once."
        )

    def draw(self, rows: Sequence[Riser], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.name,
                row.gained_per_day,
                f"{number(row.gained_per_day)} users a day, {row.compared_on} to {row.last_observed_on}",
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users gained a day")
