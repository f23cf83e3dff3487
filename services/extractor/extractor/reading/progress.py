"""How far a run has come: a bar per endpoint on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from extractor.pages.page import Slot
from extractor.reading.open_generation import OpenReading
from gamemarket.lake_keys import Partition

_log = logging.getLogger(__name__)

# Often enough that nobody thinks it hangs, seldom enough for a log that is kept.
_SECONDS_BETWEEN_LINES = 10.0

FetchPage = Callable[[OpenReading, Slot], None]


class Bar:
    """The progress of one partition."""

    def __init__(self, name: str, rich: RichProgress | None) -> None:
        """`rich` is None when no terminal is there."""
        self._name = name
        self._rich = rich
        self._task = rich.add_task(name, total=None) if rich else None
        self._lock = threading.Lock()
        self._expected: dict[int, int] = {}
        self._stored: Counter[int] = Counter()
        self._last_line = time.monotonic()

    def expect(self, reading: OpenReading, pages: int) -> None:
        """So many pages a reading has, as far as is known."""
        self._expected[reading.number] = pages
        self._stored[reading.number] = sum(not slot.is_second for slot in reading.stored)
        self._show()

    def advancing(self, fetch: FetchPage) -> FetchPage:
        """The same function, counting what it has done."""

        def fetch_and_advance(reading: OpenReading, slot: Slot) -> None:
            fetch(reading, slot)
            with self._lock:
                self._stored[reading.number] += not slot.is_second
                self._show()

        return fetch_and_advance

    def close(self) -> None:
        """Says where the partition stands; a terminal shows it already."""
        if self._rich is None:
            self._log()

    def _show(self) -> None:
        if self._rich is not None and self._task is not None:
            stored, pages = self._count()
            self._rich.update(self._task, total=pages or None, completed=stored)
        elif time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._log()

    def _log(self) -> None:
        _log.info("%s: %d of %d pages stored", self._name, *self._count())

    def _count(self) -> tuple[int, int]:
        """Pages stored, and pages there are: of a slice, that is known when it has begun."""
        stored = self._stored.total()
        pages = sum(max(self._expected.get(n, 0), of_n) for n, of_n in self._stored.items())
        return stored, pages


class Progress:
    """Shows the progress of all partitions of a run."""

    def __init__(self) -> None:
        """On a terminal when standard output is one."""
        self._rich = _build_rich() if sys.stdout.isatty() else None

    @contextmanager
    def follow(self, partition: Partition) -> Iterator[Bar]:
        """The bar of one partition, for as long as it is read and committed."""
        bar = Bar(f"{partition.endpoint} {partition.run_date}", self._rich)
        try:
            yield bar
        finally:
            bar.close()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows the bars for as long as the block lasts."""
        if self._rich is None:
            yield
            return
        with self._rich:
            yield


def _build_rich() -> RichProgress:
    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages"),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=Console(),
    )
