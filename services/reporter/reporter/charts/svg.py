"""A chart as a piece of SVG for the page: small, the same bytes every time, safe beside others.

What Vega writes for a screen reader at each mark (`aria-label`) becomes `data-value`: the picture as a
whole has one text for those who do not see it, its table the values, and the page's arrow keys read
the marks one by one.
"""

from __future__ import annotations

import re
from typing import Any, Final

import altair as alt
import vl_convert as vlc

from reporter.charts.theme import LABEL_PIXELS, MEASURED_PIXELS, build_config

__all__ = ["draw_svg"]

_MARK: Final = re.compile(
    r' aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"'
)
_ARIA: Final = re.compile(r' (?:role|aria-\w+)="[^"]*"')
_CLASS: Final = re.compile(r' class="[^"]*"')
_ID: Final = re.compile(r'(id="|url\(#)')
_OPENING: Final = re.compile(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>")


def draw_svg(chart: alt.TopLevelMixin, name: str) -> str:
    """The SVG element of a chart; `name` keeps its ids apart from those of other pictures."""
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = build_config()
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    svg = vlc.vegalite_to_svg(spec, vl_version=_VEGA_LITE)
    svg = _MARK.sub(r' data-value="\1"', svg)
    svg = svg.replace(f'font-size="{MEASURED_PIXELS}px"', f'font-size="{LABEL_PIXELS}px"')
    svg = _CLASS.sub("", _ARIA.sub("", svg))
    svg = _ID.sub(rf"\g<1>{name}-", svg)
    return _OPENING.sub(r'<svg \1 aria-hidden="true">', svg, count=1)


# The version whose specifications this Altair writes.
_VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
