"""What a question is: its SQL in a file of its own, a sentence and a picture made of its rows.

The sentence is computed from the rows, and so is the picture. A question without enough data says
what it waits for instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.resources import files
from typing import ClassVar

import altair as alt
from pydantic import BaseModel, ConfigDict

__all__ = ["Question", "Row"]


class Row(BaseModel):
    """A row of an answer: its fields are the columns of the query, and of the page's table."""

    model_config = ConfigDict(frozen=True)


class Question[R: Row](ABC):
    """A question of the market; its SQL is `<name>.sql` beside its module."""

    name: ClassVar[str]
    title: ClassVar[str]
    # What a reader must know not to be misled by the picture.
    caveat: ClassVar[str]
    # What is lacking, and when it will be there.
    waits_for: ClassVar[str]
    row: type[R]

    @property
    def sql(self) -> str:
        """The query, as it is run and as the page shows it."""
        return (files("reporter.questions") / f"{self.name}.sql").read_text().strip()

    def has_enough(self, rows: Sequence[R]) -> bool:
        """Whether there is something to tell and to draw."""
        return bool(rows)

    @abstractmethod
    def tell(self, rows: Sequence[R]) -> str:
        """The headline: the answer in one sentence."""

    @abstractmethod
    def draw(self, rows: Sequence[R], width: int) -> alt.TopLevelMixin:
        """The picture, `width` pixels wide with all that stands around it."""
