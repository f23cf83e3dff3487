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
    """A publisher; `share_of_users`: of all publishers' users."""

    rank: int
    name: str
    games_count: int
    users_count: int
    share_of_users: float
    share_self_published: float | None
    share_of_its_games_known: float | None
    all_games_count: int
    share_of_all_self_published: float | None


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
        told = (
            f"{name(first.name)} leads with {number(first.users_count)} users; the first "
            f"{len(leaders)} publishers hold {share(held)} of all."
        )
        if first.share_of_all_self_published is None:
            return told
        own = share(first.share_of_all_self_published)
        return (
            f"{told} Of {number(first.all_games_count)} games whose makers are known {own} are "
            "published by who developed them."
        )

    def draw(self, rows: Sequence[Publisher], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                row.name,
                row.users_count,
                f"{number(row.users_count)} users of {number(row.games_count)} games, "
                f"{share(row.share_of_users)} of all",
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "users of all its games", ACCENT)
