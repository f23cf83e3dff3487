"""Lists of which only the beginning is wanted: what is popular today, of no other day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from extractor.conftest import NOW, LoopbackApi, build_top
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import ALL, KilledError, KillingLake
from extractor.inspection.status import read_status
from extractor.open_run import Run
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.plan import Planner
from gamemarket.endpoints import Source
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import read_current_manifest
from gamemarket.run_dates import Clock, days_between

NEWEST = NOW.date() - timedelta(days=1)
A_DAY = timedelta(days=1)
StartRun = Callable[..., Run]


def test_the_first_pages_are_all_that_is_asked_for(api: LoopbackApi, start_run: StartRun) -> None:
    summary = extract_endpoint(start_run(), build_top(), NEWEST, ALL)
    assert (summary.state, summary.exit_code, summary.rows) == ("committed", 0, 10)
    assert api.calls == {1: 1, 2: 1}


def test_no_proof_is_asked_of_a_list_that_ends_before_its_limit(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    summary = extract_endpoint(start_run(), build_top(page_limit=9), NEWEST, ALL)
    assert (summary.exit_code, summary.rows) == (0, 25)
    assert api.calls == {page: 1 for page in range(1, 6)}
    partition = Partition(source="rawg", endpoint="games_top", run_date=NEWEST)
    manifest = read_current_manifest(lake, partition)
    assert manifest and manifest.complete and manifest.page_limit == 9


@pytest.mark.parametrize("age", [1, 2, 30])
def test_a_day_that_is_past_is_never_read_not_even_the_first_time(
    api: LoopbackApi, start_run: StartRun, age: int
) -> None:
    summary = extract_endpoint(start_run(), build_top(), NEWEST - age * A_DAY, ALL)
    assert (summary.state, summary.exit_code, api.pages_asked) == ("not_due", 0, [])


def test_every_day_is_read_though_yesterdays_run_ended_today(
    lake: FolderLake, start_run: StartRun
) -> None:
    begun_late = start_run(KillingLake(lake, 2, after=True), NOW + timedelta(hours=17, minutes=50))
    with pytest.raises(KilledError):
        extract_endpoint(begun_late, build_top(), NEWEST, ALL)
    after_midnight = NOW + timedelta(hours=18, minutes=10)
    extract_endpoint(start_run(now=after_midnight), build_top(), NEWEST, ALL)
    begun_early = NOW + timedelta(hours=20)
    summary = extract_endpoint(start_run(now=begun_early), build_top(), NEWEST + A_DAY, ALL)
    assert (summary.state, summary.run_date) == ("committed", NEWEST + A_DAY)


def test_every_second_day_is_every_second_day(start_run: StartRun) -> None:
    endpoint = build_top(refresh_days=2)
    states = [
        extract_endpoint(start_run(now=NOW + n * A_DAY), endpoint, NEWEST + n * A_DAY, ALL).state
        for n in range(4)
    ]
    assert states == ["committed", "not_due", "committed", "not_due"]


def test_what_was_begun_on_an_earlier_day_is_not_mixed_with_todays_list(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(start_run(lake=KillingLake(lake, 2, after=True)), build_top(), NEWEST, ALL)
    days, later = (NEWEST, NEWEST + A_DAY), NOW + A_DAY
    assert [s.state for s in read_status(lake, [build_top()], days, NOW)] == ["open"]
    api.rows.reverse()
    summary = extract_endpoint(start_run(now=later), build_top(), NEWEST + A_DAY, ALL)
    assert (summary.state, summary.run_date, summary.rows) == ("committed", NEWEST + A_DAY, 10)
    assert api.calls == {1: 2, 2: 1}
    former = extract_endpoint(start_run(now=later), build_top(), NEWEST, ALL)
    assert (former.state, sum(api.calls.values())) == ("not_due", 3)
    shown = read_status(lake, [build_top()], days, later)
    assert [(s.run_date, s.state, s.exit_code) for s in shown] == [
        (NEWEST, "given_up", ExitCode.DONE),
        (NEWEST + A_DAY, "committed", ExitCode.DONE),
    ]


def test_catching_up_leaves_it_out() -> None:
    assert len(choose_work([build_top()], [NEWEST], ReadOptions(), catch_up=5)) == 1


def test_a_month_to_come_costs_its_pages_every_day_and_the_past_nothing(
    lake: FolderLake, source: Source
) -> None:
    def plan(first: date, last: date) -> tuple[int, int]:
        work = choose_work([build_top()], list(days_between(first, last)), ReadOptions())
        (line,) = Planner(lake, source, Clock(NOW)).plan(work)
        return line.run_dates, line.requests

    assert plan(date(2024, 2, 1), date(2024, 2, 29)) == (29, 58)
    assert plan(NEWEST - 10 * A_DAY, NEWEST) == (1, 2)
    assert plan(NEWEST - 10 * A_DAY, NEWEST - A_DAY) == (0, 0)
