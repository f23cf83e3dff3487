"""Counting what was asked: so that a test can see that each page was asked once."""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlencode


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

    def add(self, endpoint: str, path: str, query: Iterable[tuple[str, str]], status: int) -> None:
        """Count one answered call."""
        self.total += 1
        self.by_endpoint[endpoint] += 1
        self.by_status[str(status)] += 1
        self.by_request[request_identity(path, query)] += 1

    def report(self) -> dict[str, object]:
        """Return the counters, ready for JSON."""
        return {
            "total": self.total,
            "by_endpoint": dict(sorted(self.by_endpoint.items())),
            "by_status": dict(sorted(self.by_status.items())),
            "by_request": dict(sorted(self.by_request.items())),
        }


def request_identity(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return path and sorted query without the key: `/api/games?page=2&page_size=40`."""
    kept = sorted((name, value) for name, value in query if name != "key")
    return f"{path}?{urlencode(kept)}" if kept else path
