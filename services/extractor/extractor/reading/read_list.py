"""A list, read until both of its ends stand still: docs/architecture.md, "A list that moves".

Reading one end twice, or looking for the first page that differs, loses rows (tests/protocol/rules.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from extractor.api.errors import QuestionRefusedError
from extractor.pages.page import PageFacts, Slot
from extractor.reading.open_generation import OpenGeneration, OpenReading
from extractor.reading.query import Query
from extractor.workers.worker_pool import WorkerPool

# A list that moves during three readings in a row is edited faster than it can be read.
ROUNDS = 3

# A count is cached for minutes, and pages can be smaller than asked for: more than so many pages beyond
# twice the expected ones is no list that grows.
_PAGES_BEYOND = 10


class EndlessListError(QuestionRefusedError):
    """The pages of a list repeat, or go on far behind its end: asking on would never end."""


@dataclass(frozen=True, slots=True)
class PageReader:
    """Gets pages of a reading: from the lake when they are stored, from the API when not.

    `fetch` asks for a page and stores it; `expect` is told how many pages a reading has.
    """

    pool: WorkerPool
    fetch: Callable[[OpenReading, Slot], None]
    expect: Callable[[OpenReading, int], None]

    def page(self, reading: OpenReading, number: int, *, is_second: bool = False) -> PageFacts:
        """One page; asked for when it is not there yet."""
        slot = Slot(number, is_second)
        self.fetch_missing(reading, [slot])
        return reading.facts(slot)

    def read_to(self, reading: OpenReading, last: int) -> None:
        """Stores all pages up to `last`."""
        slots = [Slot(number) for number in range(1, last + 1)]
        self.expect(reading, last)
        self.fetch_missing(reading, slots)
        self.pool.run(reading.recall, slots)

    def fetch_missing(self, reading: OpenReading, slots: Iterable[Slot]) -> None:
        """Asks for those of the pages that are not stored, several at once."""
        missing = [slot for slot in slots if slot not in reading.stored]
        self.pool.run(lambda slot: self.fetch(reading, slot), missing)


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads one list as often as its proof takes."""

    pages: PageReader

    def read(
        self, generation: OpenGeneration, query: Query, begun: OpenReading | None = None
    ) -> bool:
        """Whether what was read is all there was; `begun` is the first reading, if begun already."""
        for round_number in range(1, ROUNDS + 1):
            reading = begun or generation.begin_reading(query)
            begun = None
            last = self._expect_last(reading)
            self._check_pages_differ(reading, 1, last)
            if not reading.query.has_order or self._is_cut_off(reading, last):
                self._read_to_the_end(reading, last)
                return True
            end = self._find_end(reading, last)
            if end == last or round_number == ROUNDS:
                self.pages.read_to(reading, end)
            if end == last and self._is_proven(reading, end):
                return True
            # Read anew; if the count was wrong, knowing now where the list ends.
            query = query.ending_at(self._end_despite_count(reading, end))
        return False

    def _end_despite_count(self, reading: OpenReading, end: int) -> int | None:
        """Where the list was seen to end, None where the count says it, too."""
        end = self._find_later_end(reading, end)
        count = self.pages.page(reading, 1).count or 0
        return None if end == reading.query.pages_of(count) else end

    def _expect_last(self, reading: OpenReading) -> int:
        first = self.pages.page(reading, 1)
        last = reading.query.last_page or reading.query.pages_of(first.count or 0)
        return min(last, reading.query.last_page_allowed or last)

    def _is_cut_off(self, reading: OpenReading, last: int) -> bool:
        """Whether a limit ends the reading before the list does: then there is no proof to ask."""
        at_limit = last == reading.query.last_page_allowed
        return at_limit and self.pages.page(reading, last).has_next

    def _find_end(self, reading: OpenReading, last: int) -> int:
        """The number of the page that has rows and nothing after it, beginning at `last`."""
        while last > 1 and self.pages.page(reading, last).is_behind_the_end:
            last -= 1
        while last != reading.query.last_page_allowed:
            if not self.pages.page(reading, last).has_next:
                break
            if self.pages.page(reading, last + 1).is_behind_the_end:
                break
            last += 1
            self._check_goes_on(reading, last)
        return last

    def _check_goes_on(self, reading: OpenReading, number: int) -> None:
        """Raises EndlessListError for a page beyond the expected ones that leads nowhere."""
        self._check_pages_differ(reading, number - 1, number)
        self._check_pages_differ(reading, 1, number)
        first = self.pages.page(reading, 1)
        count = first.count or 0
        expected = max(-(-count // max(1, first.rows)), reading.query.last_page or 1)
        if number > 2 * expected + _PAGES_BEYOND:
            raise EndlessListError(
                f"The list {reading.query.path} does not end: it is said to have {count:,} rows, "
                f"and page {number} is not the last. Check the source's paging in endpoints.json; "
                "nothing was committed."
            )

    def _check_pages_differ(self, reading: OpenReading, one: int, other: int) -> None:
        if one == other:
            return
        ids = self.pages.page(reading, one).ids
        if ids and ids == self.pages.page(reading, other).ids:
            raise EndlessListError(
                f"The pages {one} and {other} of {reading.query.path} hold the same rows: the API "
                "does not go by the page that is asked for. Check the source's paging in "
                "endpoints.json; nothing was committed."
            )

    def _find_later_end(self, reading: OpenReading, end: int) -> int:
        """The end again, unless a page behind it turned out to have rows."""
        behind = Slot(end + 1)
        has_rows = behind in reading.stored and not reading.facts(behind).is_behind_the_end
        return self._find_end(reading, end + 1) if has_rows else end

    def _is_proven(self, reading: OpenReading, end: int) -> bool:
        """Whether nothing moved: the pages fit together, and both ends are as they were."""
        facts = [self.pages.page(reading, number) for number in range(1, end + 1)]
        if not facts[-1].is_the_end:
            return False
        counts = max(page.count or 0 for page in facts)
        # A page that is short or missing before the end is the API's mistake, which no end shows; unless
        # all are, because the API has a smaller page size of its own, and hold what it counts.
        sizes = {page.rows for page in facts[:-1]}
        is_clamped = len(sizes) == 1 and sum(page.rows for page in facts) >= counts
        if sizes - {reading.query.page_size} and not is_clamped:
            return False
        if reading.query.pages_of(counts) > end and not self._ends_at(reading, end):
            return False
        return self.ends_are_still(reading, end)

    def _ends_at(self, reading: OpenReading, end: int) -> bool:
        """Asks for the page behind the end, when a count says that there is one."""
        return self.pages.page(reading, end + 1).is_behind_the_end

    def ends_are_still(self, reading: OpenReading, end: int) -> bool:
        """Asks for both ends again, the last page first, and compares their ids."""
        ends = (end, 1) if end > 1 else ()  # one page alone is proven by its own end
        again = [self.pages.page(reading, number, is_second=True).ids for number in ends]
        return again == [self.pages.page(reading, number).ids for number in ends]

    def _read_to_the_end(self, reading: OpenReading, last: int) -> None:
        """For lists without a proof: as long as the last page points on, there is more."""
        self.pages.read_to(reading, last)
        while last != reading.query.last_page_allowed and self.pages.page(reading, last).has_next:
            last += 1
            self._check_goes_on(reading, last)
            self.pages.read_to(reading, last)
