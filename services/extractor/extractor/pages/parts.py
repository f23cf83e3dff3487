"""Parts: committed files of pages, one page a line, in order, up to about 100 MB of JSON, one zstd frame.

A part holds pages of one day of observation, so that facts keyed by that day prune by file; and of about one
moment, since all its rows count as observed when its latest page was: a reading that is gone on with hours
later must not make the rows that it had seem newer than what was read in between.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import zstandard

from extractor.pages.page import PageFacts
from extractor.pages.rows import read_rows
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import Partition, PartKey
from gamemarket.manifest import PartRecord

# Level 1 with the memory of level 3 makes the same size (7.7 % of 53 MB of pages) for three quarters of
# its CPU; gzip's level 6 takes four times that. Parts made of the checkpoints' frames, without a second
# compression, would be 1.6 times as large, and of pages of 20 kB 2.6 times: a page resembles the others.
_ZSTD = zstandard.ZstdCompressionParameters.from_level(1, window_log=21, hash_log=17)

# 100 pages of 1 MB: DuckDB reads 20 such parts as fast as Parquet, and they compress to some 15 MB.
PART_BYTES = 100_000_000

# From the part's first page, earlier or later. A part is filled in a minute or two.
PART_SPAN = timedelta(minutes=15)


class PartWriter:
    """Collects the pages of one generation into parts and puts them into the lake."""

    def __init__(
        self,
        lake: Lake,
        partition: Partition,
        generation: int,
        run_id: str,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """Parts carry the run's id: two runs never write the same one.

        `numbers` are the parts' own: a run that opens a generation once more counts on.
        """
        self._numbers = numbers or count(1)
        self._lake = lake
        self.partition = partition
        self.generation = generation
        self._run_id = run_id
        self._open: _OpenPart | None = None
        self.parts: list[PartRecord] = []

    def add(self, line: bytes, facts: PageFacts) -> None:
        """Appends a page; puts the part before it when that is full or of another time."""
        if self._open and not self._open.has_room_for(line, facts):
            self.close()
        self._open = self._open or _OpenPart(facts.observed_at)
        self._open.add(line, facts)

    def close(self) -> None:
        """Puts the part that is open, if there is one."""
        if self._open is None:
            return
        body = self._open.finish()
        key = PartKey(
            partition=self.partition,
            generation=self.generation,
            run_id=self._run_id,
            part=next(self._numbers),
        )
        if not self._lake.put_if_absent(key, body) and self._lake.get(key) != body:
            raise LakeError(f"{key} holds other bytes than this run wrote; run again.")
        self.parts.append(
            PartRecord(
                key=str(key),
                bytes=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
                pages=self._open.pages,
                rows=self._open.rows,
                observed_at=self._open.observed_at,
            )
        )
        self._open = None


class _OpenPart:
    def __init__(self, observed_at: datetime) -> None:
        self._compressor = zstandard.ZstdCompressor(compression_params=_ZSTD).compressobj()
        self._compressed = bytearray()
        self._json_bytes = 0
        self._first_observed_at = observed_at
        self.observed_at = observed_at
        self.pages = 0
        self.rows = 0

    def has_room_for(self, line: bytes, facts: PageFacts) -> bool:
        first, observed_at = self._first_observed_at, facts.observed_at
        same_time = first.date() == observed_at.date() and abs(observed_at - first) <= PART_SPAN
        return same_time and self._json_bytes + len(line) <= PART_BYTES

    def add(self, line: bytes, facts: PageFacts) -> None:
        self._compressed += self._compressor.compress(line)
        self._json_bytes += len(line)
        self.observed_at = max(self.observed_at, facts.observed_at)
        self.pages += 1
        self.rows += facts.rows

    def finish(self) -> bytearray:
        self._compressed += self._compressor.flush()
        return self._compressed


class DamagedPartError(LakeError):
    """A part's bytes are not those that were committed."""


def open_part(lake: Lake, part: PartRecord) -> Iterator[bytes]:
    """The lines of a committed part, a page each, as they are taken.

    Raises DamagedPartError or MissingObjectError before the first.
    """
    stored = lake.get(part.key)
    if hashlib.sha256(stored).hexdigest() != part.sha256:
        raise DamagedPartError(f"{part.key}: its bytes are not those that were committed")
    reader = zstandard.ZstdDecompressor().stream_reader(stored)
    return iter(io.BufferedReader(reader, zstandard.DECOMPRESSION_RECOMMENDED_OUTPUT_SIZE))


def read_part_ids(lake: Lake, part: PartRecord, items: str | None) -> Iterator[int]:
    """The ids of a committed part's rows, which `items` names in its pages (None: details).

    Raises DamagedPartError when the part is not as it was committed.
    """
    for line in open_part(lake, part):
        _, ids = read_rows(line, items)
        yield from ids
