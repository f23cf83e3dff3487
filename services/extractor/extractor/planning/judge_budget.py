"""Whether what is planned fits the requests that a source gives in a quota period, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from extractor.api.ledger import find_period
from extractor.planning.plan import PlanLine
from gamemarket.endpoints import Source


def judge_budget(
    name: str,
    source: Source,
    lines: Sequence[PlanLine],
    today: date,
    count_spent: Callable[[date], int],
) -> Iterator[str]:
    """A sentence for each quota period that pays for some of the plan; loud where it does not fit.

    Of a plan that costs nothing it is today's. `count_spent` tells what a period's ledger has already.
    """
    present = find_period(today, source.quota_reset_day)
    for period in sorted({p for line in lines for p in line.by_period} or {present}):
        needed = sum(line.by_period.get(period, 0) for line in lines)
        spent, limit = count_spent(period), source.monthly_requests
        what = f"{name}: {needed:,} requests of the period from {period} on"
        if limit is None:
            yield f"{what}; {spent:,} are spent, and no monthly_requests limit them."
            continue
        left = limit - spent
        has = f"{spent:,} of {limit:,} are spent"
        if needed <= left:
            yield f"{what} fit: {has}, {left - needed:,} stay for backfills and retries."
        else:
            yield (
                f"WARNING: {what} DO NOT FIT: {has}, {needed - left:,} ARE TOO MANY. A run stops "
                f"there with 75, and what it has not read waits. {_advise(lines, period)}"
            )


def _advise(lines: Sequence[PlanLine], period: date) -> str:
    dearest = max(lines, key=lambda line: line.by_period.get(period, 0))
    return (
        f"Most of it is {dearest.endpoint} ({dearest.by_period[period]:,}): lower its "
        "daily_requests or page_limit, or raise its refresh_days, in endpoints.json."
    )
