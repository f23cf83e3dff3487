"""Runs whose process was killed: Dagster believes in them for ever, and they hold a pool's slot.

A run without a server has no daemon that would notice. So it carries its process id, and the next
one ends what is left of those that are gone.
"""

from __future__ import annotations

import os
import socket

import dagster as dg

__all__ = ["close_abandoned_runs", "tag_own_process"]

_PROCESS = "game_market/process"


def tag_own_process() -> dict[str, str]:
    """The tag of a run that this process executes: host and process id."""
    return {_PROCESS: f"{socket.gethostname()}:{os.getpid()}"}


def close_abandoned_runs(instance: dg.DagsterInstance) -> None:
    """Marks this host's runs as failed whose process is gone, and frees what they held."""
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(unfinished):
        host, _, process_id = run.tags.get(_PROCESS, "").rpartition(":")
        if host == socket.gethostname() and not _is_alive(int(process_id)):
            instance.report_run_failed(run, "Its process was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
