from __future__ import annotations

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.settings import load_settings
from orchestrator.assets.lake_assets import lake_asset_key
from orchestrator.automation.daily_outcome import DAILY_OUTCOME, judge_day
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

Found = dict[str, int | str]

DONE: Found = {"state": "committed", "exit_code": 0}
STOPPED: Found = {"state": "open", "exit_code": 75, "reasons": "the quota is spent"}
DRIFTED: Found = {"state": "committed", "exit_code": 65, "reasons": "drifted"}


def test_a_day_that_was_stopped_early_is_told_and_no_failure() -> None:
    assert judge_day({"raw_games": STOPPED, "raw_genres": DONE}) == [
        "raw_games: the quota is spent"
    ]


def test_a_day_with_rows_missing_or_not_read_fails_and_names_them() -> None:
    with pytest.raises(dg.Failure) as failure:
        judge_day({"raw_games": DRIFTED, "raw_tags": None, "raw_genres": DONE})
    said = "The day is not complete: raw_games: drifted; raw_tags: not read"
    assert failure.value.description == said
    assert not failure.value.allow_retries


def test_the_last_step_alone_repeated_does_not_make_an_incomplete_day_whole(
    instance: dg.DagsterInstance,
) -> None:
    settings = load_settings()
    definitions = build_definitions(settings, MANIFEST, StageRunner(settings))
    for endpoint in load_endpoints().endpoints:
        found = DRIFTED if endpoint.name == "games" else DONE
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                lake_asset_key(endpoint), partition="2024-01-02", metadata=found
            )
        )
    result = definitions.resolve_job_def(DAILY_JOB).execute_in_process(
        instance=instance,
        partition_key="2024-01-02",
        asset_selection=[dg.AssetKey(DAILY_OUTCOME)],
        raise_on_error=False,
    )
    [event] = result.get_step_failure_events()
    failure = event.step_failure_data.user_failure_data
    assert failure
    assert failure.description == "The day is not complete: raw_games: drifted"
