from __future__ import annotations

from datetime import date, timedelta

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.automation.missing_days import find_missing_days
from orchestrator.conftest import GAMES, SetStages, record_read
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_stages import MANIFEST

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

NEWEST = date(2024, 3, 20)


def before_newest(*ages: int) -> list[date]:
    return [NEWEST - timedelta(days=age) for age in ages]


def missing(instance: dg.DagsterInstance) -> list[date]:
    return find_missing_days(instance, load_endpoints(), NEWEST)


def test_a_new_home_misses_nothing(instance: dg.DagsterInstance) -> None:
    assert missing(instance) == []


def test_gaps_after_the_first_day_are_missing_in_order(instance: dg.DagsterInstance) -> None:
    for day in before_newest(6, 4, 1):
        record_read(instance, day)
    assert missing(instance) == before_newest(5, 3, 2)


def test_a_day_that_one_endpoint_lacks_is_missing(instance: dg.DagsterInstance) -> None:
    for day in before_newest(3, 1):
        record_read(instance, day)
    record_read(instance, NEWEST - timedelta(days=2), GAMES)
    assert missing(instance) == before_newest(2)


def test_a_day_that_a_quota_left_open_is_missing_until_it_is_committed(
    instance: dg.DagsterInstance,
) -> None:
    [day] = before_newest(1)
    record_read(instance, day, state="open")
    assert missing(instance) == [day]
    record_read(instance, day)
    assert missing(instance) == []


def test_days_before_the_fortnight_are_left_alone(instance: dg.DagsterInstance) -> None:
    record_read(instance, NEWEST - timedelta(days=30))
    assert missing(instance) == before_newest(*range(14, 0, -1))


def test_a_list_that_is_read_when_it_is_due_has_no_days_to_miss(
    instance: dg.DagsterInstance,
) -> None:
    record_read(instance, NEWEST - timedelta(days=5), dg.AssetKey(["rawg_lake", "raw_games_top"]))
    assert missing(instance) == []


def test_a_first_day_that_failed_is_missing(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    [day] = before_newest(2)
    settings = set_stages(games=69)
    job = build_definitions(settings, MANIFEST, StageRunner(settings)).resolve_job_def(DAILY_JOB)
    job.execute_in_process(instance=instance, partition_key=day.isoformat(), raise_on_error=False)
    assert missing(instance) == before_newest(2, 1)


def test_a_day_that_waits_in_the_queue_is_not_asked_for_again(
    instance: dg.DagsterInstance, set_stages: SetStages
) -> None:
    settings = set_stages()
    job = build_definitions(settings, MANIFEST, StageRunner(settings)).resolve_job_def(DAILY_JOB)
    record_read(instance, NEWEST - timedelta(days=3))
    [queued] = before_newest(2)
    instance.create_run_for_job(job, tags={"dagster/partition": queued.isoformat()})
    assert missing(instance) == before_newest(1)
