"""The details of one run date, one request an id: docs/architecture.md, "Details".

A reading's query fixes the ids, and page n is the answer for the n-th; where a redirect leads is the second
request of the same page. So whoever made a request, it is counted as a checkpoint.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from extractor.api.errors import NoPageError, QuestionRefusedError
from extractor.pages.detail_page import UNAVAILABLE
from extractor.pages.page import Slot
from extractor.reading.fetch_page import OutageError
from extractor.reading.last_answers import count_failures
from extractor.reading.open_generation import OpenGeneration, OpenReading
from extractor.reading.query import DetailQuery, Query
from extractor.reading.read_list import PageReader
from gamemarket.errors import GameMarketError, UpstreamError
from gamemarket.manifest import DetailRecord, ListedItem, Outcome, Reason

_log = logging.getLogger(__name__)

# So many items are few: all of them gone is a wrong path already, when lists named them a moment ago.
# More of them in trouble, and more than this share of what was answered, are the API's own trouble: an
# outage when it can't show them, and a proxy's bad hour when it has them no more (404).
_FEW_ITEMS = 5
_TROUBLED_SHARE = 0.05
# What an answer for one item can be, and say nothing of the others.
_TROUBLE = (UpstreamError, QuestionRefusedError, NoPageError)
type _Troubled = Mapping[Slot, GameMarketError]
# So many at once: enough for all workers, few enough to keep room for the redirects among them.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class DetailReader:
    """Reads what a run date's details still lack, up to its budget; `now` is when it began."""

    pages: PageReader
    generation: OpenGeneration
    now: datetime

    def read(self, query: Query) -> tuple[Reason, ...]:
        """Reads what is missing; what the budget does not reach is left out, not incomplete.

        Raises QuestionRefusedError when none of the first items is there, or all are refused.
        """
        reading = self.generation.begin_reading(query)
        query = _as_details(reading.query)
        self.pages.expect(reading, len(query.requested))
        troubled: dict[Slot, GameMarketError] = {}
        missing = _Missing(self.generation, reading, query)
        _check_path(reading, query)
        while slots := missing.take():
            self._fetch(reading, slots, troubled)
            missing.follow(slot for slot in slots if slot not in troubled)
            _check_path(reading, query)
        _check_question(reading, troubled)
        self._give_up(reading, troubled)
        return ("limited",) if query.is_limited else ()

    def _fetch(
        self, reading: OpenReading, slots: list[Slot], troubled: dict[Slot, GameMarketError]
    ) -> None:
        """Asks for these; an outage is not asked to the end, as each try of it costs a request.

        What failed before others were answered is no part of it: the next run need not ask for it.
        """
        shown_others: set[Slot] = set()

        def fetch(slot: Slot) -> None:
            try:
                self.pages.fetch(reading, slot)
                shown_others.update(tuple(troubled))  # others add to it meanwhile
            except _TROUBLE as error:
                _log.warning("%s", error)
                troubled[slot] = error
                if not _is_outage(reading, troubled):
                    return
                if _shows_any(reading):
                    raise OutageError(str(error)) from None
                raise

        try:
            self.pages.pool.run(fetch, slots)
        except _TROUBLE:
            self._give_up(reading, shown_others)
            raise

    def _give_up(self, reading: OpenReading, slots: Collection[Slot]) -> None:
        """Stores that the API can't show these. An API that shows nothing may be away: no word of it.

        These are then left out, as if they had not been asked for.
        """
        if not _shows_any(reading):
            return
        for slot in slots:
            reading.store(reading.query.build_page(slot, UNAVAILABLE, self.now, b""))


