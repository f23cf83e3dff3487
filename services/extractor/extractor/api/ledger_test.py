from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from extractor.api.ledger import (
    BLOCK_REQUESTS,
    BudgetSpentError,
    Ledger,
    RequestBudget,
    find_days_of_period,
    find_period,
)
from extractor.conftest import build_source
from gamemarket.folder_lake import FolderLake
from gamemarket.run_dates import Clock

JANUARY = date(2024, 1, 1)


def build_budget(
    lake: FolderLake,
    run_id: str = "run1",
    *,
    monthly: int | None = 100,
    max_requests: int | None = None,
    now: datetime = datetime(2024, 1, 20, tzinfo=UTC),
) -> RequestBudget:
    source = build_source(monthly_requests=monthly)
    return RequestBudget(partial(Ledger, lake, "rawg"), source, run_id, Clock(now), max_requests)


def spent(lake: FolderLake, period: date = JANUARY) -> int:
    return Ledger(lake, "rawg", period).count_requests()


def take(budget: RequestBudget, requests: int) -> int:
    """How many of so many requests could be had."""
    for taken in range(requests):
        try:
            budget.take()
        except BudgetSpentError:
            return taken
    return requests


@pytest.mark.parametrize(
    ("today", "reset_day", "first"),
    [
        (date(2024, 1, 15), 1, date(2024, 1, 1)),
        (date(2024, 1, 15), 15, date(2024, 1, 15)),
        (date(2024, 1, 14), 15, date(2023, 12, 15)),
        (date(2024, 3, 1), 28, date(2024, 2, 28)),
        (date(2024, 12, 31), 28, date(2024, 12, 28)),
    ],
)
def test_the_period_begins_on_the_users_own_day(today: date, reset_day: int, first: date) -> None:
    assert find_period(today, reset_day) == first


@pytest.mark.parametrize("reset_day", [1, 15, 28])
@pytest.mark.parametrize("month", [date(2023, 2, 1), date(2024, 2, 1), date(2024, 12, 1)])
def test_the_days_of_a_period_are_all_those_that_it_pays_for(month: date, reset_day: int) -> None:
    first, last = find_days_of_period(month, reset_day)
    # A run date is paid for on the day after it.
    before, begins, ends, after = first, *(day + timedelta(days=1) for day in (first, last)), last
    after += timedelta(days=2)
    assert find_period(begins, reset_day) == find_period(ends, reset_day) == begins
    assert find_period(before, reset_day) < begins < find_period(after, reset_day) == after


def test_requests_are_reserved_before_they_are_spent(lake: FolderLake) -> None:
    build_budget(lake).take()
    assert spent(lake) == BLOCK_REQUESTS


def test_a_block_costs_one_listing_and_nothing_is_read_twice(
    lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(build_budget(lake, "earlier")) as earlier:
        take(earlier, 30)
    asked: list[str] = []
    for name in ("list", "get"):
        monkeypatch.setattr(FolderLake, name, _noting(asked, name, getattr(FolderLake, name)))
    take(build_budget(lake), 3 * BLOCK_REQUESTS)
    assert Counter(asked) == {"list": 1 + 3, "get": 3}  # read: two blocks, and how they settled


def _noting[Answer](
    asked: list[str], name: str, call: Callable[..., Answer]
) -> Callable[..., Answer]:
    def note_and_call(*arguments: object) -> Answer:
        asked.append(name)
        return call(*arguments)

    return note_and_call


def test_a_run_that_ends_settles_what_it_spent(lake: FolderLake) -> None:
    with closing(build_budget(lake)) as budget:
        take(budget, 33)
        assert spent(lake) == 40
    assert spent(lake) == 33


def test_a_run_without_requests_leaves_nothing(lake: FolderLake) -> None:
    with closing(build_budget(lake)):
        pass
    assert list(lake.list("ledger/")) == []


def test_the_budget_of_a_month_is_spent_to_the_last_and_not_beyond(lake: FolderLake) -> None:
    taken = 0
    for number in range(5):
        with closing(build_budget(lake, f"run{number}")) as budget:
            taken += take(budget, 33)
    assert taken == spent(lake) == 100


def test_the_callers_limit_holds_and_costs_no_more_than_it_says(lake: FolderLake) -> None:
    budget = build_budget(lake, max_requests=5)
    assert take(budget, 9) == 5
    assert spent(lake) == 5


def test_a_new_period_has_a_budget_of_its_own(lake: FolderLake) -> None:
    with closing(build_budget(lake)) as budget:
        assert take(budget, 101) == 100
    with closing(build_budget(lake, "run2", now=datetime(2024, 2, 1, tzinfo=UTC))) as budget:
        assert take(budget, 1) == 1
    assert (spent(lake), spent(lake, date(2024, 2, 1))) == (100, 1)


def test_runs_at_once_never_spend_more_than_there_is(lake: FolderLake) -> None:
    def run(number: int) -> int:
        with closing(build_budget(lake, f"run{number}", monthly=90)) as budget:
            return take(budget, 40)

    with ThreadPoolExecutor(6) as threads:
        taken = sum(threads.map(run, range(6)))
    assert taken <= 90
    assert spent(lake) == taken


def test_a_month_of_kills_overstates_by_a_block_each_and_never_understates(
    lake: FolderLake,
) -> None:
    chance = random.Random(7)
    made, kills = 0, 40
    for number in range(kills):
        made += take(build_budget(lake, f"run{number}", monthly=20_000), chance.randint(1, 90))
    assert made <= spent(lake) <= made + kills * BLOCK_REQUESTS
