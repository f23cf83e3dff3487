"""The details of one run date: one request an id, and one more where an item was merged into another.

A reading's request fixes the ids, most wanted first, and page n is the answer for the n-th. A redirect
is stored as it came, and where it leads is asked once, as the second look at the same page: so every
request of the day's budget but retries is a checkpoint, and is counted whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from extractor.open_generation import OpenGeneration, OpenReading
from extractor.pages import Slot
from extractor.rawg_client import QuestionRefusedError
from extractor.read_list import PageReader
from extractor.reading_request import DetailRequest, ReadingRequest
from gamemarket.errors import UpstreamError
from gamemarket.manifest import DetailRecord, Outcome, Reason, WantedDetail

# The most wanted were in lists a moment ago: so many of them gone is a wrong path, not a deletion.
_GONE_IN_A_ROW = 5
# RAWG has items that it can't show (500, whenever one asks). They wait for another day; more of them
# than this, and than this share of what was answered, are an outage.
_TROUBLED_ITEMS = 5
_TROUBLED_SHARE = 0.05
# So many at once: enough for all workers, few enough to keep room for the redirects among them.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class DetailReader:
    """Reads what a run date's details still lack, up to its budget."""

    pages: PageReader
    generation: OpenGeneration

    def read(self, wanted: ReadingRequest) -> tuple[Reason, ...]:
        """Reads what is missing; what the budget does not reach is left out, not incomplete.

        Raises QuestionRefusedError when none of the first items is there.
        """
        reading = self.generation.begin_reading(wanted)
        request = _as_details(reading.request)
        self.pages.expect(reading, len(request.wanted))
        troubled: set[Slot] = set()
        self._check_path(reading, request)
        while slots := self._choose_next(reading, request, troubled):
            self._fetch(reading, slots, troubled)
            self._check_path(reading, request)
        return ("limited",) if request.is_limited else ()

    def _fetch(self, reading: OpenReading, slots: list[Slot], troubled: set[Slot]) -> None:
        """Asks for these; an outage is not asked to the end, as each try of it costs a request."""

        def fetch(slot: Slot) -> None:
            try:
                self.pages.fetch(reading, slot)
            except UpstreamError:
                troubled.add(slot)
                if len(troubled) > max(_TROUBLED_ITEMS, _TROUBLED_SHARE * len(reading.stored)):
                    raise

        self.pages.pool.run(fetch, slots)

    def _choose_next(
        self, reading: OpenReading, request: DetailRequest, troubled: set[Slot]
    ) -> list[Slot]:
        """A few more, within the budget; redirects first, which keep room for themselves."""
        spent = sum(len(begun.stored) for begun in self.generation.readings)
        room = request.daily_requests - spent
        redirects = [slot for slot in _find_redirects(reading) if slot not in troubled]
        settled = {n for begun in self.generation.readings for n in _find_settled(begun)}
        tried = {slot.number for slot in reading.stored | troubled}
        numbers = range(1, len(request.wanted) + 1)
        missing = [Slot(n) for n in numbers if n not in settled and n not in tried]
        # Half of the room at most: all of the others may be redirects.
        ahead = max(1, min(room // 2, _BATCH)) if settled or tried else _GONE_IN_A_ROW
        return (redirects or missing[:ahead])[: max(0, room)]

    def _check_path(self, reading: OpenReading, request: DetailRequest) -> None:
        fresh = (s for s in reading.stored if not s.again and s.number <= request.fresh)
        first = sorted(fresh)[:_GONE_IN_A_ROW]
        facts = [reading.facts(slot) for slot in first]
        gone = [page.is_behind_the_end and page.redirect is None for page in facts]
        if len(gone) == _GONE_IN_A_ROW and all(gone):
            raise QuestionRefusedError(
                f"The API has none of the first {len(gone)} items that {request.path} was asked "
                "for (404). Check the endpoint's path in endpoints.json; nothing was committed."
            )


def describe_detail(reading: OpenReading, slot: Slot) -> DetailRecord | None:
    """What a page of details was asked for and what came of it; None for a page of a list."""
    if slot.again or not isinstance(reading.request, DetailRequest):
        return None
    wanted = reading.request.wanted[slot.number - 1]
    outcome, ids = _find_outcome(reading, slot)
    return DetailRecord(
        requested_id=wanted.id,
        updated=wanted.updated,
        added=wanted.added,
        outcome=outcome,
        merged_into=next(iter(ids), None) if outcome == "merged" else None,
    )


def find_left_out(generation: OpenGeneration) -> tuple[WantedDetail, ...]:
    """What the run date's parents named and nobody has an answer for; () for a list."""
    request = generation.readings[0].request
    if not isinstance(request, DetailRequest):
        return ()
    settled = {n for reading in generation.readings for n in _find_settled(reading)}
    unsettled = (w for n, w in enumerate(request.wanted, start=1) if n not in settled)
    return (*unsettled, *request.left_out)


def _find_settled(reading: OpenReading) -> Iterator[int]:
    firsts = (slot for slot in reading.stored if not slot.again)
    return (slot.number for slot in firsts if _find_outcome(reading, slot)[0])


def _find_redirects(reading: OpenReading) -> list[Slot]:
    """Where stored redirects lead that nobody has followed."""
    seconds = (Slot(s.number, again=True) for s in reading.stored if reading.facts(s).redirect)
    return sorted(slot for slot in seconds if slot not in reading.stored)


def _find_outcome(reading: OpenReading, slot: Slot) -> tuple[Outcome | None, list[int]]:
    """What came of a stored page, and whose row that is."""
    facts, second = reading.facts(slot), Slot(slot.number, again=True)
    if facts.redirect:
        if second not in reading.stored:
            return None, []
        facts = reading.facts(second)
    if facts.ids:
        is_itself = facts.ids[0] == _requested(reading, slot)
        return ("stored" if is_itself else "merged"), list(facts.ids)
    return ("merged" if facts.redirect else "deleted"), []


def _requested(reading: OpenReading, slot: Slot) -> int:
    return _as_details(reading.request).wanted[slot.number - 1].id


def _as_details(request: ReadingRequest) -> DetailRequest:
    assert isinstance(request, DetailRequest)
    return request
