"""The page: one file that asks nobody for anything, the same bytes for the same marts.

Its policy (Content-Security-Policy) lets nothing run but its own script, by that script's hash, and
nothing load: a name that holds a `<script>` is text, twice over.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files

import jinja2

from gamemarket.published_marts import MartsPointer
from reporter.marts.state import DataState
from reporter.page.answer import Answer
from reporter.page.finding import DataQuality
from reporter.page.writing import number, share

__all__ = ["render_page"]


def render_page(
    answers: Sequence[Answer],
    pointer: MartsPointer | None,
    state: DataState | None,
    lacks: str,
    quality: DataQuality | None = None,
) -> bytes:
    """The HTML of the report; `lacks` says why there is no answer at all."""
    script = _read("marks.js")
    text = (
        _environment()
        .get_template("page.html.jinja")
        .render(
            answers=answers,
            pointer=pointer,
            state=state,
            lacks=lacks,
            quality=quality,
            style=_read("style.css"),
            script=script,
            script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    # A lone half of an emoji is no UTF-8.
    return text.encode(errors="replace")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "share": share}
    return environment


def _read(name: str) -> str:
    return (files("reporter.page") / name).read_text()
