"""Counting what was asked: so that a test can see that each page was asked once, and when."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

# A test of the pace needs a few hundred; a benchmark should not fill the memory.
_TIMED_CALLS: Final = 50_000
NO_STATUS: Final = "none"


class CallLog:
    """Counters of API calls since the last reset; control calls are not among them.

    The first calls are kept with when they came and when their answers were ready to go, in
    seconds of the machine's monotonic clock, which all its processes share.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total = 0
        self.by_endpoint: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.by_request: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._times: list[dict[str, Any]] = []

    def add(
        self, endpoint: str, request: str, status: str, fault: str | None, arrived_at: float
    ) -> dict[str, Any]:
        """Count one call whose answer is decided; `fault`: the kind that spoils it. Return its
        record, where `answered_at` is null until it is set."""
        self.total += 1
        self.by_endpoint[endpoint] += 1
        self.by_status[status] += 1
        self.by_request[request] += 1
        if fault:
            self.faults[fault] += 1
        call: dict[str, Any] = {"request": request, "status": status, "fault": fault}
        call |= {"arrived_at": arrived_at, "answered_at": None}
        if len(self._times) < _TIMED_CALLS:
            self._times.append(call)
        return call

    def report(self, *, with_times: bool = False) -> dict[str, Any]:
        """Return the counters, ready for JSON; with all times, in the order of arrival."""
        counters: dict[str, Any] = {
            "total": self.total,
            "by_endpoint": dict(sorted(self.by_endpoint.items())),
            "by_status": dict(sorted(self.by_status.items())),
            "by_request": dict(sorted(self.by_request.items())),
            "faults": dict(sorted(self.faults.items())),
        }
        return counters | ({"times": self._times} if with_times else {})


def request_identity(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return path and sorted query without the key: `/api/games?page=2&page_size=40`."""
    kept = sorted((name, value) for name, value in query if name != "key")
    return f"{path}?{urlencode(kept)}" if kept else path
