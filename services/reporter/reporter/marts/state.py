"""The state of the data: of when it is, how much of the market it is."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from reporter.marts.published import PublishedMarts

__all__ = ["DataState", "read_state"]


class DataState(BaseModel):
    """Games that are there; `days_count` UTC days on which some were observed.

    `source_games_count`: how many the source says that it has; None until it was asked.
    """

    model_config = ConfigDict(frozen=True)

    games_count: int
    oldest_observed_on: date | None
    as_of: date | None
    days_count: int
    source_games_count: int | None


def read_state(marts: PublishedMarts) -> DataState:
    """The state of the published build; MissingMartError when it can't be told."""
    [state] = marts.ask((files("reporter.marts") / "state.sql").read_text(), DataState)
    return state
