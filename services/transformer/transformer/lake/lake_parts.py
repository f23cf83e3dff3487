"""What the lake holds for the warehouse: what current manifests say, and nothing else.

`raw/` is never listed: parts that nobody names are a crash's leftovers or an old generation's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import PartKey, manifests_prefix
from gamemarket.manifest import (
    Manifest,
    Outcome,
    PartRecord,
    pick_current_manifests,
    read_manifest,
)
from transformer.lake.row_shapes import FieldShape, read_shapes

__all__ = [
    "GoneDetail",
    "LakeContents",
    "LakePart",
    "LakePartition",
    "check_parts",
    "read_lake",
]

# Requests to the lake in flight: manifests and parts are read one request each.
_LAKE_THREADS = 16
# What a warehouse's bigint holds. The extractor asks for no larger id; an API's redirect can name one.
_LARGEST_ID = 2**63 - 1

# Source, endpoint, run date.
type _Partition = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class LakePart:
    """One part of a current generation; `file_name` is its lake key.

    `items` names the field of a page that holds its rows; None: a page is one row itself.
    `generation` is the one that read it: a refetch names the parts of those before it, too.
    """

    source_system: str
    endpoint: str
    run_date: date
    file_name: str
    observed_at: datetime
    row_count: int
    sha256: str
    items: str | None = "results"
    generation: int = 1


@dataclass(frozen=True, slots=True)
class LakePartition:
    """One partition as its current manifest sums it up; `reasons` (comma between) why not complete.

    `reported_count` is the list's size as the API last told it, `unaccounted_count` how many of
    these are missing; 0 for what is complete or limited. `manifest_version`: as the lake's listing has it.
    """

    source_system: str
    endpoint: str
    run_date: date
    generation: int
    is_complete: bool
    reasons: str
    part_count: int
    page_count: int
    row_count: int
    reported_count: int
    distinct_id_count: int
    duplicate_count: int
    unaccounted_count: int
    request_count: int
    finished_at: datetime
    manifest_version: str = ""


@dataclass(frozen=True, slots=True)
class GoneDetail:
    """A request for a detail that found the item deleted (no part has a line of it) or merged.

    `merged_into` is None for a deleted one, and where the API's redirect leads nowhere.
    """

    source_system: str
    endpoint: str
    run_date: date
    requested_id: int
    outcome: Outcome
    merged_into: int | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class LakeContents:
    """Parts by file name, partitions by name and run date, and which items are gone."""

    parts: tuple[LakePart, ...] = ()
    partitions: tuple[LakePartition, ...] = ()
    gone: tuple[GoneDetail, ...] = ()

    def find_finished(self, by: datetime) -> frozenset[LakePart]:
        """The parts of the partitions whose current generation was finished by then."""
        finished = {_partition_of(one) for one in self.partitions if one.finished_at <= by}
        return frozenset(part for part in self.parts if _partition_of(part) in finished)


_NOTHING = LakeContents()


def read_lake(lake: Lake, known: LakeContents = _NOTHING) -> LakeContents:
    """Everything that current generations name.

    Reads the manifests that are not in `known` as they are listed: one of details has a record a request,
    and a lake thousands of manifests.
    """
    listed = list(lake.list(manifests_prefix()))
    versions = {stored.key: stored.version for stored in listed}
    remembered = {
        (_partition_of(one), one.generation, one.manifest_version) for one in known.partitions
    }
    kept, new = set(), []
    for partition, key in pick_current_manifests(listed).items():
        name, version = (
            (partition.source, partition.endpoint, partition.run_date),
            versions[str(key)],
        )
        if version and (name, key.generation, version) in remembered:
            kept.add(name)
        else:
            new.append(key)
    with ThreadPoolExecutor(_LAKE_THREADS) as threads:
        read = threads.map(
            lambda key: _summarize(read_manifest(lake, key), versions[str(key)]), new
        )
        found = [_only(known, kept), *read]
    # A refetch names the parts of the generations before it too, but only within its partition.
    parts = (part for one in found for part in one.parts)
    partitions = (partition for one in found for partition in one.partitions)
    gone = (detail for one in found for detail in one.gone)
    return LakeContents(
        parts=tuple(sorted(parts, key=lambda part: part.file_name)),
        partitions=tuple(
            sorted(partitions, key=lambda p: (p.source_system, p.endpoint, p.run_date))
        ),
        gone=tuple(sorted(gone, key=lambda g: (g.endpoint, g.requested_id, g.observed_at))),
    )


def _partition_of(row: LakePart | LakePartition | GoneDetail) -> _Partition:
    return row.source_system, row.endpoint, row.run_date


def _only(contents: LakeContents, partitions: Collection[_Partition]) -> LakeContents:
    return LakeContents(
        parts=tuple(row for row in contents.parts if _partition_of(row) in partitions),
        partitions=tuple(row for row in contents.partitions if _partition_of(row) in partitions),
        gone=tuple(row for row in contents.gone if _partition_of(row) in partitions),
    )


def _summarize(manifest: Manifest, version: str) -> LakeContents:
    """What is kept of a manifest: that of details has a record of each of some 500 requests."""
    return LakeContents(
        parts=tuple(_as_lake_part(manifest, part) for part in manifest.parts),
        partitions=(_as_lake_partition(manifest, version),),
        gone=tuple(_find_gone(manifest)),
    )


def _as_lake_part(manifest: Manifest, part: PartRecord) -> LakePart:
    return LakePart(
        source_system=manifest.source,
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        file_name=part.key,
        observed_at=part.observed_at,
        row_count=part.rows,
        sha256=part.sha256,
        items=manifest.items,
        generation=_generation_of(part),
    )


def _generation_of(part: PartRecord) -> int:
    key = PartKey.parse(part.key)
    if key is None:
        raise LakeError(f"A manifest names {part.key}, which is no part's key.")
    return key.generation


def _as_lake_partition(manifest: Manifest, version: str) -> LakePartition:
    return LakePartition(
        source_system=manifest.source,
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        generation=manifest.generation,
        is_complete=manifest.complete,
        reasons=",".join(manifest.reasons),
        part_count=len(manifest.parts),
        page_count=sum(part.pages for part in manifest.parts),
        row_count=manifest.rows,
        reported_count=manifest.count,
        distinct_id_count=manifest.distinct_ids,
        duplicate_count=manifest.duplicates,
        unaccounted_count=manifest.missing,
        request_count=manifest.requests,
        finished_at=manifest.finished_at,
        manifest_version=version,
    )


def _find_gone(manifest: Manifest) -> Iterator[GoneDetail]:
    for page in manifest.pages:
        detail = page.detail
        if (
            detail
            and detail.outcome in ("deleted", "merged")
            and max(detail.requested_id, detail.merged_into or 0) <= _LARGEST_ID
        ):
            yield GoneDetail(
                source_system=manifest.source,
                endpoint=manifest.endpoint,
                run_date=manifest.run_date,
                requested_id=detail.requested_id,
                outcome=detail.outcome,
                merged_into=detail.merged_into,
                observed_at=page.observed_at,
            )


def check_parts(
    lake: Lake,
    parts: Sequence[LakePart],
    look: Callable[[LakePart, Mapping[str, FieldShape]], None],
) -> None:
    """Compares parts with what their manifests say; LakeError names every one that differs.

    `look` is given what the rows of each part look like. A warehouse can't be trusted with this: DuckDB stops
    at a cut file without naming it, Snowflake's external tables skip it without a word.
    """
    problems = []
    with ThreadPoolExecutor(_LAKE_THREADS) as threads:
        found = threads.map(lambda part: _read_part(lake, part), parts)
        for part, shapes in zip(parts, found, strict=True):
            if isinstance(shapes, str):
                problems.append(shapes)
            else:
                look(part, shapes)
    if problems:
        raise LakeError(
            f"The lake does not hold what its manifests say: {_join(problems)}. Nothing was "
            "loaded. Put the original file back and build again."
        )


def _read_part(lake: Lake, part: LakePart) -> dict[str, FieldShape] | str:
    """What the rows of a part look like, or what is wrong with the part."""
    try:
        body = lake.get(part.file_name)
        if hashlib.sha256(body).hexdigest() == part.sha256:
            return read_shapes(body, part.items)
    except MissingObjectError:
        return f"{part.file_name} is missing"
    except ValueError as error:
        return f"{part.file_name} is not pages of JSON, one a line ({error})"
    return f"{part.file_name} has changed since it was committed ({len(body)} bytes now)"


def _join(problems: Iterable[str]) -> str:
    listed = list(problems)
    more = f"; and {len(listed) - 5} more" if len(listed) > 5 else ""
    return "; ".join(listed[:5]) + more
