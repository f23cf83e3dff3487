"""Which days can be run, by the clock that the stages have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Final

from stack.errors import SettingError

__all__ = ["find_newest_day", "find_oldest_day", "read_range"]

# As the stages have it (gamemarket.run_dates): so long a day still moves after its end.
_SETTLES: Final = timedelta(minutes=30)


def find_newest_day(variables: Mapping[str, str]) -> date:
    """The newest UTC day that is over, by GAME_MARKET_NOW or the system's clock."""
    told = variables.get("GAME_MARKET_NOW")
    try:
        now = _read_time(told) if told else datetime.now(timezone.utc)
    except ValueError:
        raise SettingError(
            f"GAME_MARKET_NOW is {told}: give a moment, say 2024-01-02T06:00:00Z."
        ) from None
    return (now - _SETTLES).date() - timedelta(days=1)


def _read_time(text: str) -> datetime:
    """In UTC, also where no zone is given."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    is_local = moment.tzinfo is None
    return moment.replace(tzinfo=timezone.utc) if is_local else moment.astimezone(timezone.utc)


def find_oldest_day(variables: Mapping[str, str]) -> date:
    """The first day that Dagster knows, as the orchestrator has it."""
    return _parse_day(variables.get("FIRST_RUN_DATE") or "2020-01-01")


def read_range(first: str, last: str, variables: Mapping[str, str]) -> list[str]:
    """All days from the first to the last; SettingError when that is no range that can be run."""
    newest = find_newest_day(variables)
    if not (first and last):
        raise SettingError(
            f"Give the first and the last day: make backfill FROM={newest} TO={newest} "
            "(the newest day that is over)."
        )
    begin, end = _parse_day(first), _parse_day(last)
    if end < begin:
        raise SettingError(f"The range ends before it begins: {begin} to {end}.")
    oldest = find_oldest_day(variables)
    if begin < oldest:
        raise SettingError(
            f"Days begin with {oldest}, {begin} is before it: set FIRST_RUN_DATE in .env to an "
            "earlier day, and `make start`."
        )
    if end > newest:
        raise SettingError(
            f"{end} can't be run yet: the newest day is {newest} (a UTC day, from half an hour "
            "after its end)."
        )
    return [str(begin + timedelta(days=n)) for n in range((end - begin).days + 1)]


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingError(f"'{text}' is no day: give it as YYYY-MM-DD.") from None
