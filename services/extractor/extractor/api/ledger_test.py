from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from extractor.api.ledger import (
    MAX_BLOCK_REQUESTS,
    MIN_BLOCK_REQUESTS,
    BudgetSpentError,
    Ledger,
    RequestBudget,
    find_days_of_period,
    find_period,
)
from extractor.conftest import build_source
from gamemarket.errors import LakeError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import FormerLedgerBlockKey, FormerLedgerSettledKey
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
    assert spent(lake) == MIN_BLOCK_REQUESTS


def test_blocks_are_smaller_the_nearer_the_limit(lake: FolderLake) -> None:
    for run_id, monthly, block in (("far", None, MAX_BLOCK_REQUESTS), ("nearer", 8_050, 20)):
        before = spent(lake)
        build_budget(lake, run_id, monthly=monthly).take()
        assert spent(lake) - before == block


def test_however_many_runs_were_before_a_period_is_counted_by_one_listing(
    lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        with closing(build_budget(lake, f"run{number}")) as earlier:
            take(earlier, 1)
    asked: list[str] = []
    for name in ("list", "get"):
        monkeypatch.setattr(FolderLake, name, _noting(asked, name, getattr(FolderLake, name)))
    take(build_budget(lake), 3 * MIN_BLOCK_REQUESTS)
    assert Counter(asked) == {"list": 1 + 3}


def test_what_a_lake_has_from_before_the_numbers_stood_in_the_keys_counts(
    lake: FolderLake,
) -> None:
    names = {"period": "2024-01-01", "source": "rawg"}
    for run_id, block in (("killed", 1), ("killed", 2), ("ended", 1)):
        key = FormerLedgerBlockKey(run_id=run_id, block=block, **names)
        lake.put_if_absent(key, b'{"requests": 20}\n')
    lake.put_if_absent(FormerLedgerSettledKey(run_id="ended", **names), b'{"requests": 7}\n')
    assert spent(lake) == 47
    assert take(build_budget(lake), 100) == 53


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"requests": "many"}'])
def test_a_former_block_that_is_none_is_named(lake: FolderLake, body: bytes) -> None:
    key = FormerLedgerBlockKey(source="rawg", period="2024-01-01", run_id="run1", block=1)
    lake.put_if_absent(key, body)
    with pytest.raises(LakeError, match=f"{key} does not say how many requests"):
        spent(lake)


@pytest.mark.parametrize(
    ("kind", "requests"),
    [("block_0001", -1), ("block_0001", 0), ("settled", -1)],
)
def test_a_former_entry_of_too_few_requests_is_named(
    lake: FolderLake, kind: str, requests: int
) -> None:
    key = f"ledger/rawg/2024-01-01/run1/{kind}.json"
    entry = FormerLedgerBlockKey.parse(key) or FormerLedgerSettledKey.parse(key)
    assert entry
    lake.put_if_absent(entry, b'{"requests": %d}' % requests)
    with pytest.raises(LakeError, match=f"{key} does not say how many requests"):
        spent(lake)


def test_what_is_no_entry_is_passed_over_and_named_once(
    lake: FolderLake, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamemarket.lake_keys._strangers", set())
    take(build_budget(lake), 1)
    period = Path(lake.uri, "ledger/rawg/2024-01-01/run1")
    strangers = ("block_0001_requests_00005 (conflicted copy)", "notes.txt")
    for name in strangers:
        (period / name).write_text("")
    assert spent(lake) == spent(lake) == MIN_BLOCK_REQUESTS
    for name in strangers:
        assert caplog.text.count(f"run1/{name} is passed over") == 1


def test_a_refused_reservation_is_not_remembered_as_made(lake: FolderLake) -> None:
    ours, others = (build_budget(lake, run_id, monthly=50) for run_id in ("run1", "run2"))
    assert take(ours, 20) + take(others, 30) == 50
    for _ in range(10):  # its other threads ask on
        assert take(ours, 3) == take(others, 3) == 0
    assert spent(lake) == 50


def test_a_clock_that_is_set_back_over_the_reset_day_reserves_in_the_later_period(
    lake: FolderLake,
) -> None:
    budget = build_budget(lake, now=datetime(2024, 2, 1, tzinfo=UTC))
    take(budget, 1)
    budget._clock = Clock(datetime(2024, 1, 31, tzinfo=UTC))
    take(budget, 1)
    assert (spent(lake), spent(lake, date(2024, 2, 1))) == (0, MIN_BLOCK_REQUESTS)


def test_a_block_that_cannot_be_taken_back_counts_until_its_run_ends(
    lake: FolderLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise LakeError("the store refused it (403 AccessDenied).")

    ours, others = (build_budget(lake, run_id, monthly=50) for run_id in ("run1", "run2"))
    with closing(ours), closing(others), monkeypatch.context() as patch:
        patch.setattr(FolderLake, "delete", refuse)
        assert take(ours, 5) + take(others, 44) == 49  # of 45 that are reserved
        assert take(ours, 10) == 0
        assert spent(lake) > 50
    assert spent(lake) == 49


def test_a_run_that_has_done_its_work_does_not_fail_for_its_settlement(
    lake: FolderLake, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise LakeError("No space left on device")

    with closing(build_budget(lake)) as budget:
        take(budget, 1)
        monkeypatch.setattr(Ledger, "settle", refuse)
    assert "5 requests of run run1 count as spent, though it made 1: No space" in caplog.text
    assert spent(lake) == MIN_BLOCK_REQUESTS


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
        assert spent(lake) == 35
    assert spent(lake) == 33


def test_a_thread_that_outlives_its_run_takes_nothing_that_is_settled_already(
    lake: FolderLake,
) -> None:
    with closing(build_budget(lake)) as budget:
        take(budget, 3)
    assert take(budget, 1) == 0
    assert spent(lake) == budget.total_spent == 3


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
    assert made <= spent(lake) <= made + kills * MAX_BLOCK_REQUESTS
