from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import dagster as dg
import pytest
from rich.console import Console

from orchestrator.runs.abandoned_runs import close_abandoned_runs, tag_run
from orchestrator.runs.run_progress import RunProgress

POOL = "one_at_a_time"


@dg.op
def nothing() -> None:
    pass


@dg.job
def idle() -> None:
    nothing()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp() as made:
        yield made


def make_run(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
) -> dg.DagsterRun:
    """A run that holds the only slot of a pool."""
    run = instance.create_run_for_job(idle, status=status)
    instance.event_log_storage.set_concurrency_slots(POOL, 1)
    instance.event_log_storage.claim_concurrency_slot(POOL, run.run_id, "nothing")
    return run


def close(instance: dg.DagsterInstance) -> str:
    printed = StringIO()
    close_abandoned_runs(instance, RunProgress(Console(file=printed, width=300)))
    return printed.getvalue()


def status_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def holders(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.event_log_storage.get_concurrency_run_ids())


@pytest.mark.parametrize(
    "status",
    [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ],
)
def test_a_killed_run_is_ended_aloud_and_what_it_held_is_free(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run = make_run(instance, status)
    instance.add_run_tags(run.run_id, tag_run(run.run_id))
    assert f"Run {run.run_id} was killed" in close(instance)
    assert status_of(instance, run) == dg.DagsterRunStatus.FAILURE
    assert holders(instance) == set()
    assert close(instance) == ""


@pytest.mark.parametrize("tags", [{}, tag_run("the id of the run that it repeats")])
def test_a_run_of_a_server_is_left_alone_aloud(
    instance: dg.DagsterInstance, tags: dict[str, str]
) -> None:
    run = make_run(instance)
    instance.add_run_tags(run.run_id, tags)
    assert f"Run {run.run_id} of Dagster's server is not over" in close(instance)
    assert status_of(instance, run) == dg.DagsterRunStatus.STARTED
    assert holders(instance) == {run.run_id}


def test_a_run_that_was_ended_by_hand_holds_nothing_any_more(
    instance: dg.DagsterInstance,
) -> None:
    run = make_run(instance)
    instance.report_run_canceled(run)
    assert holders(instance) == {run.run_id}
    assert close(instance) == ""
    assert holders(instance) == set()