class _Missing:
    """What is still to be asked for, within the budget; redirects first, which keep room for themselves."""

    def __init__(
        self, generation: OpenGeneration, reading: OpenReading, query: DetailQuery
    ) -> None:
        stored = {slot.number for slot in reading.stored}
        settled = _find_outcomes(generation).keys() | stored
        numbers = range(1, len(query.requested) + 1)
        self._generation = generation
        self._reading = reading
        self._daily_requests = query.daily_requests
        self._ahead = _BATCH if settled else _FEW_ITEMS
        self._firsts = deque(Slot(number) for number in numbers if number not in settled)
        self._redirects: deque[Slot] = deque()
        self.follow(sorted(reading.stored))

    def take(self) -> list[Slot]:
        """A few more; none when all have been taken, or the budget is spent."""
        spent = sum(len(begun.stored) for begun in self._generation.readings)
        room = max(0, self._daily_requests - spent)
        if self._redirects:
            return _take(self._redirects, room)
        # Half of the room at most: all of them may be redirects.
        taken = _take(self._firsts, min(room, max(1, room // 2), self._ahead))
        self._ahead = _BATCH
        return taken

    def follow(self, stored: Iterable[Slot]) -> None:
        """Takes note of where these lead, unless somebody has followed them."""
        for slot in stored:
            second = Slot(slot.number, is_second=True)
            is_redirect = not slot.is_second and self._reading.facts(slot).redirect
            if is_redirect and second not in self._reading.stored:
                self._redirects.append(second)


def _take(queue: deque[Slot], most: int) -> list[Slot]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]


def _check_path(reading: OpenReading, query: DetailQuery) -> None:
    """Raises QuestionRefusedError when several that should be there were answered, and none is."""
    gone = 0
    for slot in reading.stored:
        facts = reading.facts(slot)
        if slot.is_second or facts.is_unavailable or not query.item(slot.number).is_expected:
            continue
        if not facts.is_behind_the_end or facts.redirect:
            return
        gone += 1
    if gone >= _FEW_ITEMS:
        raise QuestionRefusedError(
            f"The API has none of the first {gone} items that {query.path} was asked for (404). "
            "Check the endpoint's path in endpoints.json; nothing was committed."
        )


def describe_details(reading: OpenReading) -> dict[Slot, DetailRecord]:
    """What each page of details was asked for and what came of it; {} for a list.

    A list has named most of them a moment ago: when too many of these are deleted, none is.
    """
    query = reading.query
    if not isinstance(query, DetailQuery):
        return {}
    firsts = (slot for slot in reading.stored if not slot.is_second)
    records = {slot: _describe(reading, slot) for slot in firsts}
    deleted = {slot for slot, record in records.items() if record.outcome == "deleted"}
    if not _are_too_many(sum(query.item(slot.number).is_expected for slot in deleted), records):
        return records
    doubted = {"outcome": "unavailable"}  # a failure, as it was
    return records | {slot: records[slot].model_copy(update=doubted) for slot in deleted}


def _describe(reading: OpenReading, slot: Slot) -> DetailRecord:
    item = _as_details(reading.query).item(slot.number)
    outcome, ids = _find_outcome(reading, slot)
    return DetailRecord(
        requested_id=item.id,
        updated=item.updated,
        added=item.added,
        outcome=outcome,
        merged_into=next(iter(ids), None) if outcome == "merged" else None,
        failures=count_failures(outcome, item.failures),
    )


def find_left_out(generation: OpenGeneration) -> tuple[ListedItem, ...]:
    """What the run date's parents named and nobody has an answer for; () for a list.

    Not what an earlier day left out: that day's manifest names it.
    """
    query = generation.readings[0].query
    if not isinstance(query, DetailQuery):
        return ()
    outcomes = _find_outcomes(generation)
    unanswered = (
        item
        for number, item in enumerate(query.requested, start=1)
        if item.is_listed and outcomes.get(number, "unavailable") == "unavailable"
    )
    return (*unanswered, *query.left_out)


def _find_outcomes(generation: OpenGeneration) -> dict[int, Outcome]:
    """What came of the requests, by their numbers, whichever reading they belong to."""
    return {
        slot.number: detail.outcome
        for reading in generation.readings
        for slot, detail in describe_details(reading).items()
        if detail.outcome
    }


def _is_outage(reading: OpenReading, troubled: _Troubled) -> bool:
    """Whether these are too many, but for those that had failed before."""
    return _are_too_many(_count_newly_failed(reading, troubled), reading.stored)


def _check_question(reading: OpenReading, troubled: _Troubled) -> None:
    """Raises the refusal where all that was asked for is refused: a wrong path or parameter."""
    errors = list(troubled.values())
    are_refused = all(isinstance(error, QuestionRefusedError) for error in errors)
    if are_refused and _count_newly_failed(reading, troubled) and not _shows_any(reading):
        raise errors[-1]


def _count_newly_failed(reading: OpenReading, troubled: _Troubled) -> int:
    query = _as_details(reading.query)
    return sum(not query.item(slot.number).failures for slot in tuple(troubled))


def _shows_any(reading: OpenReading) -> bool:
    return not all(reading.facts(slot).is_unavailable for slot in tuple(reading.stored))


def _are_too_many(troubled: int, answered: Collection[Slot]) -> bool:
    return troubled > max(_FEW_ITEMS, _TROUBLED_SHARE * len(answered))


def _find_outcome(reading: OpenReading, slot: Slot) -> tuple[Outcome | None, list[int]]:
    """What came of a stored page, and whose row that is."""
    facts, second = reading.facts(slot), Slot(slot.number, is_second=True)
    if facts.redirect:
        if second not in reading.stored:
            return None, []
        asked, facts = facts.redirect, reading.facts(second)
        if facts.ids and facts.slug != asked:
            return "merged", []  # RAWG takes a slug of digits for an id: that is another game
    if facts.is_unavailable:
        return "unavailable", []
    if facts.ids:
        is_itself = facts.ids[0] == _as_details(reading.query).item(slot.number).id
        return ("stored" if is_itself else "merged"), list(facts.ids)
    return ("merged" if facts.redirect else "deleted"), []


def _as_details(query: Query) -> DetailQuery:
    assert isinstance(query, DetailQuery)
    return query
