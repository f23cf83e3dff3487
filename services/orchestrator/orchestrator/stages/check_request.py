"""What can be refused before Dagster is imported, which takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

from gamemarket.errors import UsageError
from gamemarket.run_dates import check_day_is_over
from gamemarket.settings import Settings
from orchestrator.stages.stage_commands import StageName, find_stage_command

__all__ = ["FIRST_RUN_DATE", "check_request"]

# The first day that Dagster lists as a partition; each of them is a row of its pages.
FIRST_RUN_DATE = date(2020, 1, 1)


def check_request(run_dates: Sequence[date], settings: Settings) -> None:
    """UsageError when a day can't be run or a stage is not there."""
    for run_date in run_dates:
        check_day_is_over(run_date, settings.clock)
        if run_date < FIRST_RUN_DATE:
            raise UsageError(
                f"The orchestrator's run dates begin with {FIRST_RUN_DATE}, {run_date} is before "
                "it: read such a day by the stages themselves (`extractor run`)."
            )
    for stage in get_args(StageName):
        find_stage_command(stage, settings)
