"""The state of the data: of when it is, how much of the market it is."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from reporter.marts.published import PublishedMarts

__all__ = ["DataState", "read_state"]


class DataState(BaseModel):
    """The row of market_catalogue; `source_games_count` is None until the source was asked for it."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    first_observed_on: date
    observed_days_count: int
    games_count: int
    detailed_games_count: int
    source_games_count: int | None
    coverage: float | None
    details_coverage: float | None


def read_state(marts: PublishedMarts) -> DataState | None:
    """The state of the published build, None of an empty lake; MissingMartError when it can't be told."""
    rows = marts.ask((files("reporter.marts") / "state.sql").read_text(), DataState)
    return rows[0] if rows else None
