"""Which genres are short of games, and which are flooded?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import label_limit
from reporter.charts.theme import FIRST, MUTED, SECOND
from reporter.page.writing import name, share
from reporter.questions.question import Question, Row


class Genre(Row):
    """A genre's part of the games (supply) and of their users (demand)."""

    name: str
    games_count: int
    share_of_games: float
    share_of_users: float
    share_gap: float
    users_count: int


class Genres(Question[Genre]):
    """Supply against demand."""

    name: ClassVar = "genres"
    title: ClassVar = "Which genres are short of games, and which are flooded?"
    caveat: ClassVar = (
        "Games of the last five whole years. A game counts in each of its genres; its users are "
        "those who added it on RAWG, which are no sales."
    )
    waits_for: ClassVar = (
        "five games of one genre, released in the last five whole years: the first day of the list "
        "of popular games brings them."
    )
    row = Genre

    def tell(self, rows: Sequence[Genre]) -> str:
        short, flooded = rows[0], rows[-1]
        told = f"{name(short.name)} games are {share(short.share_of_games)} of the games and "
        told += f"{share(short.share_of_users)} of the users"
        if flooded.share_gap >= 0 or flooded is short:
            return f"{told}."
        return (
            f"{told}; {name(flooded.name)} games are {share(flooded.share_of_games)} of the games "
            f"and only {share(flooded.share_of_users)} of the users."
        )

    def draw(self, rows: Sequence[Genre], width: int) -> alt.TopLevelMixin:
        values = [
            {
                "genre": row.name,
                "kind": kind,
                "share": 100 * part,
                "games": 100 * row.share_of_games,
                "users": 100 * row.share_of_users,
                "said": f"{row.name}: {share(part)} {kind}",
            }
            for row in rows
            for kind, part in (("of games", row.share_of_games), ("of users", row.share_of_users))
        ]
        base = alt.Chart(alt.InlineData(values=values), width=width, height=26 * len(rows) + 70)
        by_genre = alt.Y(
            "genre:N",
            sort=[row.name for row in rows],
            title=None,
            axis=alt.Axis(labelLimit=label_limit(width)),
        )
        lines = base.mark_rule(color=MUTED, strokeWidth=3, aria=False).encode(
            y=by_genre, x=alt.X("games:Q", title="share, %"), x2="users:Q"
        )
        kinds = ["of games", "of users"]
        dots = base.mark_point(filled=True, size=110, opacity=1).encode(
            y=by_genre,
            x=alt.X("share:Q", title="share, %"),
            color=alt.Color(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[FIRST, SECOND])
            ),
            shape=alt.Shape(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"])
            ),
            description="said:N",
        )
        return alt.layer(lines, dots)
