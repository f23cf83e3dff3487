"""`orchestrator run` and `backfill`: the daily job in this process, without a server.

The flow: take dbt's manifest, build the definitions once, run the job for each day. The
exit code is that of the stages together; Dagster's own end of the run is for its pages.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg

from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import (
    DefectError,
    ExitCode,
    GameMarketError,
    InterruptedRunError,
    worst_exit_code,
)
from gamemarket.settings import Settings
from orchestrator.assets.lake_assets import lake_asset_key
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.definitions import build_definitions
from orchestrator.home.dagster_home import open_instance, prepare_dagster_home
from orchestrator.home.dbt_manifest import make_dbt_manifest
from orchestrator.runs.abandoned_runs import close_abandoned_runs, tag_run
from orchestrator.runs.home_lock import Holder, hold_home
from orchestrator.runs.run_progress import RunProgress
from orchestrator.stages.stage_runner import StageRunner

__all__ = ["run_days"]

_log = logging.getLogger(__name__)

# A later day of a backfill can still succeed after these; after the others it can't.
_GOES_ON_AFTER = frozenset({ExitCode.DONE, ExitCode.DATA})

# Dagster's own lines about every step; what it has to say stands in its event log.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def build_run_config(endpoints: Endpoints, max_pages: int) -> dict[str, Any]:
    """The run configuration of a daily run that reads so many pages of each endpoint."""
    read = {"config": {"max_pages": max_pages}}
    return {
        **_QUIET,
        "ops": {"__".join(lake_asset_key(e).path): read for e in endpoints.endpoints},
    }


def run_days(
    run_dates: Sequence[date], settings: Settings, progress: RunProgress, max_pages: int = -1
) -> ExitCode:
    """Runs the daily job for each day in turn; the worst exit code of all stages."""
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)  # on its own use of it
    home = prepare_dagster_home(settings)
    with hold_home(home, Holder.RUN, progress):
        codes = list(_run_each(run_dates, settings, home, progress, max_pages))
    _say_what_is_left(run_dates[len(codes) :], progress)
    return worst_exit_code(codes)


def _run_each(
    run_dates: Sequence[date],
    settings: Settings,
    home: Path,
    progress: RunProgress,
    max_pages: int,
) -> Iterator[ExitCode]:
    with progress.doing("dbt manifest"):
        manifest = make_dbt_manifest(settings)
    stages = StageRunner(settings, progress, log_dir=home / "stage_logs")
    job = build_definitions(settings, manifest, stages).resolve_job_def(DAILY_JOB)
    config = build_run_config(load_endpoints(settings.endpoints_file), max_pages)
    with open_instance(home) as instance:
        close_abandoned_runs(instance, home, Holder.RUN, progress)
        for run_date in run_dates:
            exit_code = _run_day(run_date, job, config, instance, progress)
            yield exit_code
            if exit_code not in _GOES_ON_AFTER:
                break


def _run_day(
    run_date: date,
    job: dg.JobDefinition,
    config: dict[str, Any],
    instance: dg.DagsterInstance,
    progress: RunProgress,
) -> ExitCode:
    progress.say(f"Run date {run_date}")
    reported = len(progress.reports)
    run_id = str(uuid4())
    try:
        progress.wait()
        result = job.execute_in_process(
            run_config=config,
            instance=instance,
            partition_key=run_date.isoformat(),
            raise_on_error=False,
            run_id=run_id,
            tags=tag_run(run_id),
        )
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt):
        raise InterruptedRunError(ExitCode.INTERRUPTED) from None
    finally:
        progress.stop()
    reports = progress.reports[reported:]
    exit_code = worst_exit_code(report.exit_code for report in reports)
    if exit_code == ExitCode.DONE and not result.success:
        raise _explain_failure(result)
    progress.say(f"Run date {run_date}: {describe_end(exit_code)}")
    return exit_code


def describe_end(exit_code: ExitCode) -> str:
    """How a day ended, in words."""
    if exit_code == ExitCode.DONE:
        return "done"
    if exit_code == ExitCode.STOPPED_EARLY:
        return "stopped early, progress kept: run it again later"
    if exit_code == ExitCode.INTERRUPTED:
        return "stopped by a signal, progress kept: run it again"
    return f"failed ({exit_code:d})"


def _explain_failure(result: dg.ExecuteInProcessResult) -> GameMarketError:
    """A run that failed though no stage did: stopped between two of them, or a defect."""
    errors = {
        event.step_key: " ".join(event.step_failure_data.error_display_string.split())
        for event in result.all_events
        if event.is_step_failure
    }
    if any(dg.DagsterExecutionInterruptedError.__name__ in error for error in errors.values()):
        return InterruptedRunError(ExitCode.INTERRUPTED)
    for step, error in errors.items():
        _log.error("%s: %s", step, error.partition(" Stack Trace:")[0])
    return DefectError(
        f"Dagster's run {result.run_id} failed though no stage did; `orchestrator ui` shows where."
    )


def _say_what_is_left(left: Sequence[date], progress: RunProgress) -> None:
    if left:
        progress.say(f"Not run: {left[0]} to {left[-1]}; the same command goes on from there.")
