"""How much of the market do we see, and how much do we know of it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import Bar, draw_ranked_bars
from reporter.page.writing import number, share
from reporter.questions.question import Question, Row

# What a field is called where people read of it.
_WORDS = {
    "background_image_url": "picture",
    "details_observed_at": "detail",
    "esrb_rating": "age rating",
    "metacritic_score": "critics' score",
    "rating": "players' rating",
    "released_on": "date of release",
}


class Field(Row):
    """A field of games, and of how many it is known."""

    field: str
    known_games_count: int
    games_count: int
    source_games_count: int | None
    share_of_known: float


class Coverage(Question[Field]):
    """Shares of the games known here, and of RAWG's whole catalogue."""

    name: ClassVar = "coverage"
    title: ClassVar = "How much of the market do we see, and how much do we know of it?"
    caveat: ClassVar = (
        "RAWG's own count holds mods, demos and unreleased games, too. Makers are known of games "
        "whose detail was read, and details are read within a day's budget."
    )
    waits_for: ClassVar = "the first games: they come with the first day that is read."
    row = Field

    def has_enough(self, rows: Sequence[Field]) -> bool:
        return any(row.games_count for row in rows)

    def tell(self, rows: Sequence[Field]) -> str:
        games, whole = rows[0].games_count, rows[0].source_games_count
        seen = f"{number(games)} games are known here"
        if whole and whole >= games:  # a smaller count is none of the whole catalogue
            seen += f", {share(games / whole)} of the {number(whole)} that RAWG lists"
        by_name = {row.field: row.share_of_known for row in rows}
        told = [
            f"{share(by_name[field])} {words}"
            for field, words in (
                ("metacritic_score", "have a critics' score"),
                ("developers", "a known developer"),
            )
            if field in by_name
        ]
        return f"{seen}. Of these {' and '.join(told)}." if told else f"{seen}."

    def draw(self, rows: Sequence[Field], width: int) -> alt.TopLevelMixin:
        bars = [
            Bar(
                _WORDS.get(row.field, row.field.replace("_", " ")),
                100 * row.share_of_known,
                f"known of {number(row.known_games_count)} of {number(row.games_count)} games",
                share(row.share_of_known),
            )
            for row in rows
        ]
        return draw_ranked_bars(bars, width, "% of the games known here")
