"""Which genres are played to the end, dropped, or left on the pile?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import label_limit
from reporter.charts.theme import ACCENT, FIRST, MUTED, SECOND
from reporter.page.writing import name, share
from reporter.questions.question import Question, Row

_STATES = ("beaten", "playing", "dropped", "not started")
_COLORS = (FIRST, SECOND, ACCENT, MUTED)


class Genre(Row):
    """What became of the copies of a genre's games."""

    name: str
    games_count: int
    copies_count: int
    share_beaten: float
    share_playing: float
    share_dropped: float
    share_not_started: float


class Engagement(Question[Genre]):
    """Copies by what their owners say of them."""

    name: ClassVar = "engagement"
    title: ClassVar = "Which genres are played to the end, dropped, or left on the pile?"
    caveat: ClassVar = (
        "What RAWG's users say of their own copies, by hand, and rather of games that they "
        "finished. “Not started” are copies that are owned, or waiting for their turn. A copy "
        "counts in each genre of its game."
    )
    waits_for: ClassVar = (
        "five games of one genre whose users say what they did with them: the first day of the list "
        "of popular games brings them."
    )
    row = Genre

    def tell(self, rows: Sequence[Genre]) -> str:
        first, last = rows[0], rows[-1]
        dropped = max(rows, key=lambda row: row.share_dropped)
        most, least = share(first.share_beaten), share(last.share_beaten)
        if most == least:
            return f"All genres are alike: {most} of their copies are finished."
        told = f"{name(first.name)} games are finished most, {most} of copies, "
        told += f"{name(last.name)} games least ({least})"
        return (
            f"{told}; {name(dropped.name)} games are dropped most ({share(dropped.share_dropped)})."
        )

    def draw(self, rows: Sequence[Genre], width: int) -> alt.TopLevelMixin:
        values = [
            {
                "genre": row.name,
                "state": state,
                "order": order,
                "share": 100 * part,
                "said": f"{row.name}: {share(part)} {state}",
            }
            for row in rows
            for order, (state, part) in enumerate(
                zip(
                    _STATES,
                    (
                        row.share_beaten,
                        row.share_playing,
                        row.share_dropped,
                        row.share_not_started,
                    ),
                    strict=True,
                )
            )
        ]
        chart: alt.Chart = (
            alt.Chart(alt.InlineData(values=values), width=width, height=26 * len(rows) + 70)
            .mark_bar(height={"band": 0.75})
            .encode(
                y=alt.Y(
                    "genre:N",
                    sort=[row.name for row in rows],
                    title=None,
                    axis=alt.Axis(labelLimit=label_limit(width)),
                ),
                x=alt.X("share:Q", title="% of copies", scale=alt.Scale(domain=[0, 100])),
                order="order:Q",
                color=alt.Color(
                    "state:N",
                    title=None,
                    sort=list(_STATES),
                    scale=alt.Scale(domain=list(_STATES), range=list(_COLORS)),
                    legend=alt.Legend(columns=4 if width >= 500 else 2),
                ),
                description="said:N",
            )
        )
        return chart
