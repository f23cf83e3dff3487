"""Counting what was asked: so that a test can see that each page was asked once, and when."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

# A test of the pace needs a few hundred; a benchmark should not fill the memory.
_KNOWN_TIMES: Final = 50_000
NO_STATUS: Final = "none"


@dataclass(slots=True)
class CallTimes:
    """When a call came and when its answer was ready to go (nothing: not yet), in seconds of the
    machine's monotonic clock, which all its processes share."""

    request: str
    status: str
    fault: str | None
    arrived_at: float
    answered_at: float | None = None

    def report(self) -> dict[str, object]:
        """Return the fields, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class CallLog:
    """Counters of API calls since the last reset; control calls are not among them."""

    def __init__(self) -> None:
        """Start at zero."""
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.total = 0
        self.by_endpoint: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.by_request: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.times: deque[CallTimes] = deque(maxlen=_KNOWN_TIMES)

    def add(
        self, endpoint: str, request: str, status: str, arrived_at: float, fault: str | None = None
    ) -> CallTimes:
        """Count one call whose answer is decided; `fault`: the kind that spoils it."""
        self.total += 1
        self.by_endpoint[endpoint] += 1
        self.by_status[status] += 1
        self.by_request[request] += 1
        if fault:
            self.faults[fault] += 1
        times = CallTimes(request, status, fault, arrived_at)
        self.times.append(times)
        return times

    def report(self, *, with_times: bool = False) -> dict[str, object]:
        """Return the counters, ready for JSON; with all times, in the order of arrival."""
        counters: dict[str, object] = {
            "total": self.total,
            "by_endpoint": dict(sorted(self.by_endpoint.items())),
            "by_status": dict(sorted(self.by_status.items())),
            "by_request": dict(sorted(self.by_request.items())),
            "faults": dict(sorted(self.faults.items())),
        }
        return counters | ({"times": [t.report() for t in self.times]} if with_times else {})


def request_identity(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return path and sorted query without the key: `/api/games?page=2&page_size=40`."""
    kept = sorted((name, value) for name, value in query if name != "key")
    return f"{path}?{urlencode(kept)}" if kept else path
