"""`orchestrator run` against stages that end as they are told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import ExitCode, UsageError
from gamemarket.settings import Settings, child_environment
from orchestrator.commands.run_days import build_run_config, run_days
from orchestrator.conftest import ENDPOINTS, SetStages
from orchestrator.home.dagster_home import dagster_home, open_instance
from orchestrator.runs.run_progress import RunProgress
from orchestrator.stages.check_request import check_request

# Dagster's event log (1.13) reads times by it.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

DAY = date(2024, 1, 1)


def find_runs(settings: Settings) -> list[dg.DagsterRun]:
    with open_instance(dagster_home(settings)) as instance:
        return list(instance.get_runs())


def find_checks(settings: Settings, run: dg.DagsterRun) -> dict[str, tuple[bool, str]]:
    with open_instance(dagster_home(settings)) as instance:
        records = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    found = {}
    for record in records:
        event = record.event_log_entry.dagster_event
        assert event is not None
        check = event.asset_check_evaluation_data
        found[f"{check.asset_key.path[-1]}:{check.check_name}"] = (
            check.passed,
            check.severity.value,
        )
    return found


def models_built(progress: RunProgress) -> set[str]:
    return {
        summary.endpoint
        for report in progress.reports
        for summary in report.summaries
        if summary.run_date is None
    }


@pytest.mark.parametrize(
    ("end", "run_succeeds", "transforms"),
    [(0, True, True), (65, False, True), (75, True, True), (69, False, False), (77, False, False)],
)
def test_the_end_of_an_extraction_decides_the_transformation_and_the_run(
    set_stages: SetStages, end: int, run_succeeds: bool, transforms: bool
) -> None:
    settings = set_stages(games=end)
    progress = RunProgress()
    assert run_days([DAY], settings, progress) == end
    assert bool(models_built(progress)) is transforms
    [run] = find_runs(settings)
    assert run.is_success is run_succeeds
    checks = find_checks(settings, run)
    severities = {0: (True, "ERROR"), 65: (False, "ERROR"), 75: (False, "WARN")}
    assert checks.get("raw_games:complete") == severities.get(end)
    assert checks["raw_genres:complete"] == (True, "ERROR")


def test_a_failed_test_fails_the_run_and_stands_as_a_failed_check(set_stages: SetStages) -> None:
    settings = set_stages(analytics=65)
    assert run_days([DAY], settings, RunProgress()) == ExitCode.DATA
    [run] = find_runs(settings)
    assert not run.is_success
    checks = find_checks(settings, run)
    assert checks["dim_games:unique_dim_games_game_id"] == (False, "ERROR")
    assert checks["dim_games:not_null_dim_games_game_id"] == (True, "ERROR")


@pytest.mark.parametrize(
    ("ends", "state", "incomplete"),
    [({"warns": 1}, "committed", 0), ({"games": 75}, "open", 1)],
)
def test_a_day_is_open_when_a_partition_is_and_not_for_a_test_that_warns(
    set_stages: SetStages, ends: dict[str, int], state: str, incomplete: int
) -> None:
    settings = set_stages(**ends)
    run_days([DAY], settings, RunProgress())
    with open_instance(dagster_home(settings)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("daily_outcome"))
    assert event and event.asset_materialization
    endpoints = len(ENDPOINTS)
    assert {key: value.value for key, value in event.asset_materialization.metadata.items()} == {
        "state": state,
        "incomplete": incomplete,
        "requests": 4 * endpoints,
        "rows": 80 * endpoints,
    }


def test_a_killed_stage_is_a_defect(set_stages: SetStages) -> None:
    assert run_days([DAY], set_stages(games=-9), RunProgress()) == ExitCode.DEFECT


def test_tests_that_were_not_run_because_nothing_is_new_still_stand(
    set_stages: SetStages,
) -> None:
    settings = set_stages(unchanged=1)
    assert run_days([DAY], settings, RunProgress()) == ExitCode.DONE
    [run] = find_runs(settings)
    assert find_checks(settings, run)["dim_games:unique_dim_games_game_id"] == (True, "WARN")


def test_a_backfill_goes_on_after_an_incomplete_day_and_stops_when_the_key_is_refused(
    set_stages: SetStages,
) -> None:
    days = [DAY, date(2024, 1, 2)]
    settings = set_stages(games=65)
    assert run_days(days, settings, RunProgress()) == ExitCode.DATA
    assert len(find_runs(settings)) == 2
    settings = set_stages(games=77)
    assert run_days(days, settings, RunProgress()) == ExitCode.KEY_REFUSED
    assert len(find_runs(settings)) == 3


def test_the_command_ends_with_the_exit_code_and_a_json_line_a_summary(
    set_stages: SetStages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_stages(genres=65)
    shutil.rmtree(tmp_path / "home")  # the first run of all: Dagster makes its files
    # Another project's: none of them steers a run of ours.
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "no number")
    ended = subprocess.run(
        [sys.executable, "-m", "orchestrator", "run", "--run-date", "2024-01-01"],
        env=child_environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == ExitCode.DATA, ended.stderr
    summaries = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {"genres", "games", "dim_games"} < {summary["endpoint"] for summary in summaries}
    assert "raw_genres" in ended.stderr
    assert "Run date 2024-01-01: failed (65)" in ended.stderr
    assert "Warning" not in ended.stderr
    assert "alembic" not in ended.stderr
    assert "what a stage prints" not in ended.stdout + ended.stderr
    logs = list((tmp_path / "home").rglob("raw_genres.log"))
    assert "what a stage prints" in logs[0].read_text()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [(date(2019, 12, 31), "begin with 2020-01-01"), (date(2999, 1, 1), "is not over")],
)
def test_a_day_that_cannot_be_run_is_refused(
    set_stages: SetStages, day: date, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_request([day], set_stages())


def test_a_page_limit_holds_for_every_endpoint() -> None:
    ops = build_run_config(load_endpoints(), 2)["ops"]
    assert ops["rawg_lake__raw_games"] == {"config": {"max_pages": 2}}
    assert len(ops) == len(load_endpoints().endpoints)
