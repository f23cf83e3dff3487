"""Runs whose process was killed: Dagster believes in them for ever, and they hold a pool's slot.

Nobody else would notice: a run without a server has no daemon, and behind a server the daemon asks
only launchers that can tell, which the default one can't. So whoever executes a kind of runs alone
ends what is left of them before it begins any: of runs without a server the home's holder
(home_lock), of the local stack's the code location (serve_code).
"""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from orchestrator.runs.run_progress import RunProgress

__all__ = ["UNFINISHED", "close_abandoned_runs", "close_runs", "tag_run"]

# Its value is the run's own id: a server's run that repeats this one comes with its tags.
_WITHOUT_SERVER = "game_market/without_server"

UNFINISHED = dg.RunsFilter(
    statuses=[
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
)


def tag_run(run_id: str) -> dict[str, str]:
    """The tag of a run that is executed without a server."""
    return {_WITHOUT_SERVER: run_id}


def close_abandoned_runs(instance: dg.DagsterInstance, progress: RunProgress) -> None:
    """Ends the runs that were killed and frees what ended runs hold; for the home's holder only.

    A server's runs are left to it: what they hold is waited for, and a line says so.
    """
    for run in close_runs(instance, "Its process was killed.", _is_without_server):
        progress.say(f"Run {run.run_id} was killed: it is closed, what it held is free.")
    for run in instance.get_runs(UNFINISHED):
        progress.say(
            f"Run {run.run_id} of Dagster's server is not over: what it holds is waited for. "
            "If that server is gone, terminate it in `orchestrator ui` and start this one again."
        )


def close_runs(
    instance: dg.DagsterInstance, reason: str, is_dead: Callable[[dg.DagsterRun], bool]
) -> list[dg.DagsterRun]:
    """Ends the dead among the runs that are begun, as failed; frees what ended runs hold."""
    dead = [run for run in instance.get_runs(UNFINISHED) if is_dead(run)]
    for run in dead:
        instance.report_run_failed(run, reason)
    _free_what_ended_runs_hold(instance)
    return dead


def _is_without_server(run: dg.DagsterRun) -> bool:
    return run.tags.get(_WITHOUT_SERVER) == run.run_id


def _free_what_ended_runs_hold(instance: dg.DagsterInstance) -> None:
    slots = instance.event_log_storage
    for run_id in slots.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            slots.free_concurrency_slots_for_run(run_id)
