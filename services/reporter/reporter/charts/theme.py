"""The look of all pictures: colours that the colour-blind tell apart, one font, no frame.

The palette is Okabe and Ito's. A picture is drawn in the colours of the light page; the page's style
replaces them on a dark one, each by its partner (page/style.css).
"""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "ACCENT",
    "FIRST",
    "INK",
    "LABEL_PIXELS",
    "MEASURED_PIXELS",
    "MUTED",
    "SECOND",
    "SEQUENCE",
    "THIRD",
    "build_config",
]

FIRST: Final = "#0072b2"
SECOND: Final = "#e69f00"
THIRD: Final = "#009e73"
ACCENT: Final = "#d55e00"
MUTED: Final = "#b8bec6"
INK: Final = "#22262b"
_GREY: Final = "#59616b"
_GRID: Final = "#dfe3e8"
# From few to many, by lightness alone.
SEQUENCE: Final = ("#d8e8f4", "#a9cbe6", "#74abd6", "#3f8cc2", "#0f6199", "#083a5e")

# Labels are laid out as if they were larger than they are drawn: a reader's sans-serif may be wider by
# a sixth (DejaVu, Verdana) than the one that they are measured with (Liberation, as Arial).
LABEL_PIXELS: Final = 12
MEASURED_PIXELS: Final = 14


def build_config() -> dict[str, Any]:
    """Vega-Lite's config."""
    text = {"font": "sans-serif", "labelFont": "sans-serif", "titleFont": "sans-serif"}
    return {
        "font": "sans-serif",
        "background": None,
        "title": {"font": "sans-serif", "fontSize": 13, "color": INK, "anchor": "start"},
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelColor": INK,
            "titleColor": _GREY,
            "titleFontWeight": "normal",
            "labelFontSize": MEASURED_PIXELS,
            "titleFontSize": LABEL_PIXELS,
            "gridColor": _GRID,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
            "labelLimit": 170,
        },
        # A number near the end of its axis stays within the picture.
        "axisQuantitative": {"tickCount": 5, "labelFlush": 20},
        "legend": {
            **text,
            "labelColor": INK,
            "titleColor": _GREY,
            "labelFontSize": MEASURED_PIXELS,
            "titleFontSize": LABEL_PIXELS,
            "titleFontWeight": "normal",
            "orient": "top",
            "symbolType": "square",
        },
        "text": {"font": "sans-serif", "fontSize": LABEL_PIXELS, "color": INK},
        "bar": {"color": FIRST},
    }
