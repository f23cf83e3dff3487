"""Schedules, off until somebody turns them on."""

import dagster as dg

from orchestrator.jobs import daily_game_market_update

# 06:00 UTC: the day before is over and settled (half an hour), and Europe is not at work yet.
daily_schedule = dg.build_schedule_from_partitioned_job(
    daily_game_market_update,
    hour_of_day=6,
    minute_of_hour=0,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every day at 06:00 UTC, for the day before.",
)
