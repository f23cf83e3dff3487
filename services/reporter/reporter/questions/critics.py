"""Where do critics and players disagree?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import altair as alt

from reporter.charts.ranked_bars import unique_labels
from reporter.charts.theme import ACCENT, MUTED, SEQUENCE
from reporter.page.writing import name, number
from reporter.questions.question import Question, Row

# Fewer pairs make no correlation that means something.
_FEWEST_GAMES = 10
# Between what correlation is called what (Cohen 1988: 0.1 small, 0.3 medium, 0.5 large).
_WORDS = ((0.5, "largely agree"), (0.3, "agree somewhat"), (0.1, "hardly agree"))


class Score(Row):
    """A game with one of the widest gaps, or a square of the picture (without a name)."""

    name: str | None
    slug: str | None
    critics: float
    players: float
    games_count: int
    score_gap: float | None
    correlation: float | None
    scored_games_count: int


class Critics(Question[Score]):
    """Metacritic's scores against the ratings of RAWG's users."""

    name: ClassVar = "critics"
    title: ClassVar = "Where do critics and players disagree?"
    caveat: ClassVar = (
        "Games with a critics' score (Metacritic) and ten ratings or more, so the better known "
        "ones. Players are RAWG's users; their rating of five is shown as twenty times that."
    )
    waits_for: ClassVar = (
        f"{_FEWEST_GAMES} games with a critics' score and ten ratings each: the first day of the list "
        "of popular games brings them."
    )
    row = Score

    def has_enough(self, rows: Sequence[Score]) -> bool:
        return bool(rows) and rows[0].scored_games_count >= _FEWEST_GAMES

    def tell(self, rows: Sequence[Score]) -> str:
        games, correlation = rows[0].scored_games_count, rows[0].correlation
        named = [row for row in rows if row.name is not None]
        widest = max(named, key=lambda row: abs(row.score_gap or 0), default=None)
        if correlation is None:
            told = f"Of {number(games)} games no correlation can be told: all scores are alike."
        else:
            words = next((w for least, w in _WORDS if correlation >= least), "do not agree")
            told = (
                f"Critics and players {words}: their scores correlate by {correlation:.2f} over "
                f"{number(games)} games."
            )
        if widest is None or widest.name is None:
            return told
        return (
            f"{told} They are furthest apart on {name(widest.name)}: critics "
            f"{number(round(widest.critics))}, players {number(round(widest.players))}."
        )

    def draw(self, rows: Sequence[Score], width: int) -> alt.TopLevelMixin:
        squares = [
            {
                "critics": row.critics,
                "players": row.players,
                "games": row.games_count,
                "said": f"critics about {row.critics:.0f}, players about {row.players:.0f}: "
                f"{number(row.games_count)} games",
            }
            for row in rows
            if row.name is None
        ]
        named = [row for row in rows if row.name is not None]
        points = [
            {
                "critics": row.critics,
                "players": row.players,
                "label": label,
                "said": f"{row.name}: critics {row.critics:.0f}, players {row.players:.0f}",
            }
            for row, label in zip(
                named, unique_labels([row.name or "" for row in named]), strict=True
            )
        ]
        low = min(min(row.critics, row.players) for row in rows) - 4
        scale = alt.Scale(domain=[low, 102], nice=False)
        x = alt.X("critics:Q", title="critics (Metacritic)", scale=scale)
        y = alt.Y("players:Q", title="players (rating of five, times 20)", scale=scale)
        height = min(width, 520)
        side = max(6, round(height / (102 - low) * 3.4))
        base = alt.Chart(alt.InlineData(values=squares), width=width, height=height)
        dense = base.mark_square(size=side**2, opacity=1).encode(
            x=x,
            y=y,
            color=alt.Color(
                "games:Q",
                title="games",
                scale=alt.Scale(range=list(SEQUENCE), type="quantize"),
                legend=alt.Legend(gradientLength=round(width * 0.4), format=".0f"),
            ),
            description="said:N",
        )
        alike: list[dict[str, float]] = [{"critics": at, "players": at} for at in (low, 102)]
        agree = (
            alt.Chart(alt.InlineData(values=alike))
            .mark_line(color=MUTED, strokeDash=[5, 4], aria=False)
            .encode(x=x, y=y)
        )
        apart = (
            alt.Chart(alt.InlineData(values=points))
            .mark_point(filled=False, size=90, color=ACCENT, strokeWidth=2, opacity=1)
            .encode(x=x, y=y, description="said:N")
        )
        return alt.layer(agree, dense, apart)
