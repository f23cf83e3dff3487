"""What the lake holds for the warehouse: what current manifests say, and nothing else.

`raw/` is never listed: parts that nobody names are a crash's leftovers or an old generation's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    "LakeChanges",
    "LakePart",
    "LakePartition",
    "check_parts",
    "read_lake",
]

# Requests to the lake in flight: manifests and parts are read one request each.
_LAKE_THREADS = 16
# What a warehouse's bigint holds. The extractor asks for no larger id; an API's redirect can name one.
_LARGEST_ID = 2**63 - 1


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

    It has what nobody should have to open manifests for, also of what no model reads: requests, duplicates.
    `reported_count` is the list's size as the API last told it, `unaccounted_count` how many of
    these are missing; 0 for what is complete or limited. `manifest` is the manifest's lake key,
    `manifest_version` as the lake's listing has it.
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
    manifest: str
    manifest_version: str


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
class LakeChanges:
    """What manifests say that are new or others than before; `left`: keys of those that count no more."""

    parts: tuple[LakePart, ...] = ()
    partitions: tuple[LakePartition, ...] = ()
    gone: tuple[GoneDetail, ...] = ()
    left: frozenset[str] = frozenset()


def read_lake(lake: Lake, known: Mapping[str, str]) -> LakeChanges:
    """What current generations name that are not in `known` (version by key) as they are listed.

    One listing; of all that is known nothing is read, nor are keys parsed: a manifest of details has a
    record a request, and a lake many thousands of manifests.
    """
    listed = list(lake.list(manifests_prefix()))
    versions = {stored.key: stored.version for stored in listed}
    said = {key for key, version in versions.items() if version and known.get(key) == version}
    # All generations of a partition in which one is not known: which is the current one is open.
    open_folders = {_folder_of(key) for key in versions.keys() - said}
    picked = pick_current_manifests(one for one in listed if _folder_of(one.key) in open_folders)
    current = {str(key): key for key in picked.values()}
    stands = {key for key in said if _folder_of(key) not in open_folders or key in current}

    def read(key: str) -> LakeChanges:
        return _summarize(read_manifest(lake, current[key]), versions[key])

    with ThreadPoolExecutor(_LAKE_THREADS) as threads:
        found = list(threads.map(read, sorted(current.keys() - stands)))
    # A refetch names the parts of the generations before it too, but only within its partition.
    return LakeChanges(
        parts=tuple(part for one in found for part in one.parts),
        partitions=tuple(partition for one in found for partition in one.partitions),
        gone=tuple(detail for one in found for detail in one.gone),
        left=frozenset(known.keys() - stands),
    )


def _folder_of(key: str) -> str:
    return key.rpartition("/")[0]


def _summarize(manifest: Manifest, version: str) -> LakeChanges:
    """What is kept of a manifest: that of details has a record of each of some 500 requests."""
    return LakeChanges(
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
        manifest=str(manifest.key),
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
