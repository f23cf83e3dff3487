"""A generation before its commit: the readings and checkpoints that runs have put into the lake so far.

All runs of a partition share it. A put that is refused means that another run was faster: what is stored
counts, and every decision (how many pages? which slices? one more reading?) is made from stored pages.
Nothing in it is removed before its commit: a reading that is of no more use is followed by another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from extractor.api.rawg_client import Request
from extractor.pages.checkpoint import CorruptCheckpointError, decode_checkpoint, encode_checkpoint
from extractor.pages.page import Page, PageFacts, Slot, UnusablePageError
from extractor.pages.parts import PartWriter
from extractor.pages.spool import Spool
from extractor.reading.assembly import Assembly
from extractor.reading.query import Query, parse_query
from extractor.workers.worker_pool import WorkerPool
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    CheckpointKey,
    Partition,
    QueryKey,
    SecondKey,
    VoidKey,
    inflight_prefix,
    parse_listed,
)
from gamemarket.manifest import find_current_manifest

_log = logging.getLogger(__name__)

InflightKey = QueryKey | VoidKey | CheckpointKey
_INFLIGHT: tuple[type[InflightKey], ...] = (QueryKey, VoidKey, CheckpointKey, SecondKey)


class OvertakenError(Exception):
    """Another run has committed the generation."""


class OpenReading:
    """One pass over one query's pages, as far as it has come.

    `is_whole` until a checkpoint turns out to be corrupt: a page read anew would be of another
    moment than its proof, so another reading must follow; the other pages stay worth having.
    """

    def __init__(
        self,
        lake: Lake,
        spool: Spool,
        key: QueryKey,
        query: Query,
        stored: set[Slot],
        assembly: Assembly | None = None,
    ) -> None:
        """Takes what the lake holds; `OpenGeneration` makes these."""
        self._assembly = assembly
        self._lake = lake
        self._spool = spool
        self._key = key
        self._facts: dict[Slot, PageFacts] = {}
        self.query = query
        self.stored = stored
        self.is_whole = True

    @property
    def number(self) -> int:
        """The reading's number within its generation, from 1."""
        return self._key.reading

    def is_in_a_part(self, slot: Slot) -> bool:
        """Whether the page needs no more to be added; to be asked when nothing is being stored."""
        done = self._assembly.pages if self._assembly else 0
        return not slot.is_second and slot.number <= done

    def ask_for(self, slot: Slot) -> Request:
        """The request of a page; the second one of an item that was merged is for the other."""
        redirect = self.facts(Slot(slot.number)).redirect if slot.is_second else None
        return self.query.request(slot, redirect)

    def store(self, page: Page) -> None:
        """Puts a page's checkpoint; when one is there already, that one counts."""
        key, body = self._checkpoint_key(page.slot), encode_checkpoint(page)
        created = self._lake.put_if_absent(key, body)
        self.stored.add(page.slot)
        if created:
            self._spool.add(str(key), body)
            self._facts[page.slot] = page.facts
            if self._assembly and not page.slot.is_second:
                self._assembly.add(page, self.load)

    def load(self, slot: Slot) -> Page:
        """Reads a checkpoint back; CorruptCheckpointError: open the generation again."""
        key = self._checkpoint_key(slot)
        stored = self._spool.get(str(key)) or self._lake.get(key)
        return decode_checkpoint(slot, stored, self.query.layout)

    def facts(self, slot: Slot) -> PageFacts:
        """What is known of a stored page; read back once when another run stored it."""
        if slot not in self._facts:
            page = self.load(slot)
            try:
                page.check()
            except UnusablePageError as error:
                raise CorruptCheckpointError(str(error)) from error
            self._facts[slot] = page.facts
        return self._facts[slot]

    def recall(self, slot: Slot) -> None:
        """Brings a stored page's facts to mind; for many pages at once, from many threads."""
        self.facts(slot)

    def check(self, slot: Slot) -> None:
        """Brings a stored page's facts to mind; a corrupt one is as good as not stored."""
        try:
            self.facts(slot)
        except CorruptCheckpointError:
            key = self._checkpoint_key(slot)
            _log.warning("%s is corrupt: another reading follows its own", key)
            self.stored.discard(slot)
            self.is_whole = False

    def void(self, reason: str) -> None:
        """Says that nobody shall go on with the reading."""
        key = VoidKey(
            partition=self._key.partition, generation=self._key.generation, reading=self.number
        )
        self._lake.put_if_absent(key, json.dumps({"reason": reason}).encode() + b"\n")

    def _checkpoint_key(self, slot: Slot) -> CheckpointKey:
        kind = SecondKey if slot.is_second else CheckpointKey
        return kind(
            partition=self._key.partition,
            generation=self._key.generation,
            reading=self._key.reading,
            page=slot.number,
        )


