"""What an answer's headers say. Whatever a server sends, reading it raises nothing.

A clock that is far from ours is not believed: an observation of the year 2044 would win over every later one,
for ever, and no rebuild heals that.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

_log = logging.getLogger(__name__)

# A machine that slept may be hours behind; what is further off is no clock.
_FARTHEST_CLOCK = timedelta(days=1)
# A monthly quota may say how long it lasts; nobody means a longer pause.
_LONGEST_PAUSE_BELIEVED = timedelta(days=32).total_seconds()
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def read_observed_at(headers: httpx.Headers, now: datetime) -> datetime:
    """When the server answered, UTC: its `Date`, or `now` when it has none that is to be believed."""
    text = headers.get("Date", "")
    said = _parse_http_date(text)
    if said is None:
        return now
    if abs(said - now) <= _FARTHEST_CLOCK:
        return said
    _log.warning(
        "The API's clock says '%s', ours %s: its answers count as observed by ours. If ours is "
        "wrong, set it.",
        text,
        now.isoformat(timespec="seconds"),
    )
    return now


def read_pause(headers: httpx.Headers, now: datetime) -> float | None:
    """The longest pause that `Retry-After` asks for, in seconds; None when it asks for none.

    It comes as a number or as a date (RFC 9110, 10.2.3), and several times when a proxy adds its own.
    A date is compared with the server's own `Date`: both are of one clock.
    """
    now = _parse_http_date(headers.get("Date", "")) or now
    pauses = [
        seconds
        for value in headers.get_list("Retry-After")
        for seconds in _parse_pauses(value, now)
        if seconds <= _LONGEST_PAUSE_BELIEVED
    ]
    return max(pauses, default=None)


def read_location(response: httpx.Response) -> httpx.URL | None:
    """Where a redirect leads, without its query, which may hold the key."""
    try:
        target = response.url.join(response.headers.get("Location", ""))
        return target.copy_with(query=None, fragment=None, userinfo=b"")
    except (httpx.InvalidURL, ValueError):
        return None


def _parse_pauses(value: str, now: datetime) -> list[float]:
    until = _parse_http_date(value)
    if until is not None:
        return [max(0.0, (until - now).total_seconds())]
    numbers = (number.strip() for number in value.split(","))
    return [float(number) for number in numbers if _SECONDS.fullmatch(number)]


def _parse_http_date(value: str) -> datetime | None:
    """A date of HTTP, which is always of UTC, whether it says so or not."""
    try:
        said = parsedate_to_datetime(value)
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # what email.utils lets through
        return None
