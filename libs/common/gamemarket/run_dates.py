"""Run dates (UTC days) and the one clock by which days are over.

RAWG's `updated` filter works by whole UTC days, so a day can be complete only when it is over; half an
hour is left for the API's own caches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gamemarket.errors import UsageError

# Answers are cached for minutes (rawg-api: "`count` is cached for minutes"); 30 leave a margin.
SETTLING_TIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Clock:
    """The one clock of all decisions: `fixed_now` (GAME_MARKET_NOW) or the system's, in UTC."""

    fixed_now: datetime | None = None

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.fixed_now or datetime.now(UTC)

    def newest_complete_day(self) -> date:
        """The latest UTC day that is over and has settled."""
        return (self.now() - SETTLING_TIME).date() - timedelta(days=1)


def parse_run_date(text: str) -> date:
    """Parses `YYYY-MM-DD`; UsageError for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(
            f"'{text}' is not a run date: give a UTC day as YYYY-MM-DD, for example 2024-01-31."
        ) from None


def parse_moment(text: str) -> datetime:
    """Parses a moment with its zone (ISO 8601, `2024-02-01T06:00:00Z`), as UTC; else UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise UsageError(
            f"'{text}' is not a moment: give it with its zone, for example 2024-02-01T06:00:00Z."
        )
    return moment.astimezone(UTC)


def parse_month(text: str) -> date:
    """The first day of a month `YYYY-MM`; UsageError for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise UsageError(
            f"'{text}' is not a month: give it as YYYY-MM, for example 2024-01."
        ) from None


def check_day_is_over(run_date: date, clock: Clock) -> None:
    """UsageError for a day that can't be complete yet: it is refused before D+1 00:30 UTC."""
    if run_date <= clock.newest_complete_day():
        return
    ready_at = datetime.combine(run_date, time.min, UTC) + timedelta(days=1) + SETTLING_TIME
    raise UsageError(
        f"The day {run_date} is not over (it is {clock.now():%Y-%m-%d %H:%M} UTC): "
        f"run it from {ready_at:%Y-%m-%d %H:%M} UTC on, or take an earlier --run-date."
    )


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included; UsageError when `last` is before `first`."""
    if last < first:
        raise UsageError(f"The range of days ends ({last}) before it begins ({first}).")
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
