"""How few games hold how much of the attention? What are the odds of a hit?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.theme import FIRST, MUTED
from reporter.page.writing import number, share
from reporter.questions.question import Question, Row


class Percent(Row):
    """The most wanted games down to this percent of all, and their users' part."""

    games_percent: int
    games_count: int
    share_of_games: float
    share_of_users: float
    users_of_the_last: int


class Concentration(Question[Percent]):
    """The curve of Lorenz, from the most wanted game on."""

    name: ClassVar = "concentration"
    title: ClassVar = "How few games hold how much of the attention? What are the odds of a hit?"
    caveat: ClassVar = (
        "The games known here lean to the popular, so the whole market is more concentrated than "
        "this. Users are those who added a game on RAWG, which is no revenue; who added two games "
        "counts twice."
    )
    waits_for: ClassVar = (
        "a hundred games with a number of users: "
        "the first whole day of a list of games brings them."
    )
    row = Percent

    def has_enough(self, rows: Sequence[Percent]) -> bool:
        return len(rows) == 100

    def tell(self, rows: Sequence[Percent]) -> str:
        top, tenth, half = rows[0], rows[9], rows[49]
        return (
            f"The most wanted 1{'\u00a0'}% of games hold {share(top.share_of_users)} of all users, "
            f"the first 10{'\u00a0'}% hold {share(tenth.share_of_users)}. One game in ten has "
            f"{number(tenth.users_of_the_last)} users or more, every second has "
            f"{number(half.users_of_the_last)} or fewer."
        )

    def draw(self, rows: Sequence[Percent], width: int) -> alt.TopLevelMixin:
        values: list[dict[str, float | str]] = [
            {
                "games": row.games_percent,
                "users": 100 * row.share_of_users,
                "said": f"the first {row.games_percent} % of games: "
                f"{share(row.share_of_users)} of users",
            }
            for row in rows
        ]
        height = max(260, width // 2)
        none: dict[str, float | str] = {"games": 0, "users": 0}
        base = alt.Chart(alt.InlineData(values=[none, *values]), width=width, height=height)
        scale = alt.Scale(domain=[0, 100], nice=False)
        x = alt.X("games:Q", title="% of games, the most wanted first", scale=scale)
        y = alt.Y("users:Q", title="% of users", scale=scale)
        line = base.mark_line(color=FIRST, strokeWidth=3, aria=False).encode(x=x, y=y)
        equal = (
            alt.Chart(
                alt.InlineData(values=[{"games": 0, "users": 0}, {"games": 100, "users": 100}])
            )
            .mark_line(color=MUTED, strokeDash=[5, 4], aria=False)
            .encode(x=x, y=y)
        )
        told = [value for value in values if value["games"] in (1, 5, 10, 20, 50)]
        dots = (
            alt.Chart(alt.InlineData(values=told))
            .mark_point(filled=True, size=80, color=FIRST, opacity=1)
            .encode(x=x, y=y, description="said:N")
        )
        return alt.layer(equal, line, dots)
