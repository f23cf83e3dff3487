"""One reading of a list: which pages there are, and which are still to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from extractor.open_generation import OpenReading
from extractor.pages import CorruptCheckpointError, Page
from extractor.worker_pool import WorkerPool


@dataclass(frozen=True, slots=True)
class ListRead:
    """A reading all of whose pages, 1 to `last`, are stored."""

    reading: OpenReading
    last: int

    def load_pages(self) -> Iterator[Page]:
        """The stored pages in order, one at a time."""
        return (self.reading.load(number) for number in range(1, self.last + 1))


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads what is missing of a reading.

    `fetch` asks for a page and stores it; `expect` is told how many pages there are and how many
    of them are stored.
    """

    pool: WorkerPool
    fetch: Callable[[OpenReading, int], None]
    expect: Callable[[int, int], None]

    def read(self, reading: OpenReading) -> ListRead:
        """Reads until every page is stored.

        The first page tells how many there are; `count` is cached by the API, so the last page has
        the last word: as long as it points on, reading goes on.
        """
        last = self._last_page_expected(reading)
        while True:
            missing = [n for n in range(1, last + 1) if n not in reading.stored]
            self.expect(last, last - len(missing))
            self.pool.run(lambda number: self.fetch(reading, number), missing)
            if last == reading.request.last_page_allowed or not self._page(reading, last).has_next:
                return ListRead(reading, last)
            last += 1

    def _last_page_expected(self, reading: OpenReading) -> int:
        count = self._page(reading, 1).count or 0
        pages = max(1, -(-count // reading.request.page_size))
        return min(pages, reading.request.last_page_allowed or pages)

    def _page(self, reading: OpenReading, number: int) -> Page:
        """A stored page; asked for when it is not there yet, or no longer whole."""
        while True:
            if number not in reading.stored:
                self.pool.run(lambda n: self.fetch(reading, n), [number])
            try:
                return reading.load(number)
            except CorruptCheckpointError:
                continue
