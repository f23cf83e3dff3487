"""Runs whose process was killed: Dagster believes in them for ever, and they hold a pool's slot.

Nobody else would notice: a run without a server has no daemon, and behind a server the daemon asks
only launchers that can tell, which the default one can't. So whoever executes a kind of runs alone
ends what is left of them before it begins any: in a home its holders (home_lock), each also for the
other where that one is gone; in the local stack the code location (serve_code).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from orchestrator.runs.home_lock import Holder, is_at_work
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


def close_abandoned_runs(
    instance: dg.DagsterInstance, home: Path, mine: Holder, progress: RunProgress
) -> None:
    """Ends the runs that were killed and frees what ended runs hold, for who holds the home as `mine`.

    What the other holder executes is left to it while it works: a line says that it is waited for.
    """
    [other] = set(Holder) - {mine}
    _close_runs_of(mine, instance, progress)
    with is_at_work(home, other) as works:
        if not works:
            _close_runs_of(other, instance, progress)
    for run in instance.get_runs(UNFINISHED):
        progress.say(f"Run {run.run_id} is under way: what it holds is waited for.")


def close_runs(
    instance: dg.DagsterInstance, reason: str, is_dead: Callable[[dg.DagsterRun], bool]
) -> list[dg.DagsterRun]:
    """Ends the dead among the runs that are begun, as failed; frees what ended runs hold."""
    dead = [run for run in instance.get_runs(UNFINISHED) if is_dead(run)]
    for run in dead:
        instance.report_run_failed(run, reason)
    _free_what_ended_runs_hold(instance)
    return dead


def _close_runs_of(holder: Holder, instance: dg.DagsterInstance, progress: RunProgress) -> None:
    for run in close_runs(
        instance, "Its process was killed.", lambda run: _find_holder(run) is holder
    ):
        progress.say(f"Run {run.run_id} was killed: it is closed, what it held is free.")


def _find_holder(run: dg.DagsterRun) -> Holder:
    """Who executes the run."""
    return Holder.RUN if run.tags.get(_WITHOUT_SERVER) == run.run_id else Holder.SERVER


def _free_what_ended_runs_hold(instance: dg.DagsterInstance) -> None:
    slots = instance.event_log_storage
    for run_id in slots.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            slots.free_concurrency_slots_for_run(run_id)
