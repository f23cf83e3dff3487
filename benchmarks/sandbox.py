"""The sandbox as the benchmark uses it: one server for each latency, and what it counted."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

NOW = "2024-01-03T06:00:00Z"
RUN_DATE = "2024-01-02"
# Rows a page: RAWG's largest page, about 130 kB, and one of about 20 kB.
PAGE_SIZE = 40
SMALL_PAGE_SIZE = 6
# `ordering` spreads the games with rich rows evenly: any range of pages is like any other.
ORDERING = "name"
# All encoded before the first request.
_OPTIONS = "--popular-percent 15 --warm --cache-mb 2500".split()


@dataclass(frozen=True)
class CallTimes:
    """How many calls there were; first and last of them on the machine's monotonic clock."""

    calls: int
    first_arrived_at: float
    last_answered_at: float


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    key: str
    pid: int
    latency_ms: int
    page_size: int = PAGE_SIZE

    def paged(self, page_size: int) -> "Sandbox":
        """The same, asked for pages of so many rows."""
        return replace(self, page_size=page_size)

    @property
    def first_page_url(self) -> str:
        """The first page of the measured list."""
        return f"{self.url}/games?key={self.key}&page_size={self.page_size}&ordering={ORDERING}"

    def reset_calls(self) -> None:
        """Begins to count anew."""
        self._control("calls/reset", method="POST")

    def read_calls(self) -> CallTimes:
        """What was asked since the last reset."""
        report = self._control("calls?times=1")
        times = report["times"]
        return CallTimes(
            report["total"],
            min((call["arrived_at"] for call in times), default=0.0),
            max((call["answered_at"] for call in times), default=0.0),
        )

    def _control(self, path: str, method: str = "GET") -> dict[str, Any]:
        address = self.url.removesuffix("/api") + f"/_sandbox/{path}"
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            report: dict[str, Any] = json.load(answer)
        return report


@contextmanager
def running_sandbox(command: Sequence[str], latency_ms: int, pages: int) -> Iterator[Sandbox]:
    """Serves so many of the larger pages until the block ends; 5,000 take half a minute to begin."""
    words = [*command, "serve", "--port", "0", "--now", NOW, *_OPTIONS]
    words += ["--latency-ms", str(latency_ms), "--games", str(pages * PAGE_SIZE)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = process.stdout.readline()
        if not ready:
            sys.exit(f"The sandbox did not start: {' '.join(words)}")
        about = json.loads(ready)
        try:
            yield Sandbox(about["url"], about["key"], process.pid, latency_ms)
        finally:
            process.terminate()
