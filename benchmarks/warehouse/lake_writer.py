"""Commits pages from standard input into a lake, as the extractor would: parts and a manifest a day.

Started on the extractor's interpreter: `lake_writer.py <folder>`; the pages are sandbox_pages.py's. Prints
pages, rows, parts and bytes (of JSON, and as stored) as one JSON object.
"""

import json
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from extractor.pages.page import PageFacts, Slot
from extractor.pages.parts import PartWriter
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import Manifest, PageRecord, ReadingRecord

_RUN_ID = "bench"
_PAGE_SIZE = 40


@dataclass(frozen=True)
class _Page:
    """One page; `line` as it stands in a part."""

    partition: Partition
    facts: PageFacts
    line: bytes


def main() -> None:
    """Writes into the folder that the first argument names."""
    lake = FolderLake.open(Path(sys.argv[1]))
    written = {"pages": 0, "rows": 0, "parts": 0, "json_bytes": 0, "stored_bytes": 0}
    pages = _read_pages(sys.stdin.buffer)
    for partition, of in groupby(pages, lambda page: page.partition):
        writer = PartWriter(lake, partition, 1, _RUN_ID)
        facts = []
        is_list = partition.endpoint != "game_details"  # a page of these is one row
        for page in of:
            writer.add(page.line, page.facts)
            facts.append(page.facts)
            written["json_bytes"] += len(page.line) if is_list else 0
        writer.close()
        manifest = _manifest(partition, writer, facts)
        lake.put_if_absent(manifest.key, manifest.to_bytes())
        written["pages"] += len(facts) if is_list else 0
        written["rows"] += manifest.rows
        written["parts"] += len(manifest.parts)
        written["stored_bytes"] += sum(part.bytes for part in writer.parts)
    print(json.dumps(written))


def _read_pages(stream: BinaryIO) -> Iterator[_Page]:
    while head := stream.readline():
        said: dict[str, Any] = json.loads(head)
        line = stream.readline()
        facts = PageFacts(
            slot=Slot(said["number"]),
            count=len(said["ids"]),
            has_next=False,
            rows=len(said["ids"]),
            ids=array("Q", said["ids"]),
            observed_at=datetime.fromisoformat(said["observed_at"]),
            sha256=sha256(line).digest(),
        )
        day = date.fromisoformat(said["run_date"])
        yield _Page(Partition(source="rawg", endpoint=said["endpoint"], run_date=day), facts, line)


def _manifest(partition: Partition, writer: PartWriter, facts: list[PageFacts]) -> Manifest:
    rows = sum(len(page.ids) for page in facts)
    ids = {row_id for page in facts for row_id in page.ids}
    observed_at = max(page.observed_at for page in facts)
    reading = ReadingRecord(generation=1, reading=1, params={}, count=rows, distinct_ids=len(ids))
    return Manifest(
        source=partition.source,
        endpoint=partition.endpoint,
        run_date=partition.run_date,
        generation=1,
        run_id=_RUN_ID,
        fingerprint=_RUN_ID,
        params={},
        items=None if partition.endpoint == "game_details" else "results",
        page_size=_PAGE_SIZE,
        page_limit=None,
        max_pages=None,
        complete=True,
        reasons=(),
        parts=tuple(writer.parts),
        pages=tuple(_page_record(page) for page in facts),
        readings=(reading,),
        count=rows,
        rows=rows,
        distinct_ids=len(ids),
        duplicates=rows - len(ids),
        requests=len(facts),
        started_at=observed_at,
        finished_at=observed_at,
        extractor_version="benchmark",
    )


def _page_record(page: PageFacts) -> PageRecord:
    return PageRecord(
        generation=1,
        reading=1,
        number=page.slot.number,
        rows=len(page.ids),
        sha256=page.sha256.hex(),
        count=page.count,
        observed_at=page.observed_at,
    )


if __name__ == "__main__":
    main()
