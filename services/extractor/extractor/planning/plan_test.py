from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from extractor.conftest import NOW, LoopbackApi, build_endpoint, build_snapshot
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import ALL, KilledError, KillingLake
from extractor.open_run import Run
from extractor.planning.choose_work import choose_run_dates, choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.judge_budget import judge_budget
from extractor.planning.plan import PlanLine, Planner
from gamemarket.endpoints import Endpoint, Source
from gamemarket.errors import UsageError
from gamemarket.folder_lake import FolderLake
from gamemarket.run_dates import Clock, days_between

DAY = date(2024, 1, 1)
StartRun = Callable[..., Run]


@pytest.fixture
def plan(lake: FolderLake, source: Source) -> Callable[..., PlanLine]:
    def plan_endpoint(endpoint: Endpoint, first: date = DAY, last: date = DAY) -> PlanLine:
        work = choose_work([endpoint], list(days_between(first, last)), ReadOptions())
        (line,) = Planner(lake, source, Clock(NOW)).plan(work)
        return line

    return plan_endpoint


def test_a_list_never_read_costs_what_endpoints_json_expects_and_both_ends(
    plan: Callable[..., PlanLine],
) -> None:
    assert plan(build_endpoint(expected_pages=8)).requests == 10
    assert plan(build_endpoint(page_limit=3, min_coverage=0.9)).requests == 3
    assert plan(build_endpoint()).because.startswith("unknown")


def test_a_committed_day_costs_nothing_and_tells_what_others_cost(
    start_run: StartRun, plan: Callable[..., PlanLine]
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert plan(build_endpoint()).requests == 0
    line = plan(build_endpoint(), DAY, DAY + timedelta(days=1))
    assert (line.run_dates, line.requests, line.because) == (1, 7, "its last 1 partitions")


def test_what_is_stored_of_an_open_day_is_not_paid_again(
    lake: FolderLake, start_run: StartRun, plan: Callable[..., PlanLine]
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 4, after=True)), build_endpoint(), DAY, ALL
        )
    assert plan(build_endpoint(expected_pages=5)).requests == 7 - 3


