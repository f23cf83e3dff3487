"""The sandbox's clock: stands still unless told otherwise, so that answers can be repeated."""

import time
from datetime import UTC, datetime
from typing import Any

# Outside these years dates stop to make sense for the catalogue (its own time starts 2023-12).
_FIRST_YEAR, _LAST_YEAR = 2019, 2099


class SandboxClock:
    """Seconds since 1970, UTC. A ticking clock moves with real time from where it was set."""

    def __init__(self, now: int, *, ticks: bool = False) -> None:
        self.ticks = ticks
        self.set(now)

    def set(self, now: int) -> None:
        """Move the clock, forwards or backwards."""
        self._start = now
        self._set_at = time.monotonic()

    def put(self, now: object) -> None:
        """Move it to a time that was read from JSON. Raises ValueError."""
        self.set(parse_moment(str(now)))

    def report(self) -> dict[str, Any]:
        return {"now": moment_iso(self.now()), "ticks": self.ticks}

    def now(self) -> int:
        """Return the time, for the `Date` header."""
        passed = int(time.monotonic() - self._set_at) if self.ticks else 0
        return self._start + passed

    def catalogue_moment(self) -> int:
        """Return the moment whose catalogue is served: a ticking clock changes it once a minute,
        because each change means encoding everything anew."""
        return self.now() // 60 * 60 if self.ticks else self.now()


def parse_moment(text: str) -> int:
    """Read `2024-01-02T06:00:00Z`, `2024-01-02T06:00:00` or `2024-01-02`; UTC if not said.

    Raises ValueError with a sentence for anything else.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time like 2024-01-02T06:00:00Z") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the sandbox knows the years {_FIRST_YEAR} to {_LAST_YEAR}, not {text}")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())


def moment_iso(seconds: int) -> str:
    """Return `2024-01-02T06:00:00Z`.

    >>> moment_iso(parse_moment("2024-01-02"))
    '2024-01-02T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