class OpenGeneration:
    """The readings of one open generation, begun one after the other."""

    def __init__(self, lake: Lake, pool: WorkerPool, writer: PartWriter) -> None:
        """Lists what is stored: one request per 1,000 checkpoints. `writer` writes its parts."""
        self._lake = lake
        self._pool = pool
        self._spool = Spool()
        self.partition = writer.partition
        self.number = writer.generation
        self.writer = writer
        self.readings: list[OpenReading] = []
        self._last_number = 0
        self._stored: dict[int, set[Slot]] = {}
        self._void: set[int] = set()
        for key in _list_keys(lake, inflight_prefix(self.partition, self.number)):
            if isinstance(key, CheckpointKey):
                slot = Slot(key.page, isinstance(key, SecondKey))
                self._stored.setdefault(key.reading, set()).add(slot)
            elif isinstance(key, VoidKey):
                self._void.add(key.reading)

    def close(self) -> None:
        """Lets go of what was kept at hand."""
        self._spool.close()

    def begin_reading(self, query: Query) -> OpenReading:
        """Begins the next reading, or adopts the one that a run has begun already.

        The first one's query decides for all of the generation. A reading that can't be gone on
        with is passed over: its whole pages are kept, and the next number is tried.
        """
        while True:
            reading = self._open_next(query)
            if not self._belongs_here(reading.query):
                continue
            if not self.readings:
                self._compare(reading, query)
                query = reading.query
            self.readings.append(reading)
            self._pool.run(reading.check, list(reading.stored))
            if reading.is_whole and reading.query.asks_like(query):
                return reading

    def void(self, reason: str, *, surely: bool = False) -> bool:
        """Gives up all readings, the deciding one last; False when what is stored shows that the
        question was understood, unless it is sure that it can't be answered."""
        if not surely and any(r.query.is_understood(r.stored, r.facts) for r in self.readings):
            return False
        for reading in reversed(self.readings):
            reading.void(reason)
        return True

    def is_overtaken(self) -> bool:
        """Whether another run has committed this generation, and may be clearing it."""
        current = find_current_manifest(self._lake, self.partition)
        return current is not None and current.generation >= self.number

    def _open_next(self, query: Query) -> OpenReading:
        self._last_number += 1
        while self._last_number in self._void:
            self._last_number += 1
        number = self._last_number
        key = QueryKey(partition=self.partition, generation=self.number, reading=number)
        is_begun = not self._lake.put_if_absent(key, query.to_bytes())
        # Before it costs a request: what was listed may be older than another run's commit.
        if self.is_overtaken():
            raise OvertakenError
        adopted = self._read_query(key) if is_begun else query
        stored = self._stored.get(number, set())
        # Pages of others, and readings after the first, are put in order when all are there.
        assembly = None if self.readings or stored else Assembly(self.writer)
        return OpenReading(self._lake, self._spool, key, adopted, stored, assembly)

    def _belongs_here(self, query: Query) -> bool:
        """Not what is left of a question that was given up: slices of it, whose list is void."""
        if not self.readings:
            return not query.slice
        return query.fingerprint == self.readings[0].query.fingerprint

    def _compare(self, reading: OpenReading, query: Query) -> None:
        if reading.query.fingerprint != query.fingerprint:
            _log.warning(
                "%s was begun by run %s, which asked otherwise than endpoints.json does now; "
                "going on with it",
                self.partition,
                reading.query.run_id,
            )

    def _read_query(self, key: QueryKey) -> Query:
        try:
            return parse_query(self._lake.get(key))
        except ValidationError:
            raise LakeError(
                f"{key} is no query that this version can read: something else wrote it, or "
                "another version. Remove its folder: its pages are then asked for again."
            ) from None


def clear_committed(lake: Lake, partition: Partition, committed: int) -> None:
    """Removes the checkpoints of all generations up to the committed one, if the lake lets us.

    They are of no use any more, and in nobody's way: the next run tries again.
    """
    try:
        keys = _list_keys(lake, inflight_prefix(partition))
        lake.delete([str(key) for key in keys if key.generation <= committed])
    except LakeError as error:
        _log.warning("%s is committed, its checkpoints stay for now: %s", partition, error)


def clear_leftovers(lake: Lake, source: str) -> None:
    """Removes what runs left that died between commit and clearing: one listing when all is clear."""
    for partition in {key.partition for key in _list_keys(lake, f"inflight/{source}/")}:
        committed = find_current_manifest(lake, partition)
        if committed:
            clear_committed(lake, partition, committed.generation)


def count_open_pages(lake: Lake, prefix: str) -> Mapping[tuple[Partition, int], int]:
    """The generations below a prefix of inflight/ that are begun, with how many pages they hold.

    Those whose readings are void are not: nobody would go on with them.
    """
    pages: dict[tuple[Partition, int], dict[int, int]] = {}
    void: list[VoidKey] = []
    for key in _list_keys(lake, prefix):
        readings = pages.setdefault((key.partition, key.generation), {})
        readings[key.reading] = readings.get(key.reading, 0) + isinstance(key, CheckpointKey)
        if isinstance(key, VoidKey):
            void.append(key)
    for key in void:
        pages[key.partition, key.generation].pop(key.reading)
    return {generation: sum(counts.values()) for generation, counts in pages.items() if counts}


def _list_keys(lake: Lake, prefix: str) -> Iterator[InflightKey]:
    return parse_listed(lake.list(prefix), *_INFLIGHT)
