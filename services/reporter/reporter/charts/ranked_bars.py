"""Bars from the longest to the shortest, a name beside each and its value at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from reporter.charts.theme import FIRST, INK
from reporter.page.writing import number

__all__ = ["Bar", "draw_ranked_bars", "label_limit", "unique_labels"]

_BAR_PIXELS = 24
# As many characters as any axis shows.
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class Bar:
    """One bar; `said` is what is told of it where somebody looks closer."""

    name: str
    value: float
    said: str
    label: str = ""


def draw_ranked_bars(
    bars: Sequence[Bar], width: int, title: str, color: str = FIRST
) -> alt.TopLevelMixin:
    """The bars in the order in which they come."""
    names = unique_labels([bar.name for bar in bars])
    values = [
        {
            "name": name,
            "value": bar.value,
            "said": f"{bar.name}: {bar.said}",
            "label": bar.label or number(bar.value),
        }
        for name, bar in zip(names, bars, strict=True)
    ]
    most = max(bar.value for bar in bars)
    base = alt.Chart(
        alt.InlineData(values=values), width=width, height=_BAR_PIXELS * len(bars) + 40
    )
    by_name = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    # Room at the end for the longest bar's value.
    scale = alt.Scale(
        domain=[min(0, *(bar.value for bar in bars)), most * (1.15 if width >= 500 else 1.6) or 1]
    )
    by_value = alt.X("value:Q", title=title, scale=scale)
    drawn = base.mark_bar(color=color, height={"band": 0.75}).encode(
        y=by_name, x=by_value, description="said:N"
    )
    told = base.mark_text(align="left", dx=4, color=INK, aria=False).encode(
        y=by_name, x=by_value, text="label:N"
    )
    return alt.layer(drawn, told)


def label_limit(width: int) -> int:
    """How many pixels the names beside a picture may take."""
    return round(width * (0.33 if width >= 500 else 0.4))


def unique_labels(names: Sequence[str]) -> list[str]:
    """The names, cut, and told apart: a bar is found by its name, and two games may share one."""
    seen: dict[str, int] = {}
    labels = []
    for name in names:
        short = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
        again = seen[short] = seen.get(short, -1) + 1
        labels.append(short + "\u200b" * again)  # which nobody sees
    return labels
