"""The commit: stored pages become parts, and one manifest says what the partition holds from now on.

Everything is counted from the stored pages, as they stream by. The put of the manifest decides between
runs: the one that is refused finds the partition committed, which is all it wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap64

from extractor.pages.page import Slot
from extractor.pages.parts import read_part_ids
from extractor.reading.open_generation import OpenGeneration, OpenReading
from extractor.reading.read_details import describe_details, find_left_out
from extractor.reading.read_partition import collect_ids
from extractor.workers.bound_memory import give_back_memory
from extractor.workers.worker_pool import WorkerPool
from gamemarket import __version__
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
    pool: WorkerPool,
    generation: OpenGeneration,
    reasons: tuple[Reason, ...],
    previous: Manifest | None,
    run: CommittingRun,
) -> None:
    """Writes what is left of the parts, then puts the manifest; refused, another run has committed.

    `previous` is the generation that this one replaces: what it held under the same fingerprint
    stays part of the partition (RAWG knows only a row's latest `updated`: rows that moved on since
    would be gone), so a new generation can only add.
    """
    give_back_memory()
    for reading in generation.readings:
        slots = [slot for slot in _slots_kept(reading) if _is_missing(reading, slot)]
        lines = pool.map_in_order(_line_loader(reading), slots)
        for slot, line in zip(slots, lines, strict=True):
            generation.writer.add(line, reading.facts(slot))
    generation.writer.close()
    query = generation.readings[0].query
    same = previous and previous.fingerprint == query.fingerprint
    kept = previous if previous and same and previous.items == query.items else None
    manifest = _build_manifest(lake, generation, generation.writer.parts, kept, reasons, run)
    lake.put_if_absent(manifest.key, manifest.to_bytes())


def _line_loader(reading: OpenReading) -> Callable[[Slot], bytes]:
    return lambda slot: reading.load(slot).line


def _is_missing(reading: OpenReading, slot: Slot) -> bool:
    return not (reading.is_in_a_part(slot) or reading.facts(slot).is_behind_the_end)


def _slots_kept(reading: OpenReading) -> list[Slot]:
    """The pages in order, then second requests, but for those that showed the same rows."""
    slots = sorted(reading.stored, key=lambda slot: (slot.is_second, slot.number))
    return [slot for slot in slots if not (slot.is_second and _shows_the_same(reading, slot))]


def _shows_the_same(reading: OpenReading, slot: Slot) -> bool:
    first = Slot(slot.number)
    return first in reading.stored and reading.facts(slot).ids == reading.facts(first).ids


def _build_manifest(
    lake: Lake,
    generation: OpenGeneration,
    parts: Sequence[PartRecord],
    kept: Manifest | None,
    reasons: tuple[Reason, ...],
    run: CommittingRun,
) -> Manifest:
    query = generation.readings[0].query
    complete = not reasons or bool(kept and kept.complete)
    reasons = tuple(sorted({*reasons, *(kept.reasons if kept else ())}))
    records = [
        record for reading in generation.readings for record in _page_records(generation, reading)
    ]
    pages = (*(kept.pages if kept else ()), *records)
    ids = collect_ids(generation)
    count = _latest_count(next((r for r in generation.readings if r.stored), None))
    for part in kept.parts if kept else ():
        ids.update(read_part_ids(lake, part, query.items))
    rows, rejected = sum(p.rows for p in pages), sum(p.rejected for p in pages)
    return Manifest(
        source=generation.partition.source,
        endpoint=generation.partition.endpoint,
        run_date=generation.partition.run_date,
        generation=generation.number,
        run_id=run.run_id,
        fingerprint=query.fingerprint,
        params=query.params,
        page_size=query.page_size,
        items=query.items,
        page_limit=query.page_limit,
        max_pages=query.max_pages,
        min_coverage=query.min_coverage,
        complete=complete,
        reasons=() if complete else reasons,
        parts=(*(kept.parts if kept else ()), *parts),
        pages=pages,
        readings=(*(kept.readings if kept else ()), *_reading_records(generation)),
        left_out=find_left_out(generation),
        count=_count_answered(pages) if count is None else count,
        rows=rows,
        rejected=rejected,
        distinct_ids=len(ids),
        duplicates=rows - rejected - len(ids),
        requests=run.requests,
        started_at=query.started_at,
        finished_at=run.now,
        extractor_version=__version__,
    )


def _count_answered(pages: Iterable[PageRecord]) -> int:
    return sum(page.detail is not None and page.detail.outcome is not None for page in pages)


def _page_records(generation: OpenGeneration, reading: OpenReading) -> Iterator[PageRecord]:
    details = describe_details(reading)
    for slot in _slots_kept(reading):
        facts = reading.facts(slot)
        yield PageRecord(
            generation=generation.number,
            reading=reading.number,
            number=slot.number,
            again=slot.is_second,
            rows=facts.rows,
            rejected=facts.rejected,
            sha256=facts.sha256.hex(),
            count=facts.count,
            observed_at=facts.observed_at,
            detail=details.get(slot),
        )


def _reading_records(generation: OpenGeneration) -> Iterator[ReadingRecord]:
    for reading in generation.readings:
        if not reading.stored:  # nothing of it was whole
            continue
        ids = BitMap64()
        for slot in reading.stored:
            ids.update(reading.facts(slot).ids)
        told = _latest_count(reading)
        yield ReadingRecord(
            generation=generation.number,
            reading=reading.number,
            params=reading.query.all_params,
            count=len(ids) if told is None else told,
            distinct_ids=len(ids),
        )


def _latest_count(reading: OpenReading | None) -> int | None:
    """The size of the list as the reading's last answer told it; None for details."""
    slots = sorted(reading.stored) if reading else []
    told = [facts for slot in slots if reading and (facts := reading.facts(slot)).count is not None]
    return max(told, key=lambda facts: facts.observed_at).count if told else None
