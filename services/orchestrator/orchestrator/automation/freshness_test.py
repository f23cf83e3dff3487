from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.run_dates import Clock
from orchestrator.automation.freshness import build_freshness_checks
from orchestrator.conftest import DETAILS, GAMES, record_read

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

OUTCOME = dg.AssetKey("daily_outcome")
NEWEST = date(2024, 3, 20)
CLOCK = Clock(datetime(2024, 3, 21, 9, tzinfo=UTC))


def check(instance: dg.DagsterInstance) -> Mapping[dg.AssetKey, bool]:
    checks = build_freshness_checks(load_endpoints(), CLOCK)
    job = dg.Definitions(
        asset_checks=[checks],
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.all_asset_checks())],
    ).resolve_job_def("look")
    result = job.execute_in_process(instance=instance)
    return {found.asset_key: found.passed for found in result.get_asset_check_evaluations()}


def test_the_newest_day_decides_whatever_older_days_are_read_today(
    instance: dg.DagsterInstance,
) -> None:
    record_read(instance, date(2024, 3, 19), GAMES, DETAILS, OUTCOME)
    assert check(instance) == {GAMES: False, DETAILS: False, OUTCOME: False}
    record_read(instance, NEWEST, GAMES, OUTCOME)
    record_read(instance, NEWEST, DETAILS, state="open")
    assert check(instance) == {GAMES: True, DETAILS: False, OUTCOME: True}
