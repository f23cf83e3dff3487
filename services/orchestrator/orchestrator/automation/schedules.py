"""Schedules: off until DAILY_SCHEDULE or somebody in Dagster's pages turns them on."""

# No `from __future__ import annotations`: Dagster reads the annotations of schedule functions.
from collections.abc import Iterator

import dagster as dg

from gamemarket.endpoints import Endpoints
from gamemarket.run_dates import Clock
from orchestrator.automation.jobs import DAILY_JOB, FRESHNESS_JOB
from orchestrator.automation.missing_days import find_missing_days

# 06:00 UTC: the day before is over and settled (half an hour), and Europe is not at work yet.
_READ_AT = "0 6 * * *"
# A day takes minutes; three hours leave room for retries and for days that were missed.
_LOOK_AT = "0 9 * * *"


def build_schedules(endpoints: Endpoints, *, is_on: bool) -> list[dg.ScheduleDefinition]:
    """The daily run, and the look whether it was there; `is_on`: without being turned on."""
    status = dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED

    @dg.schedule(
        name=f"{DAILY_JOB}_schedule",
        job_name=DAILY_JOB,
        cron_schedule=_READ_AT,
        execution_timezone="UTC",
        default_status=status,
        description="At 06:00 UTC: the day before, then what is missing of the fortnight before it.",
    )
    def daily_schedule(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        tick = context.scheduled_execution_time
        newest = Clock(tick).newest_complete_day()
        for day in [newest, *find_missing_days(context.instance, endpoints, newest)]:
            yield dg.RunRequest(
                partition_key=day.isoformat(), run_key=f"{day} asked for on {tick:%Y-%m-%d}"
            )

    freshness_schedule = dg.ScheduleDefinition(
        name=f"{FRESHNESS_JOB}_schedule",
        job_name=FRESHNESS_JOB,
        cron_schedule=_LOOK_AT,
        execution_timezone="UTC",
        default_status=status,
        description="At 09:00 UTC: is the day before there?",
    )
    return [daily_schedule, freshness_schedule]
