"""Parts: committed files of pages, one page a line, in order, up to about 100 MB of JSON, one zstd frame.

A part holds pages of one day of observation, so that facts keyed by that day prune by file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import zstandard
from pydantic_core import from_json

from extractor.pages import ZSTD_LEVEL, Page
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import Partition, PartKey
from gamemarket.manifest import PartRecord

# 100 pages of 1 MB: DuckDB reads 20 such parts as fast as Parquet, and they compress to some 15 MB.
PART_BYTES = 100_000_000


class PartWriter:
    """Collects the pages of one generation into parts and puts them into the lake."""

    def __init__(self, lake: Lake, partition: Partition, generation: int, run_id: str) -> None:
        """Parts carry the run's id: two runs never write the same one."""
        self._lake = lake
        self._partition = partition
        self._generation = generation
        self._run_id = run_id
        self._open: _OpenPart | None = None
        self.parts: list[PartRecord] = []

    def add(self, page: Page) -> None:
        """Appends a page; puts the part before it when that is full or of another day."""
        if self._open and not self._open.has_room_for(page):
            self.close()
        self._open = self._open or _OpenPart()
        self._open.add(page)

    def close(self) -> None:
        """Puts the part that is open, if there is one."""
        if self._open is None:
            return
        body = self._open.finish()
        key = PartKey(
            partition=self._partition,
            generation=self._generation,
            run_id=self._run_id,
            part=len(self.parts) + 1,
        )
        self._lake.put_if_absent(key, body)
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
    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
        self._compressed = bytearray()
        self._json_bytes = 0
        self._observed: list[datetime] = []
        self.pages = 0
        self.rows = 0

    @property
    def observed_at(self) -> datetime:
        return max(self._observed)

    def has_room_for(self, page: Page) -> bool:
        same_day = page.observed_at.date() == self._observed[0].date()
        return same_day and self._json_bytes + len(page.line) <= PART_BYTES

    def add(self, page: Page) -> None:
        self._compressed += self._compressor.compress(page.line)
        self._json_bytes += len(page.line)
        self._observed.append(page.observed_at)
        self.pages += 1
        self.rows += len(page.facts.ids)

    def finish(self) -> bytearray:
        self._compressed += self._compressor.flush()
        return self._compressed


def read_part_ids(lake: Lake, part: PartRecord) -> Iterator[int]:
    """The ids of a committed part's rows; LakeError when its bytes are not what was committed."""
    stored = lake.get(part.key)
    if hashlib.sha256(stored).hexdigest() != part.sha256:
        raise LakeError(f"{part.key} is not what was committed (its sha256 differs).")
    text = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
    for line in text.splitlines():
        yield from (row["id"] for row in from_json(line)["results"])
