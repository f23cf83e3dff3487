"""What a lake must hold in the end, whatever happened on the way: judged by the sandbox's truth alone."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import zstandard

from gamemarket.lake import Lake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import Manifest, read_current_manifest


@dataclass(frozen=True)
class Judgement:
    """One committed partition, read without any of the extractor's code."""

    lake: Lake
    manifest: Manifest

    @classmethod
    def of(cls, lake: Lake, endpoint: str, run_date: date) -> Judgement:
        partition = Partition(source="rawg", endpoint=endpoint, run_date=run_date)
        manifest = read_current_manifest(lake, partition)
        assert manifest is not None, f"nothing of {partition} is committed"
        return cls(lake, manifest)

    @cached_property
    def lines(self) -> list[bytes]:
        """The pages, as they stand in the parts that the manifest names."""
        return [line for part in self.manifest.parts for line in _read_lines(self.lake, part.key)]

    @cached_property
    def rows(self) -> dict[int, set[str]]:
        """The hashes under which each row was seen."""
        found: dict[int, set[str]] = {}
        for line in self.lines:
            for row, hashed in _hash_rows(line):
                found.setdefault(row, set()).add(hashed)
        return found

    def count_lost(self, truth: Mapping[str, Any]) -> int:
        """Rows that were there throughout and are not, or not as they were served.

        What the manifest says that it leaves out is not lost.
        """
        left_out = {item.id for item in self.manifest.left_out}
        return sum(
            truth["records"][row]["sha256"] not in self.rows.get(row, ())
            for row in truth["ids_throughout"]
            if row not in left_out
        )

    def find_problems(self, truth: Mapping[str, Any]) -> Iterator[str]:
        """Everything that is wrong, one sentence each, but for rows that are lost."""
        if invented := self.rows.keys() - set(truth["ids_ever"]):
            yield f"rows that never were: {sorted(invented)}"
        yield from self._find_wrong_pages()
        if self.manifest.distinct_ids != len(self.rows):
            yield f"{len(self.rows)} distinct ids, the manifest says {self.manifest.distinct_ids}"
        yield from self._find_strays()

    def _find_wrong_pages(self) -> Iterator[str]:
        pages = self.manifest.pages
        named = Counter((page.generation, page.reading, page.number, page.again) for page in pages)
        if twice := [page for page, times in named.items() if times > 1]:
            yield f"pages twice in the manifest: {twice}"
        if larger := [page for page in pages if page.rows > self.manifest.page_size]:
            yield f"pages of another question than the manifest's: {larger}"
        hashes = [hashlib.sha256(line + b"\n").hexdigest() for line in self.lines]
        if hashes != [page.sha256 for page in pages if page.has_line]:
            yield "the parts' lines are not the manifest's pages, in their order"

    def _find_strays(self) -> Iterator[str]:
        folder = f"manifests/{self.manifest.source}/{self.manifest.endpoint}/"
        manifests = [stored.key for stored in self.lake.list(folder)]
        if manifests != [str(self.manifest.key)]:
            yield f"not one current generation: {manifests}"
        if left := [stored.key for stored in self.lake.list("inflight/")]:
            yield f"not cleared: {left}"

    def calls_explained(self) -> int:
        """What the recorded pages of all readings cost, with both ends of each asked again."""
        pages = sum(not page.again for page in self.manifest.pages)
        return pages + 2 * len(self.manifest.readings)


def _read_lines(lake: Lake, key: str) -> list[bytes]:
    return zstandard.ZstdDecompressor().decompressobj().decompress(lake.get(key)).splitlines()


@lru_cache(maxsize=1_000)  # most scenarios end with the same pages
def _hash_rows(line: bytes) -> Sequence[tuple[int, str]]:
    page = json.loads(line)
    return [(row["id"], _hash_row(row)) for row in page.get("results", [page])]


def _hash_row(row: object) -> str:
    text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