def test_the_plan_of_a_day_is_what_it_then_costs(
    api: LoopbackApi, start_run: StartRun, plan: Callable[..., PlanLine]
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    api.pages_asked.clear()
    next_day = DAY + timedelta(days=1)
    planned = plan(build_endpoint(), next_day, next_day).requests
    extract_endpoint(start_run(), build_endpoint(), next_day, ALL)
    assert planned == len(api.pages_asked)


def test_a_month_to_come_has_every_day_and_a_snapshot_a_week(
    start_run: StartRun, plan: Callable[..., PlanLine]
) -> None:
    extract_endpoint(start_run(), build_snapshot(), DAY, ALL)
    first, last = date(2024, 2, 1), date(2024, 2, 29)
    assert plan(build_endpoint(expected_pages=8), first, last).run_dates == 29
    assert plan(build_snapshot(), first, last).run_dates == 5


def test_a_backfill_pays_for_a_snapshot_once(plan: Callable[..., PlanLine]) -> None:
    newest = NOW.date() - timedelta(days=1)
    line = plan(build_snapshot(expected_pages=1), newest - timedelta(days=30), newest)
    assert (line.run_dates, line.requests) == (1, 1)


def test_minutes_follow_the_slower_of_rate_and_concurrency(
    lake: FolderLake, source: Source
) -> None:
    work = choose_work([build_endpoint(expected_pages=58)], [DAY], ReadOptions())
    # 4 in flight at half a second each are 8 a second: 60 requests take 7.5 s.
    assert Planner(lake, source, Clock(NOW)).plan(work)[0].minutes == 0.1
    slow = source.model_copy(update={"requests_per_second": 0.5})
    assert Planner(lake, slow, Clock(NOW)).plan(work)[0].minutes == 2.0


def test_a_command_names_one_day_or_a_whole_range() -> None:
    assert choose_run_dates(DAY, None, None) == [DAY]
    assert len(choose_run_dates(None, DAY, DAY + timedelta(days=2))) == 3
    for run_date, first, last in [(None, None, None), (DAY, DAY, DAY), (None, DAY, None)]:
        with pytest.raises(UsageError, match="which days"):
            choose_run_dates(run_date, first, last)


def test_a_scheduler_names_the_moment_and_gets_the_day_before() -> None:
    leap_day = date(2024, 2, 29)
    assert choose_run_dates(None, None, None, datetime(2024, 3, 1, 6, tzinfo=UTC)) == [leap_day]
    with pytest.raises(UsageError, match="which days"):
        choose_run_dates(DAY, None, None, datetime(2024, 3, 1, 6, tzinfo=UTC))


def test_catching_up_is_for_what_is_read_by_the_day_oldest_first() -> None:
    endpoints = [build_endpoint(), build_snapshot(name="genres")]
    work = choose_work(endpoints, [DAY], ReadOptions(), catch_up=2)
    assert [(item.endpoint.name, item.run_date.isoformat()) for item in work] == [
        ("games", "2024-01-01"),
        ("genres", "2024-01-01"),
        ("games", "2023-12-30"),
        ("games", "2023-12-31"),
    ]
    assert [item.options.finish_open for item in work] == [False, False, True, True]


def test_catching_up_finishes_a_refetch_that_was_begun(
    lake: FolderLake, start_run: StartRun
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    with pytest.raises(KilledError):
        killing = KillingLake(lake, 3, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ReadOptions(refetch=True))
    assert extract_endpoint(start_run(), build_endpoint(), DAY, ALL).generation == 1
    caught_up = extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions(finish_open=True))
    assert (caught_up.generation, caught_up.rows) == (2, 25)


def test_a_budget_is_kept_by_the_period_that_pays(lake: FolderLake, source: Source) -> None:
    monthly = source.model_copy(update={"monthly_requests": 100, "quota_reset_day": 15})
    # It is the 3rd of January: what is over is read, and paid for, in the period from December on.
    days = list(days_between(date(2023, 12, 14), date(2024, 1, 16)))
    work = choose_work([build_endpoint(expected_pages=1)], days, ReadOptions())
    lines = Planner(lake, monthly, Clock(NOW)).plan(work)
    assert lines[0].by_period == {date(2023, 12, 15): 31, date(2024, 1, 15): 3}
    verdicts = list(judge_budget("rawg", monthly, lines, NOW.date(), lambda period: 70))
    assert verdicts[0].startswith("WARNING: rawg: 31 requests of the period from 2023-12-15 on")
    assert "DO NOT FIT: 70 of 100 are spent, 1 ARE TOO MANY" in verdicts[0]
    assert "games (31)" in verdicts[0]
    assert verdicts[1].endswith("fit: 70 of 100 are spent, 27 stay for backfills and retries.")


def test_without_a_monthly_budget_what_is_planned_is_told_all_the_same(
    source: Source, plan: Callable[..., PlanLine]
) -> None:
    line = plan(build_endpoint(expected_pages=8))
    (verdict,) = judge_budget("rawg", source, [line], DAY, lambda period: 7)
    assert "10 requests" in verdict
    assert "7 are spent" in verdict


def test_a_plan_that_costs_nothing_tells_what_is_left_today(
    start_run: StartRun, source: Source, plan: Callable[..., PlanLine]
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    monthly = source.model_copy(update={"monthly_requests": 100})
    (verdict,) = judge_budget("rawg", monthly, [plan(build_endpoint())], DAY, lambda period: 7)
    assert verdict.startswith("rawg: 0 requests of the period from 2024-01-01 on fit")
    assert "93 stay" in verdict


def test_the_most_that_fits_is_no_warning_and_one_more_is(
    source: Source, plan: Callable[..., PlanLine]
) -> None:
    line = plan(build_endpoint(expected_pages=8))
    for limit, is_loud in ((10, False), (9, True)):
        limited = source.model_copy(update={"monthly_requests": limit})
        (verdict,) = judge_budget("rawg", limited, [line], DAY, lambda period: 0)
        assert verdict.startswith("WARNING") is is_loud


def test_details_are_planned_with_their_budget(lake: FolderLake, source: Source) -> None:
    details = build_endpoint(expected_pages=1).model_copy(
        update={"kind": "detail", "daily_requests": 50, "refresh_days": 30}
    )
    days = list(days_between(date(2024, 2, 1), date(2024, 2, 29)))
    (line,) = Planner(lake, source, Clock(NOW)).plan(choose_work([details], days, ReadOptions()))
    assert (line.each, line.a_day, line.requests) == (50, 50.0, 29 * 50)
    assert "daily_requests" in line.because
