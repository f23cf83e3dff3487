from __future__ import annotations

import subprocess

import dagster as dg
import pytest

from orchestrator.abandoned_runs import close_abandoned_runs, tag_own_process


@dg.op
def nothing() -> None:
    pass


@dg.job
def idle() -> None:
    nothing()


@pytest.mark.parametrize(
    ("is_alive", "status"),
    [(True, dg.DagsterRunStatus.STARTED), (False, dg.DagsterRunStatus.FAILURE)],
)
def test_a_run_whose_process_is_gone_is_ended(is_alive: bool, status: dg.DagsterRunStatus) -> None:
    [(name, process)] = tag_own_process().items()
    if not is_alive:
        gone = subprocess.Popen(["true"])
        gone.wait()
        process = f"{process.rpartition(':')[0]}:{gone.pid}"
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(idle, status=dg.DagsterRunStatus.STARTED)
        instance.add_run_tags(run.run_id, {name: process})
        close_abandoned_runs(instance)
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.status == status


def test_a_run_of_a_server_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(idle, status=dg.DagsterRunStatus.STARTED)
        close_abandoned_runs(instance)
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.status == dg.DagsterRunStatus.STARTED
