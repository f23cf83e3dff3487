"""Is the market getting more crowded, and which months are crowded?"""

from __future__ import annotations

from calendar import month_abbr, month_name
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.theme import SEQUENCE
from reporter.page.writing import number, share
from reporter.questions.question import Question, Row


class Month(Row):
    """A month's first releases; placeholders are of "some time that year"."""

    release_year: int
    release_month: int
    games_count: int
    placeholder_games_count: int
    is_over: bool


class Crowding(Question[Month]):
    """Releases by month and year."""

    name: ClassVar = "crowding"
    title: ClassVar = "Is the market getting more crowded, and which months are crowded?"
    caveat: ClassVar = (
        "First releases of the games known here: those edited since the first day that was read, "
        "and the most popular, so older years are thinner than they were. 1 January and "
        "31 December stand for “some time that year”; they are counted in their year and in no "
        "month."
    )
    waits_for: ClassVar = (
        "games released in a year that is over: "
        "the first day of the list of popular games brings them."
    )
    row = Month

    def has_enough(self, rows: Sequence[Month]) -> bool:
        return any(row.is_over and row.games_count for row in rows)

    def tell(self, rows: Sequence[Month]) -> str:
        over = [row for row in rows if row.is_over]
        years: Counter[int] = Counter()
        months: Counter[int] = Counter()
        for row in over:
            years[row.release_year] += row.games_count + row.placeholder_games_count
            months[row.release_month] += row.games_count
        last = max(years)
        before = years.get(last - 1, 0)
        told = f"{last} brought {number(years[last])} of the games known here"
        if before:
            change = years[last] / before - 1
            direction = "more" if change > 0 else "fewer"
            compared = f"{share(abs(change))} {direction} than" if change else "as many as"
            told += f", {compared} {last - 1}"
        ((crowded, games),) = months.most_common(1)
        part = share(games / months.total())
        return (
            f"{told}. {month_name[crowded]} is the most crowded month, with {part} of all releases."
        )

    def draw(self, rows: Sequence[Month], width: int) -> alt.TopLevelMixin:
        values = [
            {
                "year": str(row.release_year),
                "month": _short(row.release_month, width),
                "games": row.games_count,
                "said": f"{month_name[row.release_month]} {row.release_year}: "
                f"{number(row.games_count)} games",
            }
            for row in rows
        ]
        months = [_short(month, width) for month in range(1, 13)]
        years = len({row.release_year for row in rows})
        chart: alt.Chart = (
            alt.Chart(alt.InlineData(values=values), width=width, height=30 * years + 80)
            .mark_rect(stroke="#ffffff", strokeWidth=2)
            .encode(
                x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0)),
                y=alt.Y("year:O", title=None),
                color=alt.Color(
                    "games:Q",
                    title="games",
                    scale=alt.Scale(range=list(SEQUENCE), type="quantize"),
                    legend=alt.Legend(gradientLength=round(width * 0.4), format=".0f"),
                ),
                description="said:N",
            )
        )
        return chart


def _short(month: int, width: int) -> str:
    """Jan, or 1 where there is no room for twelve names."""
    return month_abbr[month] if width >= 500 else str(month)
