"""`python -m orchestrator.commands.code_server <run> ... -- <words>`: Dagster's server of our definitions.

`words` are the dagster command line's. Once it serves, it runs each of the runs that are named, which an
earlier code location lost, again from where it stopped, once, and ends it. Dagster's own run retries
can't: the daemon asks for it as soon as a run has ended, and gives up for good when the code
location is not there yet, which it is not after its own restart.
"""

from __future__ import annotations

import logging
import os
import runpy
import socket
import sys
from collections.abc import Collection
from threading import Thread
from time import sleep

import dagster as dg
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._daemon.auto_run_reexecution.auto_run_reexecution import retry_run

from gamemarket.errors import ExitCode
from orchestrator.runs.abandoned_runs import UNFINISHED, close_runs

__all__ = ["run_again"]

_log = logging.getLogger(__name__)

_RESTARTED = "The code location was restarted while this run worked. What it read is kept"
_REPEATED = (
    f"{_RESTARTED}, and it is run again by itself, once. If it is lost a second time, run the day again: it "
    "goes on from there."
)
_NOT_REPEATED = f"{_RESTARTED}. To go on from there, run the day again."
# What Dagster's own retries write and read.
_RETRY_NUMBER = "dagster/retry_number"
_MAX_RETRIES = "dagster/max_retries"


def run_again(instance: dg.DagsterInstance, lost: Collection[str]) -> list[str]:
    """Repeats the lost runs and ends them; the ids of those that were repeated.

    Not what was being stopped, and not what was a repetition already. Their code location must serve.
    """
    for run_id in lost:  # the daemon leaves them, and their repetitions, to us
        instance.add_run_tags(run_id, {_MAX_RETRIES: "0"})
    runs = [run for run in instance.get_runs(UNFINISHED) if run.run_id in lost]
    # First: once all of its runs have ended, a backfill is over, and takes no repetition any more. And who is
    # killed in between finds them again, lost as they were; no second repetition is made.
    repeated = [run.run_id for run in runs if _is_worth_repeating(run) and _repeat(instance, run)]
    close_runs(instance, _REPEATED, lambda run: run.run_id in repeated)
    close_runs(instance, _NOT_REPEATED, lambda run: run.run_id in lost)
    return repeated


def _is_worth_repeating(run: dg.DagsterRun) -> bool:
    is_stopped = run.status == dg.DagsterRunStatus.CANCELING
    return not is_stopped and _RETRY_NUMBER not in run.tags and run.remote_job_origin is not None


def _repeat(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether Dagster could: not where all steps had ended, or its job is gone."""
    assert run.remote_job_origin
    origin = run.remote_job_origin.repository_origin.code_location_origin
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    target = GrpcServerTarget(
        host=origin.host, port=origin.port, socket=origin.socket, location_name=origin.location_name
    )
    try:
        with WorkspaceProcessContext(instance, target) as workspace:
            retry_run(run.with_status(dg.DagsterRunStatus.FAILURE), workspace)  # as it will be
    except dg.DagsterError:
        _log.exception("Run %s, which was lost, could not be run again", run.run_id)
        return False
    return True


def _run_again_when_served(lost: Collection[str], port: int) -> None:
    """Or ends this process, for the engine to start it again: it would leave runs that nobody ends."""
    try:
        _wait_until_served(port)
        with dg.DagsterInstance.get() as instance:
            for run_id in run_again(instance, lost):
                _log.warning("Run %s was lost with an earlier code location: run again", run_id)
    except BaseException:
        _log.exception("Runs that an earlier code location lost could not be run again")
        os._exit(ExitCode.DEFECT)


def _wait_until_served(port: int) -> None:
    while True:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.5)


def main() -> None:
    """Serves until a signal."""
    end = sys.argv.index("--")
    lost, words = sys.argv[1:end], sys.argv[end + 1 :]
    if lost:
        port = int(words[words.index("-p") + 1])
        Thread(target=_run_again_when_served, args=(lost, port), daemon=True).start()
    sys.argv = ["dagster", *words]
    runpy.run_module("dagster", run_name="__main__")


if __name__ == "__main__":
    main()
