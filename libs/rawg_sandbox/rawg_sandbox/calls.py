"""Counting what was asked: so that a test can see that each page was asked once, and when."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

# A test of the pace needs a few hundred; a benchmark should not fill the memory.
_TIMED_CALLS: Final = 50_000
NO_STATUS: Final = "none"


class CallTimes:
    """When the first calls since a reset came, and when their answers were ready to go, in
    seconds of the machine's monotonic clock, which all its processes share.

    Tuples and an array instead of records: nothing here is work for the garbage collector.
    """

    def __init__(self) -> None:
        self._calls: list[tuple[str, str, str | None, float]] = []
        self._answered_at = array("d")

    def add(self, request: str, status: str, fault: str | None, arrived_at: float) -> int:
        """Note a call that came; return its number for the answer."""
        number = len(self._calls)
        if number < _TIMED_CALLS:
            self._calls.append((request, status, fault, arrived_at))
            self._answered_at.append(math.nan)
        return number

    def answer(self, number: int, answered_at: float) -> None:
        """Note when a call's answer was ready."""
        if number < _TIMED_CALLS:
            self._answered_at[number] = answered_at

    def report(self) -> list[dict[str, object]]:
        """Return the calls, ready for JSON; `answered_at` is null while one hangs."""
        names = ("request", "status", "fault", "arrived_at", "answered_at")
        ends = (None if math.isnan(end) else end for end in self._answered_at)
        calls = zip(self._calls, ends, strict=True)
        return [dict(zip(names, (*call, end), strict=True)) for call, end in calls]


class CallLog:
    """Counters of API calls since the last reset; control calls are not among them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total = 0
        self.by_endpoint: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.by_request: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.times = CallTimes()

    def add(self, endpoint: str, request: str, status: str, fault: str | None) -> None:
        """Count one call whose answer is decided; `fault`: the kind that spoils it."""
        self.total += 1
        self.by_endpoint[endpoint] += 1
        self.by_status[status] += 1
        self.by_request[request] += 1
        if fault:
            self.faults[fault] += 1

    def report(self, *, with_times: bool = False) -> dict[str, object]:
        """Return the counters, ready for JSON; with all times, in the order of arrival."""
        counters: dict[str, object] = {
            "total": self.total,
            "by_endpoint": dict(sorted(self.by_endpoint.items())),
            "by_status": dict(sorted(self.by_status.items())),
            "by_request": dict(sorted(self.by_request.items())),
            "faults": dict(sorted(self.faults.items())),
        }
        return counters | ({"times": self.times.report()} if with_times else {})


def request_identity(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return path and sorted query without the key: `/api/games?page=2&page_size=40`."""
    kept = sorted((name, value) for name, value in query if name != "key")
    return f"{path}?{urlencode(kept)}" if kept else path
