from __future__ import annotations

from io import StringIO
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from orchestrator.runs.abandoned_runs import close_abandoned_runs, tag_run
from orchestrator.runs.home_lock import Holder, hold_home
from orchestrator.runs.run_progress import RunProgress

POOL = "one_at_a_time"


@dg.op
def nothing() -> None:
    pass


@dg.job
def idle() -> None:
    nothing()


def make_run(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
) -> dg.DagsterRun:
    """A run that holds the only slot of a pool."""
    run = instance.create_run_for_job(idle, status=status)
    instance.event_log_storage.set_concurrency_slots(POOL, 1)
    instance.event_log_storage.claim_concurrency_slot(POOL, run.run_id, "nothing")
    return run


def close(instance: dg.DagsterInstance, home: Path, mine: Holder = Holder.RUN) -> str:
    printed = StringIO()
    progress = RunProgress(Console(file=printed, width=300))
    with hold_home(home, mine, progress):
        close_abandoned_runs(instance, home, mine, progress)
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
@pytest.mark.parametrize("mine", Holder)
@pytest.mark.parametrize("is_without_server", [True, False])
def test_a_killed_run_is_ended_aloud_and_what_it_held_is_free(
    instance: dg.DagsterInstance,
    tmp_path: Path,
    status: dg.DagsterRunStatus,
    mine: Holder,
    *,
    is_without_server: bool,
) -> None:
    run = make_run(instance, status)
    if is_without_server:
        instance.add_run_tags(run.run_id, tag_run(run.run_id))
    assert f"Run {run.run_id} was killed" in close(instance, tmp_path, mine)
    assert status_of(instance, run) == dg.DagsterRunStatus.FAILURE
    assert holders(instance) == set()
    assert close(instance, tmp_path, mine) == ""


@pytest.mark.parametrize("tags", [{}, tag_run("the id of the run that it repeats")])
def test_a_run_of_a_server_that_works_is_left_alone_aloud(
    instance: dg.DagsterInstance, tmp_path: Path, tags: dict[str, str]
) -> None:
    run = make_run(instance)
    instance.add_run_tags(run.run_id, tags)
    with hold_home(tmp_path, Holder.SERVER, RunProgress()):
        assert f"Run {run.run_id} is under way" in close(instance, tmp_path)
    assert status_of(instance, run) == dg.DagsterRunStatus.STARTED
    assert holders(instance) == {run.run_id}


def test_a_run_without_a_server_that_works_is_left_alone_by_the_server(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    run = make_run(instance)
    instance.add_run_tags(run.run_id, tag_run(run.run_id))
    with hold_home(tmp_path, Holder.RUN, RunProgress()):
        assert f"Run {run.run_id} is under way" in close(instance, tmp_path, Holder.SERVER)
    assert holders(instance) == {run.run_id}


def test_a_run_that_was_ended_by_hand_holds_nothing_any_more(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    run = make_run(instance)
    instance.report_run_canceled(run)
    assert holders(instance) == {run.run_id}
    assert close(instance, tmp_path) == ""
    assert holders(instance) == set()
