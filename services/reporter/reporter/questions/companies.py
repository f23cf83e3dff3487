"""Who leads, how much do the leaders hold, and how many publish themselves?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import Bar, draw_ranked_bars
from reporter.charts.theme import ACCENT
from reporter.page.writing import name, number, share
from reporter.questions.question import Question, Row


class Publisher(Row):
    """A publisher; its own games are those that it made, too."""

    publisher: str
    games_count: int
    users: int
    share_of_users: float
    share_self_published: float
    all_games_count: int
    share_of_all_self_published: float


class Companies(Question[Publisher]):
    """Publishers by the users of their games."""

    name: ClassVar = "companies"
    title: ClassVar = "Who leads, how much do the leaders hold, and how many publish themselves?"
    caveat: ClassVar = (
        "Of the games whose detail was read, the most wanted first. A company is its name: "
        "subsidiaries are not summed up, and a game of two publishers counts for both. A game is "
        "self-published where a developer and a publisher share their name."
    )
    waits_for: ClassVar = (
        "the first details of games: they are read within a day's budget, after the lists."
    )
    row = Publisher

    def tell(self, rows: Sequence[Publisher]) -> str:
        first, leaders = rows[0], rows[:10]
        held = sum(row.share_of_users for row in leaders)
        return (
            f"{name(first.publisher)} leads with {number(first.users)} users; the first "
            f"{len(leaders)} publishers hold {share(held)} of all. Of {number(first.all_games_count)} "
            f"games with a known publisher {share(first.share_of_all_self_published)} are published "
            "by who made them."
        )

    def draw(self, rows: Sequence[Publisher], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.publisher,
                row.users,
                f"{number(row.users)} users of {number(row.games_count)} games, "
                f"{share(row.share_of_users)} of all",
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users, of all its games together", ACCENT)
