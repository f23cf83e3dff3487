from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import ExitCode, UsageError
from gamemarket.lake_keys import ReportKey
from gamemarket.settings import load_settings
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.report_asset import REPORT
from orchestrator.commands.run_days import run_days
from orchestrator.conftest import SetStages
from orchestrator.definitions import build_definitions
from orchestrator.home.dagster_home import dagster_home, open_instance
from orchestrator.runs.run_progress import RunProgress
from orchestrator.stages.check_request import check_request
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST

# Dagster's event log (1.13) reads times by it.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

DAY = date(2024, 1, 1)
BUILD_ID = "20240102T060000-fake"  # as the fake stage tells it
KEY = dg.AssetKey(REPORT)


def test_a_day_ends_with_the_report_of_its_marts_and_says_where_it_is(
    set_reporter: SetStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_URL", "http://127.0.0.1:3001/")
    settings = set_reporter()
    progress = RunProgress()
    assert run_days([DAY], settings, progress) == ExitCode.DONE
    with open_instance(dagster_home(settings)) as instance:
        event = instance.get_latest_materialization_event(KEY)
    assert event and event.asset_materialization
    told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    assert told == {
        "build_id": BUILD_ID,
        "report": f"{settings.lake_dir}/marts/{BUILD_ID}/report_001.html",
        "read": f"http://127.0.0.1:3001/{BUILD_ID}",
    }


def test_a_report_that_lacks_answers_fails_the_run_and_no_mart(set_reporter: SetStages) -> None:
    settings = set_reporter(report=65)
    assert run_days([DAY], settings, RunProgress()) == ExitCode.DATA
    with open_instance(dagster_home(settings)) as instance:
        assert instance.get_latest_materialization_event(KEY) is None
        for name in ("dim_games", "daily_outcome"):
            assert instance.get_latest_materialization_event(dg.AssetKey(name))


def test_the_report_comes_after_the_marts_and_where_the_reporter_is(
    set_reporter: SetStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = set_reporter()
    definitions = build_definitions(settings, MANIFEST, StageRunner(settings))
    dg.Definitions.validate_loadable(definitions)  # as a code location does: no two of one name
    graph = definitions.resolve_asset_graph()
    assert graph.get(KEY).parent_keys == {dg.AssetKey("dim_games"), dg.AssetKey("dim_genres")}
    monkeypatch.delenv("REPORTER_COMMAND")
    without = load_settings()
    graph = build_definitions(without, MANIFEST, StageRunner(without)).resolve_asset_graph()
    assert not graph.has(KEY)


def test_a_reporter_that_can_not_be_run_is_refused_before_the_run(
    set_stages: SetStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_stages()
    monkeypatch.setenv("REPORTER_COMMAND", "no-such-program")
    with pytest.raises(UsageError, match="REPORTER_COMMAND begins with 'no-such-program'"):
        check_request([DAY], load_settings())


def test_a_report_in_a_bucket_is_named_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_LAKE_BUCKET", "lake")
    links = LakeLinks.from_settings(load_settings(), load_endpoints())
    found = links.find_report(ReportKey(build_id="b", edition=2))
    assert {name: value.value for name, value in found.items()} == {
        "build_id": "b",
        "report": "s3://lake/marts/b/report_002.html",
    }
