"""The job and the schedule that forget old runs."""

# No `from __future__ import annotations`: Dagster reads the annotations of ops.
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from orchestrator.automation.old_runs import prune_runs

__all__ = ["PRUNING_JOB", "build_pruning"]

PRUNING_JOB = "prune_history"
# Sundays, well before the day's own run.
_PRUNE_AT = "0 3 * * 0"


class PruneConfig(dg.Config):
    """How much of Dagster's history is kept."""

    keep_days: int = Field(default=90, ge=0, description="Runs of so many days stay whole.")


@dg.op(description="Removes logs and step outputs of runs that are older than keep_days.")
def forget_old_runs(context: dg.OpExecutionContext, config: PruneConfig) -> None:
    """Forgets what the runs left that were created before then."""
    before = datetime.now(UTC) - timedelta(days=config.keep_days)
    pruned = prune_runs(context.instance, before)
    context.log.info(
        f"{pruned.rows:,} rows of {pruned.runs:,} runs before {before:%Y-%m-%d} removed."
    )


def build_pruning() -> tuple[Any, dg.ScheduleDefinition]:
    """The job, and its schedule, which is on."""

    @dg.job(
        name=PRUNING_JOB,
        description="Removes logs and step outputs of old runs; their assets' records stay.",
    )
    def prune_history() -> None:
        forget_old_runs()

    schedule = dg.ScheduleDefinition(
        name=f"{PRUNING_JOB}_schedule",
        job=prune_history,
        cron_schedule=_PRUNE_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sundays at 03:00 UTC.",
    )
    return prune_history, schedule
