"""Everything a partition needs to be read: one list, or the slices of a list that is too long.

RAWG gives at most 10,000 rows behind a filter. A longer list is read by ranges of a date parameter,
halved until each fits; rows without a date come first in an order of their own, as far as the window
reaches. What the slices do not give is counted, never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pyroaring import BitMap64

from extractor.api.errors import QuestionRefusedError
from extractor.pages.list_page import ListPage
from extractor.pages.page import Slot
from extractor.reading.open_generation import OpenGeneration, OpenReading
from extractor.reading.query import Query
from extractor.reading.read_list import ROUNDS, ListReader
from gamemarket.endpoints import Slices
from gamemarket.manifest import Reason

# The first pages of a list that moves are read in seconds: a few rows cross their borders, not a tenth.
_LIMITED_COVERAGE = 0.9

# Release dates lie between the first games and placeholders in the far future (seen: up to 2033).
_FIRST_DAY = date(1900, 1, 1)
_LAST_DAY = date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class PartitionReader:
    """Reads all readings of one generation, whichever they turn out to be."""

    lists: ListReader
    generation: OpenGeneration

    def read(self, query: Query) -> tuple[Reason, ...]:
        """Reads what is missing; returns why the partition is not complete, () when it is."""
        whole = self.generation.begin_reading(query)
        query = whole.query  # another run may have begun it, and asked otherwise
        self._check_run_date(whole)
        slices, count = query.slices, self._count(whole)
        if slices is None or count <= slices.window or query.last_page_allowed:
            proven = self.lists.read(self.generation, query, whole)
            return self._judge_list(proven=proven)
        proven = self._read_slice(query, slices, _FIRST_DAY, _LAST_DAY)
        proven &= any(self._read_undated(query, slices) for _ in range(ROUNDS))
        # The list may have shrunk meanwhile: the smaller of its two sizes is what must be there.
        size = min(count, self._count(whole, is_second=True))
        if len(collect_ids(self.generation)) < size:
            return ("window_exceeded",)
        return () if proven else ("drifted",)

    def _judge_list(self, *, proven: bool) -> tuple[Reason, ...]:
        reading = self.generation.readings[-1]
        last = max(slot.number for slot in reading.stored)
        cut_off = self.lists.pages.page(reading, last).has_next
        if cut_off and last == reading.query.max_pages:
            return ("limited",)
        size, coverage = self._count(reading), reading.query.min_coverage
        if cut_off:  # these pages are what the endpoint is, and are judged by what they hold
            size = min(size, last * max(reading.facts(slot).rows for slot in reading.stored))
        if cut_off or coverage == 0:
            coverage = max(coverage or 0, _LIMITED_COVERAGE)
        if coverage is not None:
            return () if self._count_held() >= coverage * size else ("drifted",)
        return () if proven else ("drifted",)

    def _count_held(self) -> int:
        """Rows with an id of their own, and those without: nobody knows which of these are the same."""
        rejected = (
            sum(reading.facts(slot).rejected for slot in reading.stored if not slot.is_second)
            for reading in self.generation.readings
        )
        return len(collect_ids(self.generation)) + max(rejected)

    def _count(self, reading: OpenReading, *, is_second: bool = False) -> int:
        return self.lists.pages.page(reading, 1, is_second=is_second).count or 0

    def _read_slice(self, query: Query, slices: Slices, first: date, last: date) -> bool:
        """Whether the rows of this range of dates are proven; halves the range until it fits."""
        sliced = query.sliced({slices.parameter: f"{first},{last}"})
        reading = self.generation.begin_reading(sliced)
        count = self._count(reading)
        _check_dates(reading, slices.field, first, last)
        if count <= slices.window:
            return self.lists.read(self.generation, sliced, reading)
        if first == last:
            self.lists.pages.read_to(reading, slices.window // query.page_size)
            return False
        middle = first + (last - first) // 2
        halves = ((first, middle), (middle + timedelta(days=1), last))
        return all([self._read_slice(query, slices, *half) for half in halves])

    def _read_undated(self, query: Query, slices: Slices) -> bool:
        """Rows without a date, which come first in this order, as far as the window reaches.

        Whether they stood still while they were read.
        """
        undated = query.sliced({"ordering": slices.undated_first})
        reading = self.generation.begin_reading(undated)
        last = self._read_until_dated(reading, slices)
        return self.lists.ends_are_still(reading, last)

    def _read_until_dated(self, reading: OpenReading, slices: Slices) -> int:
        """The number of the first page that has a row with a date, or of the last page there is."""
        pages, query = self.lists.pages, reading.query
        last = min(slices.window // query.page_size, query.pages_of(self._count(reading)))
        for number in range(1, last + 1):
            ahead = range(number, min(number + pages.pool.workers, last + 1))
            pages.fetch_missing(reading, [Slot(n) for n in ahead])
            if any(value is not None for value in _values(reading, number, slices.field)):
                return number
        return last

    def _check_run_date(self, reading: OpenReading) -> None:
        field = reading.query.run_date_field
        if field is not None:
            day = self.generation.partition.run_date
            self._count(reading)
            _check_dates(reading, field, day, day)


def collect_ids(generation: OpenGeneration) -> BitMap64:
    """The ids of all rows that the readings of a generation gave."""
    ids = BitMap64()
    for reading in generation.readings:
        for slot in reading.stored:
            ids.update(reading.facts(slot).ids)
    return ids


def _values(reading: OpenReading, number: int, field: str) -> Iterator[object]:
    """A field of every row of a page."""
    page = reading.load(Slot(number))
    assert isinstance(page, ListPage)
    return page.values(field)


def _check_dates(reading: OpenReading, field: str, first: date, last: date) -> None:
    """Refuses a list whose first page shows that the API did not apply the filter.

    RAWG silently ignores a filter that it does not understand and gives the whole catalogue. Single
    rows may be edited between its query and its answer; most of them can't.
    """
    days = [str(value)[:10] for value in _values(reading, 1, field)]
    inside = sum(str(first) <= day <= str(last) for day in days)
    if 2 * inside < len(days):
        asked = ", ".join(f"{name}={value}" for name, value in reading.query.all_params.items())
        raise QuestionRefusedError(
            f"The API ignored the filter of {reading.query.path} ({asked}): {len(days) - inside} "
            f"of {len(days)} rows have '{field}' outside {first} to {last}. Check the endpoint's "
            "params in endpoints.json; nothing was committed."
        )
