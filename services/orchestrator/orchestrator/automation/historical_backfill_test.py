from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from gamemarket.settings import Settings
from orchestrator.assets.lake_assets import COMPLETE
from orchestrator.assets.report_asset import REPORT
from orchestrator.automation.historical_backfill import (
    BACKFILL_JOB,
    REPORT_OP,
    DaysConfig,
    build_days_args,
    find_days_read,
    judge_days,
)
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.conftest import DETAILS, GAMES, SetStages
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

DAYS = {"2024-01-01", "2024-01-02"}


def backfill(
    instance: dg.DagsterInstance,
    settings: Settings,
    retry_policy: dg.RetryPolicy | None = None,
    **read: object,
) -> dg.ExecuteInProcessResult:
    days = {"first": "2024-01-01", "last": "2024-01-02", **read}
    definitions = build_definitions(settings, MANIFEST, StageRunner(settings), retry_policy)
    config: dict[str, Any] = {
        "ops": {
            "rawg_lake__days": {"config": days},
            "models": {"config": {"full_refresh": True}},
        }
    }
    job = definitions.resolve_job_def(BACKFILL_JOB)
    return job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)


def failures(result: dg.ExecuteInProcessResult) -> dict[str | None, str]:
    return {
        event.step_key: event.step_failure_data.user_failure_data.description or ""
        for event in result.get_step_failure_events()
        if event.step_failure_data.user_failure_data
    }


def succeeded(result: dg.ExecuteInProcessResult) -> set[str | None]:
    return {event.step_key for event in result.all_events if event.is_step_success}


def read_check(instance: dg.DagsterInstance, day: str) -> str:
    """How the day's check of the games stands, as the pages colour it."""
    key = dg.AssetCheckKey(GAMES, COMPLETE)
    days = instance.event_log_storage.get_asset_check_partition_info([key])
    [status] = [one.latest_execution_status for one in days if one.partition_key == day]
    return status.value


def test_every_day_and_model_stands_in_the_asset_graph(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    assert backfill(instance, set_stages()).success
    assert instance.get_materialized_partitions(GAMES) == DAYS
    assert instance.get_materialized_partitions(DETAILS) == DAYS
    event = instance.get_latest_materialization_event(dg.AssetKey("dim_games"))
    assert event and event.asset_materialization
    assert event.asset_materialization.metadata["dagster/row_count"].value == 80


def test_only_the_endpoints_that_are_named_are_read(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    assert backfill(instance, set_stages(), endpoints=["games"]).success
    assert instance.get_materialized_partitions(GAMES) == DAYS
    assert instance.get_materialized_partitions(DETAILS) == set()


def test_an_incomplete_day_is_built_and_fails_the_run_at_its_end(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    result = backfill(instance, set_stages(games=65))
    assert not result.success
    assert succeeded(result) == {"rawg_lake__days", "models"}
    assert failures(result) == {
        "outcome": "Not complete: raw_games: 2024-01-01: drifted; raw_games: 2024-01-02: drifted"
    }


def test_a_day_of_which_nothing_was_committed_is_not_read_and_fails_the_run_at_its_end(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    result = backfill(instance, set_stages(games=65, nothing_committed=1), endpoints=["games"])
    assert instance.get_materialized_partitions(GAMES) == set()
    assert list(failures(result)) == ["outcome"]


def test_each_day_has_its_own_check(instance: dg.DagsterInstance, set_stages: SetStages) -> None:
    backfill(instance, set_stages(), endpoints=["games"])
    backfill(instance, set_stages(games=65), endpoints=["games"], last="2024-01-01")
    assert read_check(instance, "2024-01-01") == "FAILED"
    assert read_check(instance, "2024-01-02") == "SUCCEEDED"


def test_a_day_that_is_run_again_leaves_the_checks_of_others(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    for day, end in (("2024-01-01", 0), ("2024-01-02", 0), ("2024-01-01", 65)):
        settings = set_stages(games=end)
        definitions = build_definitions(settings, MANIFEST, StageRunner(settings))
        definitions.resolve_job_def(DAILY_JOB).execute_in_process(
            instance=instance, partition_key=day, asset_selection=[GAMES]
        )
    assert read_check(instance, "2024-01-01") == "FAILED"
    assert read_check(instance, "2024-01-02") == "SUCCEEDED"


def test_the_last_step_alone_repeated_judges_the_run_that_read_the_days(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    first = backfill(instance, set_stages(games=65), endpoints=["games"]).dagster_run
    repeated = instance.create_run_for_job(
        dg.GraphDefinition(name="repeated").to_job(),
        parent_run_id=first.run_id,
        root_run_id=first.run_id,
    )
    with pytest.raises(dg.Failure, match="raw_games: 2024-01-01: drifted"):
        judge_days(find_days_read(instance, repeated))


def test_the_report_of_the_marts_comes_after_them(
    instance: dg.DagsterInstance, set_reporter: SetStages
) -> None:
    result = backfill(instance, set_reporter())
    assert succeeded(result) == {"rawg_lake__days", "models", REPORT_OP, "outcome"}
    event = instance.get_latest_materialization_event(dg.AssetKey(REPORT))
    assert event and event.asset_materialization
    told = event.asset_materialization.metadata
    assert told["build_id"].value == "20240102T060000-fake"
    assert str(told["report"].value).endswith("/marts/20240102T060000-fake/report_001.html")


def test_a_report_that_lacks_answers_fails_the_run_and_hides_no_other_end(
    instance: dg.DagsterInstance, set_reporter: SetStages
) -> None:
    result = backfill(instance, set_reporter(report=65, games=65), endpoints=["games"])
    assert failures(result)[REPORT_OP] == "The report met 65."
    assert failures(result)["outcome"].startswith("Not complete: raw_games: 2024-01-01: drifted")
    assert instance.get_latest_materialization_event(dg.AssetKey(REPORT)) is None


def test_what_was_read_before_the_key_was_refused_is_not_built(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    result = backfill(instance, set_stages(games_top=77))
    assert list(failures(result)) == ["rawg_lake__days"]
    assert succeeded(result) == set()


@pytest.mark.parametrize(("end", "tries"), [(69, 2), (77, 1), (64, 1), (75, 1)])
def test_only_what_another_try_can_help_is_tried_again(
    instance: dg.DagsterInstance, set_stages: SetStages, end: int, tries: int
) -> None:
    once_more = dg.RetryPolicy(max_retries=1, delay=0)
    result = backfill(instance, set_stages(games=end), once_more, endpoints=["games"])
    assert result.success is (end == 75)
    begun = [
        event
        for event in result.all_events
        if event.step_key == "rawg_lake__days"
        and event.event_type in (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_RESTARTED)
    ]
    assert len(begun) == tries


def test_the_extractor_is_given_the_range_and_how_it_is_read() -> None:
    config = DaysConfig(first="2024-01-01", last="2024-01-31", max_pages=2, refetch=True)
    assert build_days_args(config, ["games", "genres"]) == [
        *("run", "--endpoint", "games", "--endpoint", "genres"),
        *("--from", "2024-01-01", "--to", "2024-01-31", "--max-pages", "2", "--refetch"),
    ]
