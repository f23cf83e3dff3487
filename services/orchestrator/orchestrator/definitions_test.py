from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from gamemarket.settings import load_settings
from orchestrator.dbt_assets import BuildConfig, build_transformer_args
from orchestrator.definitions import build_definitions
from orchestrator.fake_stages import MANIFEST
from orchestrator.jobs import DAILY_JOB
from orchestrator.lake_assets import build_extractor_args
from orchestrator.stage_runner import StageRunner

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

# As people have it; the user manual prints it.
MANUAL_RUN_CONFIG: dict[str, Any] = {
    "ops": {
        "analytics_dbt_assets": {"config": {"full_refresh": False, "target": "dev"}},
        **{
            f"rawg_lake__raw_{name}": {"config": {"max_pages": -1}}
            for name in ("developers", "games", "genres", "platforms", "publishers")
        },
    },
    "resources": {
        "dbt": {
            "config": {
                "dbt_executable": "dbt",
                "global_config_flags": [],
                "profiles_dir": "/srv/analytics",
                "project_dir": "/srv/analytics",
            }
        },
        "rawg": {
            "config": {
                "bucket_name": {"env": "DATA_LAKE_BUCKET"},
                "rawg_api_key": {"env": "RAWG_API_KEY"},
            }
        },
    },
}


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
    }


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


def test_the_schedule_runs_at_six_for_the_day_before_and_is_off(
    definitions: dg.Definitions,
) -> None:
    schedule = definitions.resolve_schedule_def("daily_game_market_update_schedule")
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_the_run_configuration_of_the_manual_is_accepted(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_LAKE_BUCKET", "")
    monkeypatch.setenv("RAWG_API_KEY", "")
    job = definitions.resolve_job_def(DAILY_JOB)
    assert dg.validate_run_config(job, MANUAL_RUN_CONFIG)


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
    unlimited = build_extractor_args("games", "2024-01-01", -1)
    assert unlimited == ["run", "--endpoint", "games", "--run-date", "2024-01-01"]
    assert build_extractor_args("games", "2024-01-01", 3)[-2:] == ["--max-pages", "3"]


def test_the_transformer_is_told_the_target_and_what_is_selected() -> None:
    config = BuildConfig(full_refresh=True, target="prod")
    assert build_transformer_args(config, ["b", "a"]) == [
        *("build", "--target", "prod", "--full-refresh"),
        *("--select", "a", "--select", "b"),
    ]
