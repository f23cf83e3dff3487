"""What is in the lake: how fresh, how complete, how many rows, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from pydantic import BaseModel

from gamemarket.build_quality import BuildQuality, EndpointQuality, Quota
from reporter.page.finding import Finding, find
from reporter.page.writing import in_words, number, share

__all__ = ["find_completeness", "find_freshness", "find_quota", "find_row_counts"]

# Fewer runs say nothing of what is usual.
_FEWEST_RUNS: Final = 5
# Median absolute deviations: about three standard deviations of a normal distribution are 4.4.
_USUAL_DEVIATIONS: Final = 4.4
# Days differ by this share at least; where all runs were alike the deviation is 0.
_LEAST_BAND: Final = 0.2


class Freshness(BaseModel):
    """An endpoint's newest run date, and the one that should be there."""

    endpoint: str
    newest_run_date: date | None
    due_run_date: date
    is_late: bool


class Completeness(BaseModel):
    """An endpoint's newest partition, from the API to its mart."""

    endpoint: str
    run_date: date
    api_rows_count: int
    lake_rows_count: int
    missing_count: int
    mart: str | None
    mart_rows_count: int | None
    why: str


class RowCount(BaseModel):
    """Rows of an endpoint's newest run, of those before (the newest first), and what is usual of these."""

    endpoint: str
    run_date: date
    rows_count: int
    usual_from: int
    usual_to: int
    rows_of_runs_before: str


def find_freshness(quality: BuildQuality) -> Finding:
    """Which endpoints have no partition of a day that should be there."""
    rows = [_look_at_freshness(endpoint) for endpoint in quality.endpoints]
    late = [row.endpoint for row in rows if row.is_late]
    said = (
        f"{in_words(late)} {'have' if len(late) > 1 else 'has'} no run that is new enough."
        if late
        else f"All {len(rows)} endpoints were read as lately as they should be."
    )
    return find("red" if late else "fine", "Freshness", said, "extractor status", rows)


def _look_at_freshness(endpoint: EndpointQuality) -> Freshness:
    newest = endpoint.partitions[-1].run_date if endpoint.partitions else None
    return Freshness(
        endpoint=endpoint.endpoint,
        newest_run_date=newest,
        due_run_date=endpoint.due_run_date,
        is_late=newest is None or newest < endpoint.due_run_date,
    )


def find_completeness(quality: BuildQuality, mart_rows: Mapping[str, int]) -> Finding:
    """Of each newest partition what the API said it had, what the lake has, and the mart."""
    newest = [(one, one.partitions[-1]) for one in quality.endpoints if one.partitions]
    rows = [
        Completeness(
            endpoint=endpoint.endpoint,
            run_date=partition.run_date,
            api_rows_count=partition.reported,
            lake_rows_count=partition.rows,
            missing_count=partition.missing,
            mart=mart if mart in mart_rows else None,
            mart_rows_count=mart_rows.get(mart),
            why=partition.reasons,
        )
        for endpoint, partition in newest
        for mart in [f"dim_{endpoint.endpoint}"]
    ]
    lacking = [one.endpoint for one, partition in newest if not partition.is_complete]
    said = (
        f"The last run of {in_words(lacking)} is not complete."
        if lacking
        else "The last run of every endpoint is complete: all that it was to read is in the lake."
    )
    command = "extractor status"
    return find("red" if lacking else "fine", "Completeness", said, command, rows)


def find_row_counts(quality: BuildQuality) -> Finding:
    """Endpoints whose last run had more or fewer rows than is usual for them."""
    rows = [row for one in quality.endpoints for row in _compare_rows(one)]
    if not rows:
        said = (
            f"What is usual is known after {_FEWEST_RUNS} runs of an endpoint before its last one."
        )
        return find("fine", "Rows of the last run", said)
    odd = [r.endpoint for r in rows if not r.usual_from <= r.rows_count <= r.usual_to]
    said = (
        f"The last run of {in_words(odd)} had more or fewer rows than is usual."
        if odd
        else f"The last run of {len(rows)} endpoints had as many rows as is usual."
    )
    title = "Rows of the last run"
    return find("amber" if odd else "fine", title, said, "extractor status", rows)


def _compare_rows(endpoint: EndpointQuality) -> list[RowCount]:
    *before, last = endpoint.partitions or (None,)
    counts = [partition.rows for partition in before if partition]
    if last is None or len(counts) < _FEWEST_RUNS:
        return []
    low, high = find_usual(counts)
    return [
        RowCount(
            endpoint=endpoint.endpoint,
            run_date=last.run_date,
            rows_count=last.rows,
            usual_from=low,
            usual_to=high,
            rows_of_runs_before=" · ".join(map(number, reversed(counts))),
        )
    ]


def find_usual(counts: Sequence[int]) -> tuple[int, int]:
    """The band around the median that holds nearly all counts, but for outliers."""
    middle = median(counts)
    deviation = median(abs(count - middle) for count in counts)
    width = max(_USUAL_DEVIATIONS * deviation, _LEAST_BAND * middle)
    return max(0, round(middle - width)), round(middle + width)


def find_quota(quota: Quota, today: date) -> Finding:
    """What is left of a source's requests, and until when that lasts at the pace so far."""
    title = f"Requests of {quota.source}"
    if quota.limit is None:
        return find("fine", title, f"{number(quota.spent)} since {quota.since}; no limit is set.")
    left = quota.limit - quota.spent
    said = (
        f"{number(quota.spent)} of {number(quota.limit)} are spent since {quota.since} "
        f"({share(quota.spent / quota.limit)})"
    )
    command = "extractor plan"
    if left <= 0:
        return find("red", title, f"{said}: nothing is left.", command)
    days = (today - quota.since).days + 1
    lasts = today + timedelta(days=round(left * days / quota.spent)) if quota.spent else None
    ends = (quota.since.replace(day=1) + timedelta(days=32)).replace(day=quota.since.day)
    if lasts and lasts < ends:
        return find("amber", title, f"{said}: at this pace they last until {lasts}.", command)
    return find(
        "fine", title, f"{said}: at this pace they last until {ends}, when they begin anew."
    )
