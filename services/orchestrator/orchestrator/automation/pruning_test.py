# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestrator.automation.old_runs import Pruned, prune_runs
from orchestrator.automation.pruning import build_pruning

DAYS = dg.StaticPartitionsDefinition(["2024-01-02", "2024-01-03"])
KEY = dg.AssetKey("games")


@dg.asset(
    name="games", partitions_def=DAYS, check_specs=[dg.AssetCheckSpec("complete", asset="games")]
)
def games(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    context.log.info("a line of the log")
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@dg.op
def fails() -> None:
    raise dg.Failure("the reason")


@dg.job
def failing() -> None:
    fails()


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The pages' instance, which keeps what steps print."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def run_day(instance: dg.DagsterInstance, day: str) -> str:
    return dg.materialize([games], partition_key=day, instance=instance).run_id


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def find_types(instance: dg.DagsterInstance, run_id: str) -> set[str]:
    return {
        entry.dagster_event_type.value if entry.dagster_event_type else "a line"
        for entry in instance.all_logs(run_id)
    }


def find_files(instance: dg.DagsterInstance, run_id: str) -> list[Path]:
    return list(Path(instance.root_directory).rglob(f"*/{run_id}/**/*"))


def test_what_is_known_of_assets_stays_and_the_rest_of_an_old_run_goes(
    instance: dg.DagsterInstance,
) -> None:
    old, new = run_day(instance, "2024-01-02"), run_day(instance, "2024-01-03")
    assert "a line" in find_types(instance, old)
    assert find_files(instance, old)
    pruned = prune_runs(instance, soon())
    assert pruned.runs == 2
    assert pruned.rows > 20
    assert find_types(instance, old) == {
        "ASSET_MATERIALIZATION",
        "PIPELINE_START",
        "PIPELINE_SUCCESS",
    }
    assert find_files(instance, old) == find_files(instance, new) == []
    assert instance.get_materialized_partitions(KEY) == {"2024-01-02", "2024-01-03"}
    run = instance.get_run_by_id(old)
    assert run
    assert run.is_success


def test_of_checks_the_latest_result_stays(instance: dg.DagsterInstance) -> None:
    for day in ("2024-01-02", "2024-01-03"):
        last = run_day(instance, day)
    prune_runs(instance, soon())
    check = dg.AssetCheckKey(KEY, "complete")
    history = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [record.run_id for record in history] == [last]


def test_why_a_step_failed_stays(instance: dg.DagsterInstance) -> None:
    failed = failing.execute_in_process(instance=instance, raise_on_error=False).run_id
    prune_runs(instance, soon())
    assert {"STEP_FAILURE", "PIPELINE_FAILURE"} <= find_types(instance, failed)


def test_what_is_young_or_not_over_is_left_whole(instance: dg.DagsterInstance) -> None:
    young = run_day(instance, "2024-01-02")
    before = find_types(instance, young)
    assert prune_runs(instance, datetime.now(UTC) - timedelta(days=1)) == Pruned(0, 0)
    begun = instance.create_run_for_job(failing, status=dg.DagsterRunStatus.STARTED)
    instance.report_engine_event("it works", begun)
    assert prune_runs(instance, soon()).runs == 1
    assert "ENGINE_EVENT" in find_types(instance, begun.run_id)
    assert "a line" in before


def test_pruning_again_finds_nothing(instance: dg.DagsterInstance) -> None:
    run_day(instance, "2024-01-02")
    assert prune_runs(instance, soon()).runs == 1
    assert prune_runs(instance, soon()) == Pruned(0, 0)


def test_the_job_keeps_as_many_days_as_it_is_told(instance: dg.DagsterInstance) -> None:
    run = run_day(instance, "2024-01-02")
    job, schedule = build_pruning()
    assert job.execute_in_process(instance=instance).success
    assert "a line" in find_types(instance, run)
    config = dg.RunConfig(ops={"forget_old_runs": {"config": {"keep_days": 0}}})
    assert job.execute_in_process(instance=instance, run_config=config).success
    assert "a line" not in find_types(instance, run)
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
