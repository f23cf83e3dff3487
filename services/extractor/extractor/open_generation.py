"""A generation before its commit: the readings and checkpoints that runs have put into the lake so far.

All runs of a partition share it. A put that is refused means that another run was faster: what is stored
counts, and every decision (how many pages?) is made from stored pages.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from pydantic import ValidationError

from extractor.pages import CorruptCheckpointError, Page, decode_checkpoint, encode_checkpoint
from extractor.reading_request import ReadingRequest
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import CheckpointKey, Partition, RequestKey, inflight_prefix
from gamemarket.manifest import read_current_manifest

_log = logging.getLogger(__name__)


class OpenReading:
    """One pass over one request's pages, as far as it has come."""

    def __init__(
        self, lake: Lake, key: RequestKey, request: ReadingRequest, stored: set[int]
    ) -> None:
        """Takes what the lake holds; `OpenGeneration` makes these."""
        self._lake = lake
        self._key = key
        self.request = request
        self.stored = stored

    @property
    def number(self) -> int:
        """The reading's number within its generation, from 1."""
        return self._key.reading

    def checkpoint_key(self, page: int) -> CheckpointKey:
        """Where a page is stored."""
        return CheckpointKey(
            partition=self._key.partition,
            generation=self._key.generation,
            reading=self._key.reading,
            page=page,
        )

    def store(self, page: Page) -> None:
        """Puts a page's checkpoint; one that is there already stays as it is."""
        self._lake.put_if_absent(self.checkpoint_key(page.number), encode_checkpoint(page))
        self.stored.add(page.number)

    def load(self, number: int) -> Page:
        """Reads a checkpoint back.

        A corrupt one is dropped and CorruptCheckpointError raised: it is to be asked again.
        """
        key = self.checkpoint_key(number)
        try:
            return decode_checkpoint(number, self._lake.get(key))
        except CorruptCheckpointError:
            _log.warning("%s is corrupt: dropped, to be read again", key)
            self._lake.delete([str(key)])
            self.stored.discard(number)
            raise


class OpenGeneration:
    """The readings of one open generation."""

    def __init__(self, lake: Lake, partition: Partition, generation: int) -> None:
        """Lists what is stored: one request per 1,000 checkpoints."""
        self._lake = lake
        self.partition = partition
        self.number = generation
        self._stored: dict[int, set[int]] = {}
        for key in _list_keys(lake, inflight_prefix(partition, generation)):
            pages = self._stored.setdefault(key.reading, set())
            if isinstance(key, CheckpointKey):
                pages.add(key.page)

    def open_reading(self, number: int, wanted: ReadingRequest) -> OpenReading:
        """Opens a reading, or adopts the one that another run has opened."""
        key = RequestKey(partition=self.partition, generation=self.number, reading=number)
        if self._lake.put_if_absent(key, wanted.to_bytes()):
            return OpenReading(self._lake, key, wanted, set())
        request = self._read_request(key)
        if request.fingerprint != wanted.fingerprint:
            _log.warning(
                "%s was asked otherwise than endpoints.json says now; going on with it", key
            )
        return OpenReading(self._lake, key, request, self._stored.get(number, set()))

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


def _list_keys(lake: Lake, prefix: str) -> Iterator[RequestKey | CheckpointKey]:
    for stored in lake.list(prefix):
        key = CheckpointKey.parse(stored.key) or RequestKey.parse(stored.key)
        if key is None:
            raise LakeError(f"{stored.key} is not a checkpoint: something else wrote it; move it.")
        yield key
