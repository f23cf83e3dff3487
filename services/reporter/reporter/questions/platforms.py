"""Which platforms and stores have the games, and which have the users?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import altair as alt

from reporter.charts.theme import FIRST, SECOND, THIRD
from reporter.page.writing import name, share
from reporter.questions.question import Question, Row

_NAMES_PIXELS = 120
_MEASURES = ("of games", "of users", "nowhere else")


class Place(Row):
    """A platform or a store; `share_nowhere_else`: of its own games."""

    kind: Literal["platform", "store"]
    name: str
    games_count: int
    share_of_games: float
    share_of_users: float | None
    share_nowhere_else: float | None


class Platforms(Question[Place]):
    """The first ten platforms and stores."""

    name: ClassVar = "platforms"
    title: ClassVar = "Which platforms and stores have the games, and which have the users?"
    caveat: ClassVar = (
        "A game counts on each of its platforms and in each of its stores, so shares add up to "
        "more than all. Many games have no store on RAWG, which knows neither prices nor regions. "
        "“Nowhere else” is a share of the place's own games."
    )
    waits_for: ClassVar = (
        "games with a platform or a store: they come with the first day that is read."
    )
    row = Place

    def tell(self, rows: Sequence[Place]) -> str:
        told = []
        for kind in ("platform", "store"):
            of_kind = [row for row in rows if row.kind == kind]
            if of_kind:
                first = of_kind[0]
                users = share(first.share_of_users or 0)
                told.append(
                    f"{name(first.name)} has {share(first.share_of_games)} of the games and {users} "
                    "of the users"
                )
        stores = [row for row in rows if row.share_nowhere_else]
        if stores:
            alone = max(stores, key=lambda row: (row.share_nowhere_else or 0, row.games_count))
            part = share(alone.share_nowhere_else or 0)
            told.append(f"Of those in {name(alone.name)}, {part} are in no other store")
        return f"{'. '.join(told)}."

    def draw(self, rows: Sequence[Place], width: int) -> alt.TopLevelMixin:
        return alt.vconcat(
            *(
                _draw_kind([row for row in rows if row.kind == kind], width, kind)
                for kind in ("platform", "store")
                if any(row.kind == kind for row in rows)
            )
        )


def _draw_kind(rows: Sequence[Place], width: int, kind: str) -> alt.Chart:
    values = [
        {
            "name": row.name,
            "measure": measure,
            "share": 100 * part,
            "said": f"{row.name}: {share(part)} {measure}",
        }
        for row in rows
        for measure, part in zip(
            _MEASURES,
            (row.share_of_games, row.share_of_users, row.share_nowhere_else),
            strict=True,
        )
        if part is not None
    ]
    # A concatenation fits nothing into a width: the names' and the padding's are taken off here.
    chart: alt.Chart = (
        alt.Chart(
            alt.InlineData(values=values),
            width=width - _NAMES_PIXELS - 30,
            height=alt.Step(11),
            title=f"{kind}s",
        )
        .mark_bar()
        .encode(
            y=alt.Y(
                "name:N",
                sort=[row.name for row in rows],
                title=None,
                axis=alt.Axis(
                    labelLimit=_NAMES_PIXELS - 10,
                    minExtent=_NAMES_PIXELS,
                    maxExtent=_NAMES_PIXELS,
                ),
            ),
            x=alt.X("share:Q", title="%"),
            yOffset=alt.YOffset("measure:N", sort=list(_MEASURES)),
            color=alt.Color(
                "measure:N",
                title=None,
                sort=list(_MEASURES),
                scale=alt.Scale(domain=list(_MEASURES), range=[FIRST, SECOND, THIRD]),
            ),
            description="said:N",
        )
    )
    return chart
