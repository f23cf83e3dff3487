"""Which partitions a command is about, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from extractor.planning.decide import ReadOptions
from gamemarket.endpoints import Endpoint
from gamemarket.errors import UsageError
from gamemarket.run_dates import Clock, days_between


@dataclass(frozen=True, slots=True)
class Work:
    """One endpoint on one run date, and how it is read; `parents` name the ids of details."""

    endpoint: Endpoint
    run_date: date
    options: ReadOptions
    parents: tuple[Endpoint, ...] = ()


def choose_run_dates(
    run_date: date | None,
    first: date | None,
    last: date | None,
    day_before: datetime | None = None,
) -> list[date]:
    """One run date, all from `first` to `last`, or the newest that was over at `day_before`.

    UsageError for none of these, or more than one.
    """
    if run_date and not (first or last or day_before):
        return [run_date]
    if day_before and not (run_date or first or last):
        return [Clock(day_before).newest_complete_day()]
    if first and last and not (run_date or day_before):
        return list(days_between(first, last))
    raise UsageError("Say which days: --run-date DAY, or --from FIRST --to LAST.")


def choose_work(
    endpoints: Sequence[Endpoint],
    run_dates: Sequence[date],
    options: ReadOptions,
    catch_up: int = 0,
    parents_of: Callable[[Endpoint], tuple[Endpoint, ...]] = lambda endpoint: (),
) -> list[Work]:
    """The run dates in order, then what is missing or open of the days before the last of them.

    Only what is read by the day has days to catch up. Details come after all lists: their ids stand
    in lists, and when a budget ends, a list is the greater loss. And the oldest day comes first, since
    what an open day has stored is known to later days when it is committed.
    """
    work = [
        Work(endpoint, day, options, parents_of(endpoint))
        for day in run_dates
        for endpoint in endpoints
    ]
    missed = replace(options, finish_open=True, refetch=False)
    newest = max(run_dates)
    for age in range(catch_up, 0, -1):
        day = newest - timedelta(days=age)
        work += [
            Work(endpoint, day, missed, parents_of(endpoint))
            for endpoint in endpoints
            if not endpoint.is_due_by_interval and day not in run_dates
        ]
    lists = [item for item in work if item.endpoint.kind != "detail"]
    details = [item for item in work if item.endpoint.kind == "detail"]
    return [*lists, *sorted(details, key=lambda item: item.run_date)]
