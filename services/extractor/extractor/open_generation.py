"""A generation before its commit: the readings and checkpoints that runs have put into the lake so far.

All runs of a partition share it. A put that is refused means that another run was faster: what is stored
counts, and every decision (how many pages? which slices? one more reading?) is made from stored pages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from extractor.pages import (
    CorruptCheckpointError,
    Page,
    PageFacts,
    Slot,
    UnusablePageError,
    decode_checkpoint,
    encode_checkpoint,
)
from extractor.reading_request import ReadingRequest
from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    AgainKey,
    CheckpointKey,
    Partition,
    RequestKey,
    inflight_prefix,
    parse_inflight_key,
)
from gamemarket.manifest import read_current_manifest

_log = logging.getLogger(__name__)


class OpenReading:
    """One pass over one request's pages, as far as it has come."""

    def __init__(
        self, lake: Lake, key: RequestKey, request: ReadingRequest, stored: set[Slot]
    ) -> None:
        """Takes what the lake holds; `OpenGeneration` makes these."""
        self._lake = lake
        self._key = key
        self._facts: dict[Slot, PageFacts] = {}
        self._is_dropped = False
        self.request = request
        self.stored = stored

    @property
    def number(self) -> int:
        """The reading's number within its generation, from 1."""
        return self._key.reading

    def store(self, page: Page) -> None:
        """Puts a page's checkpoint; when one is there already, that one counts."""
        created = self._lake.put_if_absent(self._checkpoint_key(page.slot), encode_checkpoint(page))
        self.stored.add(page.slot)
        if created:
            self._facts[page.slot] = page.facts

    def load(self, slot: Slot) -> Page:
        """Reads a checkpoint back.

        With a corrupt one the reading is dropped and CorruptCheckpointError raised: open it again.
        """
        return self._read_back(slot, lambda page: page)

    def facts(self, slot: Slot) -> PageFacts:
        """What is known of a stored page; read back once when another run stored it."""
        if slot not in self._facts:
            self._facts[slot] = self._read_back(slot, _check_and_take_facts)
        return self._facts[slot]

    def recall(self, slot: Slot) -> None:
        """Brings a stored page's facts to mind; for many pages at once, from many threads."""
        self.facts(slot)

    def _read_back[Result](self, slot: Slot, take: Callable[[Page], Result]) -> Result:
        key = self._checkpoint_key(slot)
        try:
            return take(decode_checkpoint(slot, self._lake.get(key)))
        except MissingObjectError:
            if self._is_dropped:  # by another thread, which found a corrupt one
                raise CorruptCheckpointError(f"{key} went with its reading") from None
            raise
        except (CorruptCheckpointError, UnusablePageError) as error:
            _log.warning("%s is corrupt: its reading is dropped, to be read again", key)
            self._drop(key)
            raise CorruptCheckpointError(str(error)) from error

    def _drop(self, corrupt: CheckpointKey) -> None:
        """Removes the reading's pages: one page read anew would be of another moment than its proof.

        Second looks go first and the corrupt page last, so that a reading that is dropped in part
        is either found corrupt again or has nothing left that could prove it.
        """
        self._is_dropped = True
        keys = [key for key in _list_keys(self._lake, self._key.prefix) if key != self._key]
        order = sorted(keys, key=lambda key: (key == corrupt, not isinstance(key, AgainKey)))
        self._lake.delete([str(key) for key in order])

    def _checkpoint_key(self, slot: Slot) -> CheckpointKey:
        kind = AgainKey if slot.again else CheckpointKey
        return kind(
            partition=self._key.partition,
            generation=self._key.generation,
            reading=self._key.reading,
            page=slot.number,
        )


def _check_and_take_facts(page: Page) -> PageFacts:
    page.check()
    return page.facts


class OpenGeneration:
    """The readings of one open generation, begun one after the other."""

    def __init__(self, lake: Lake, partition: Partition, generation: int) -> None:
        """Lists what is stored: one request per 1,000 checkpoints."""
        self._lake = lake
        self.partition = partition
        self.number = generation
        self.readings: list[OpenReading] = []
        self._stored: dict[int, set[Slot]] = {}
        for key in _list_keys(lake, inflight_prefix(partition, generation)):
            slots = self._stored.setdefault(key.reading, set())
            if isinstance(key, CheckpointKey):
                slots.add(Slot(key.page, isinstance(key, AgainKey)))

    def begin_reading(self, wanted: ReadingRequest) -> OpenReading:
        """Begins the next reading, or adopts the one that a run has begun already."""
        number = len(self.readings) + 1
        key = RequestKey(partition=self.partition, generation=self.number, reading=number)
        if self._lake.put_if_absent(key, wanted.to_bytes()):
            reading = OpenReading(self._lake, key, wanted, set())
        else:
            request = self._read_request(key)
            if request.fingerprint != wanted.fingerprint:
                _log.warning(
                    "%s asks otherwise than endpoints.json does now; going on with it", key
                )
            reading = OpenReading(self._lake, key, request, self._stored.get(number, set()))
        self.readings.append(reading)
        return reading

    def _read_request(self, key: RequestKey) -> ReadingRequest:
        try:
            return ReadingRequest.model_validate_json(self._lake.get(key))
        except ValidationError:
            raise LakeError(
                f"{key} is not a request that this version can read: something else wrote it, "
                "or a newer version."
            ) from None


def clear_committed(lake: Lake, partition: Partition, committed: int) -> None:
    """Removes the checkpoints of all generations up to the committed one."""
    keys = _list_keys(lake, inflight_prefix(partition))
    lake.delete([str(key) for key in keys if key.generation <= committed])


def clear_leftovers(lake: Lake, source: str) -> None:
    """Removes what runs left that died between commit and clearing: one listing when all is clear."""
    for partition in {key.partition for key in _list_keys(lake, f"inflight/{source}/")}:
        committed = read_current_manifest(lake, partition)
        if committed:
            clear_committed(lake, partition, committed.generation)


def count_stored_pages(lake: Lake, partition: Partition, generation: int) -> int:
    """How many pages of an open generation are stored."""
    keys = _list_keys(lake, inflight_prefix(partition, generation))
    return sum(isinstance(key, CheckpointKey) for key in keys)


def _list_keys(lake: Lake, prefix: str) -> Iterator[RequestKey | CheckpointKey]:
    return (parse_inflight_key(stored.key) for stored in lake.list(prefix))
