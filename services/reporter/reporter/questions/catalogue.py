"""The ten questions, in the order in which the page asks them."""

from __future__ import annotations

from typing import Any, Final

from reporter.questions.companies import Companies
from reporter.questions.concentration import Concentration
from reporter.questions.coverage import Coverage
from reporter.questions.critics import Critics
from reporter.questions.crowding import Crowding
from reporter.questions.engagement import Engagement
from reporter.questions.genres import Genres
from reporter.questions.platforms import Platforms
from reporter.questions.question import Question
from reporter.questions.rising import Rising
from reporter.questions.upcoming import Upcoming

__all__ = ["QUESTIONS"]

QUESTIONS: Final[tuple[Question[Any], ...]] = (
    Coverage(),
    Crowding(),
    Genres(),
    Concentration(),
    Rising(),
    Upcoming(),
    Critics(),
    Platforms(),
    Companies(),
    Engagement(),
)
