"""What can be refused before Dagster is imported, which takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

from gamemarket.errors import UsageError
from gamemarket.run_dates import check_day_is_over
from gamemarket.settings import Settings
from orchestrator.stages.stage_commands import StageName, find_stage_command, has_reporter

__all__ = ["check_request"]


def check_request(run_dates: Sequence[date], settings: Settings) -> None:
    """UsageError when a day can't be run or a stage is not there."""
    for run_date in run_dates:
        check_day_is_over(run_date, settings.clock)
        if run_date < settings.first_run_date:
            raise UsageError(
                f"Run dates begin with {settings.first_run_date}, {run_date} is before it: set "
                "FIRST_RUN_DATE to an earlier day."
            )
    for stage in get_args(StageName):
        if stage != "reporter" or has_reporter(settings):
            find_stage_command(stage, settings)
