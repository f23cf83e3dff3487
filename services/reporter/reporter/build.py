"""The flow of a report: the pointer, the marts, each question, the page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from gamemarket.build_quality import read_quality_of
from gamemarket.lake import open_lake
from gamemarket.published_marts import MartsPointer, explain_no_marts
from gamemarket.settings import Settings
from reporter.charts.svg import draw_svg
from reporter.marts.published import MissingMartError, PublishedMarts, open_published
from reporter.marts.state import read_state
from reporter.page.answer import Answer, Picture
from reporter.page.render import render_page
from reporter.page.table import build_table
from reporter.quality.data_quality import judge_quality
from reporter.questions.catalogue import QUESTIONS
from reporter.questions.question import Question

__all__ = ["Report", "build_report"]

# Of pictures, in CSS pixels: a column of text, and a phone of 320 without its margins.
_WIDE, _NARROW = 740, 300


@dataclass(frozen=True)
class Report:
    """The page; `pointer` names its build (None: no marts), `unanswered` what that build lacks."""

    html: bytes
    pointer: MartsPointer | None
    unanswered: tuple[str, ...] = field(default=())


def build_report(settings: Settings, target: str) -> Report:
    """Asks every question of the target's published marts; LakeError when they can't be read."""
    with open_published(settings, target) as marts:
        if marts is None:
            why = str(explain_no_marts(open_lake(settings), target))
            return Report(render_page((), None, None, why), None, (why,))
        try:
            state = read_state(marts)
        except MissingMartError as error:
            state, unanswered = None, [str(error)]
        else:
            unanswered = []
        answers = []
        for question in QUESTIONS:
            try:
                answers.append(_answer(question, marts))
            except MissingMartError as error:
                advice = f"{error} Build them anew by `transformer build --full-refresh`."
                answers.append(replace(_describe(question), lacks=advice))
                unanswered.append(f"{question.name}: {error}")
        recorded = read_quality_of(open_lake(settings), marts.pointer.build_id)
        quality = judge_quality(marts, state, recorded)
        html = render_page(answers, marts.pointer, state, "", quality)
        return Report(html, marts.pointer, tuple(unanswered))


def _answer(question: Question[Any], marts: PublishedMarts) -> Answer:
    rows = marts.ask(question.sql, question.row)
    described = _describe(question)
    if not question.has_enough(rows):
        lacks = f"Not enough data yet. This waits for {question.waits_for}"
        return replace(described, lacks=lacks)
    wide, narrow = (
        draw_svg(question.draw(rows, width), f"{question.name}-{width}")
        for width in (_WIDE, _NARROW)
    )
    return replace(
        described,
        sentence=question.tell(rows),
        picture=Picture(wide, narrow),
        table=build_table(rows),
    )


def _describe(question: Question[Any]) -> Answer:
    return Answer(question.name, question.title, question.caveat, question.sql)
