"""The commit: stored pages become parts, and one manifest says what the partition holds from now on.

Everything is counted from the stored pages, as they stream by. The put of the manifest decides between
runs: the one that is refused finds the partition committed, which is all it wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from extractor import __version__
from extractor.open_generation import OpenGeneration
from extractor.pages import Page
from extractor.parts import PartWriter, read_part_ids
from extractor.read_list import ListRead
from gamemarket.endpoints import Endpoint
from gamemarket.lake import Lake
from gamemarket.manifest import Manifest, PageRecord, PartRecord, ReadingRecord, Reason


@dataclass(frozen=True, slots=True)
class CommittingRun:
    """What the manifest says of the run that commits."""

    run_id: str
    requests: int
    now: datetime


def commit_generation(
    lake: Lake,
    endpoint: Endpoint,
    generation: OpenGeneration,
    read: Sequence[ListRead],
    previous: Manifest | None,
    run: CommittingRun,
) -> None:
    """Writes the parts, then puts the manifest; refused, another run has committed.

    `previous` is the generation that this one replaces: what it held under the same fingerprint
    stays part of the partition (RAWG knows only a row's latest `updated`: rows that moved on since
    would be gone), so a new generation can only add.
    """
    tallies = [_Tally(generation.number, list_read) for list_read in read]
    writer = PartWriter(lake, generation.partition, generation.number, run.run_id)
    for tally in tallies:
        for page in tally.count_pages():
            writer.add(page)
    writer.close()
    same = previous and previous.fingerprint == read[0].reading.request.fingerprint
    kept = previous if same else None
    ids = set[int]().union(*(tally.ids for tally in tallies))
    for part in kept.parts if kept else ():
        ids.update(read_part_ids(lake, part))
    reasons = () if kept and kept.complete else _find_reasons(endpoint, tallies[-1])
    manifest = _build_manifest(generation, tallies, writer.parts, kept, ids, reasons, run)
    lake.put_if_absent(manifest.key, manifest.to_bytes())


@dataclass(slots=True)
class _Tally:
    """What one reading's pages hold, counted as they pass."""

    generation: int
    read: ListRead
    pages: list[PageRecord] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    rows: int = 0
    count: int = 0
    points_on: bool = False

    def count_pages(self) -> Iterator[Page]:
        """Passes on the pages that have a place in the parts: all but a 404 behind the end."""
        for page in self.read.load_pages():
            self._add(page)
            if not page.is_behind_the_end:
                yield page

    def _add(self, page: Page) -> None:
        self.ids.update(page.ids)
        self.rows += len(page.ids)
        self.points_on = page.has_next
        self.count = self.count if page.count is None else page.count
        self.pages.append(
            PageRecord(
                generation=self.generation,
                reading=self.read.reading.number,
                number=page.number,
                rows=len(page.ids),
                sha256=page.sha256,
                count=page.count,
                observed_at=page.observed_at,
            )
        )

    def to_record(self) -> ReadingRecord:
        return ReadingRecord(
            generation=self.generation,
            reading=self.read.reading.number,
            count=self.count,
            distinct_ids=len(self.ids),
            unaccounted=self.count - len(self.ids),
        )


def _find_reasons(endpoint: Endpoint, tally: _Tally) -> tuple[Reason, ...]:
    """Why the partition is not complete; none when it is."""
    request = tally.read.reading.request
    if tally.points_on and tally.read.last == request.max_pages:
        return ("limited",)
    if tally.points_on and tally.read.last == request.page_limit:
        return ()  # these pages are what the endpoint is
    required = (endpoint.min_coverage or 1.0) * tally.count
    return () if len(tally.ids) >= required else ("drifted",)


def _build_manifest(
    generation: OpenGeneration,
    tallies: Sequence[_Tally],
    parts: Sequence[PartRecord],
    kept: Manifest | None,
    ids: set[int],
    reasons: tuple[Reason, ...],
    run: CommittingRun,
) -> Manifest:
    request = tallies[0].read.reading.request
    rows = sum(tally.rows for tally in tallies) + (kept.rows if kept else 0)
    return Manifest(
        source=generation.partition.source,
        endpoint=generation.partition.endpoint,
        run_date=generation.partition.run_date,
        generation=generation.number,
        run_id=run.run_id,
        fingerprint=request.fingerprint,
        params=request.params,
        page_size=request.page_size,
        page_limit=request.page_limit,
        max_pages=request.max_pages,
        complete=not reasons,
        reasons=reasons,
        parts=(*(kept.parts if kept else ()), *parts),
        pages=(*(kept.pages if kept else ()), *(page for t in tallies for page in t.pages)),
        readings=(*(kept.readings if kept else ()), *(t.to_record() for t in tallies)),
        rows=rows,
        distinct_ids=len(ids),
        duplicates=rows - len(ids),
        requests=run.requests,
        started_at=request.started_at,
        finished_at=run.now,
        extractor_version=__version__,
    )
