from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from gamemarket.settings import load_settings
from orchestrator.assets.dbt_assets import BuildConfig, build_transformer_args
from orchestrator.assets.lake_assets import ReadConfig, build_extractor_args
from orchestrator.automation.alerts import build_sensors
from orchestrator.automation.historical_backfill import BACKFILL_JOB
from orchestrator.automation.jobs import DAILY_JOB, FRESHNESS_JOB, INGESTION_JOB
from orchestrator.automation.pruning import PRUNING_JOB
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST
from orchestrator_doubles.run_config import read_run_config

ENDPOINTS = (
    "games",
    "games_top",
    "game_details",
    "genres",
    "platforms",
    "parent_platforms",
    "stores",
    "tags",
    "publishers",
    "developers",
)


@pytest.fixture
def definitions() -> dg.Definitions:
    settings = load_settings()
    return build_definitions(settings, MANIFEST, StageRunner(settings))


def test_the_asset_keys_are_those_of_the_endpoints_and_the_models(
    definitions: dg.Definitions,
) -> None:
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {
        *(f"rawg_lake/raw_{name}" for name in ENDPOINTS),
        "stg_rawg__games",
        "stg_rawg__genres",
        "dim_games",
        "dim_genres",
        "daily_outcome",
    }


def test_a_model_follows_the_endpoint_that_its_source_names(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    staging = graph.get(dg.AssetKey("stg_rawg__games"))
    assert staging.parent_keys == {dg.AssetKey(["rawg_lake", "raw_games"])}
    assert staging.group_name == "staging"
    assert not staging.is_partitioned


def test_details_are_read_after_the_lists_that_name_their_ids(definitions: dg.Definitions) -> None:
    details = definitions.resolve_asset_graph().get(dg.AssetKey(["rawg_lake", "raw_game_details"]))
    assert details.parent_keys == {
        dg.AssetKey(["rawg_lake", f"raw_{name}"]) for name in ("games", "games_top")
    }


def test_the_checks_are_completeness_and_the_dbt_tests(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    assert {(key.asset_key.path[-1], key.name) for key in checks} == {
        *((f"raw_{name}", "complete") for name in ENDPOINTS),
        ("dim_games", "not_null_dim_games_game_id"),
        ("dim_games", "unique_dim_games_game_id"),
        ("dim_genres", "not_null_dim_genres_genre_id"),
        ("raw_games", "is_fresh"),
        ("raw_game_details", "is_fresh"),
        ("daily_outcome", "is_fresh"),
    }


def test_the_jobs_are_these_and_run_these_steps(definitions: dg.Definitions) -> None:
    reads = {f"rawg_lake__raw_{name}" for name in ENDPOINTS}
    jobs = {
        job.name: {node.name for node in definitions.resolve_job_def(job.name).nodes}
        for job in definitions.jobs or ()
    }
    assert jobs == {
        DAILY_JOB: reads | {"analytics_dbt_assets", "daily_outcome"},
        INGESTION_JOB: reads,
        BACKFILL_JOB: {"rawg_lake__days", "models", "outcome"},
        FRESHNESS_JOB: {"freshness"},
        PRUNING_JOB: {"forget_old_runs"},
    }


def test_a_backfill_takes_turns_with_daily_runs(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(BACKFILL_JOB)
    pools = {node.name: node.definition.pools for node in job.nodes}
    assert pools == {"rawg_lake__days": {"rawg_api"}, "models": {"warehouse"}, "outcome": set()}


def test_one_process_at_a_time_reads_the_api_and_writes_the_warehouse(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def(DAILY_JOB)
    pools = {node.name: node.definition.pools for node in job.nodes}
    assert pools == {
        **{f"rawg_lake__raw_{name}": {"rawg_api"} for name in ENDPOINTS},
        "analytics_dbt_assets": {"warehouse"},
        "daily_outcome": set(),
    }


@pytest.mark.parametrize(
    ("variable", "status"),
    [("", dg.DefaultScheduleStatus.STOPPED), ("on", dg.DefaultScheduleStatus.RUNNING)],
)
def test_the_schedules_are_these_and_run_when_the_variable_says_so(
    variable: str, status: dg.DefaultScheduleStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAILY_SCHEDULE", variable)
    settings = load_settings()
    made = build_definitions(settings, MANIFEST, StageRunner(settings))
    schedules = {
        name: made.resolve_schedule_def(name)
        for name in (
            "daily_game_market_update_schedule",
            "check_freshness_schedule",
            "prune_history_schedule",
        )
    }
    assert len(schedules) == len(list(made.schedules or ()))
    assert {
        name: (schedule.cron_schedule, schedule.execution_timezone, schedule.default_status)
        for name, schedule in schedules.items()
    } == {
        "daily_game_market_update_schedule": ("0 6 * * *", "UTC", status),
        "check_freshness_schedule": ("0 9 * * *", "UTC", status),
        "prune_history_schedule": ("0 3 * * 0", "UTC", dg.DefaultScheduleStatus.RUNNING),
    }


def test_the_sensors_are_these_and_on(definitions: dg.Definitions) -> None:
    sensors = [*(definitions.sensors or ()), *build_sensors(None, SecretStr("http://localhost"))]
    status = {sensor.name: sensor.default_status for sensor in sensors}
    running = dg.DefaultSensorStatus.RUNNING
    assert status == {"alerts": running, "heartbeat": running}
    assert [sensor.name for sensor in definitions.sensors or ()] == ["alerts"]


def test_the_run_configuration_of_the_manual_is_accepted(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_LAKE_BUCKET", "")
    monkeypatch.setenv("RAWG_API_KEY", "")
    job = definitions.resolve_job_def(DAILY_JOB)
    assert dg.validate_run_config(job, dg.config_from_yaml_strings([read_run_config()]))


def test_an_unknown_option_in_a_run_configuration_is_refused(definitions: dg.Definitions) -> None:
    wrong = {"ops": {"rawg_lake__raw_games": {"config": {"max_page": 1}}}}
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(definitions.resolve_job_def(DAILY_JOB), wrong)


def test_a_key_that_stands_in_a_run_configuration_is_refused_and_not_repeated(
    definitions: dg.Definitions,
) -> None:
    wrong = {"resources": {"rawg": {"config": {"rawg_api_key": "0123456789abcdef"}}}}
    with pytest.raises(dg.DagsterInvalidConfigError, match="rawg_api_key must be dict") as refusal:
        dg.validate_run_config(definitions.resolve_job_def(DAILY_JOB), wrong)
    assert "0123456789abcdef" not in str(refusal.value)


def test_the_endpoints_come_from_the_endpoints_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(
        '{"sources": {"rawg": {"base_url": "http://x", "key_parameter": "key",'
        ' "key_variable": "RAWG_API_KEY", "base_url_variable": "RAWG_BASE_URL",'
        ' "paging": {"style": "page_numbers"}, "max_page_size": 40}},'
        ' "endpoints": [{"name": "creators", "source": "rawg",'
        ' "description": "A creator", "kind": "snapshot", "path": "/creators", "page_size": 40,'
        ' "refresh_days": 7}]}'
    )
    monkeypatch.setenv("ENDPOINTS_FILE", str(file))
    settings = load_settings()
    made = build_definitions(settings, MANIFEST, StageRunner(settings))
    keys = made.resolve_asset_graph().materializable_asset_keys
    assert dg.AssetKey(["rawg_lake", "raw_creators"]) in keys
    assert dg.AssetKey(["rawg_lake", "raw_games"]) not in keys


def test_a_page_limit_is_passed_on_and_no_limit_is_none() -> None:
    unlimited = build_extractor_args("games", "2024-01-01", ReadConfig())
    assert unlimited == ["run", "--endpoint", "games", "--run-date", "2024-01-01"]
    limited = build_extractor_args("games", "2024-01-01", ReadConfig(max_pages=3))
    assert limited == [*unlimited, "--max-pages", "3"]


def test_a_refetch_is_passed_on() -> None:
    args = build_extractor_args("games", "2024-01-01", ReadConfig(refetch=True))
    assert args[-1] == "--refetch"


def test_the_transformer_is_told_the_target_and_what_is_selected() -> None:
    config = BuildConfig(full_refresh=True, target="prod", accept_drift=True)
    assert build_transformer_args(config, ["b", "a"]) == [
        *("build", "--target", "prod", "--full-refresh", "--accept-drift"),
        *("--select", "a", "--select", "b"),
    ]
