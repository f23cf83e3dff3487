"""What the lake holds for the warehouse: the parts that current manifests name, and nothing else.

`raw/` is never listed: parts that nobody names are a crash's leftovers or an old generation's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.manifest import Manifest, PartRecord, find_current_manifests, read_manifest

__all__ = ["LakePart", "check_parts", "read_lake_parts"]

# Requests to the lake in flight: manifests and parts are read one request each.
_LAKE_THREADS = 16


@dataclass(frozen=True, slots=True)
class LakePart:
    """One part of a current generation; `file_name` is its lake key."""

    source_system: str
    endpoint: str
    run_date: date
    generation: int
    file_name: str
    observed_at: datetime
    page_count: int
    row_count: int
    sha256: str
    is_complete: bool


def read_lake_parts(lake: Lake) -> list[LakePart]:
    """Every part that a current generation names, by file name; reads all current manifests."""
    keys = find_current_manifests(lake).values()
    with ThreadPoolExecutor(_LAKE_THREADS) as threads:
        manifests = list(threads.map(lambda key: read_manifest(lake, key), keys))
    parts = [_as_lake_part(manifest, part) for manifest in manifests for part in manifest.parts]
    # A refetch names the parts of the generations before it too, but only within its partition.
    return sorted(parts, key=lambda part: part.file_name)


def _as_lake_part(manifest: Manifest, part: PartRecord) -> LakePart:
    return LakePart(
        source_system=manifest.source,
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        generation=manifest.generation,
        file_name=part.key,
        observed_at=part.observed_at,
        page_count=part.pages,
        row_count=part.rows,
        sha256=part.sha256,
        is_complete=manifest.complete,
    )


def check_parts(lake: Lake, parts: Sequence[LakePart]) -> None:
    """Compares parts with what their manifests say; LakeError names every one that differs.

    A warehouse can't be trusted with this: DuckDB stops at a cut file without naming it,
    Snowflake's external tables skip it without a word.
    """
    with ThreadPoolExecutor(_LAKE_THREADS) as threads:
        problems = [p for p in threads.map(lambda part: _find_problem(lake, part), parts) if p]
    if problems:
        raise LakeError(
            f"The lake does not hold what its manifests say: {_join(problems)}. Nothing was "
            "loaded. Put the original file back and build again."
        )


def _find_problem(lake: Lake, part: LakePart) -> str | None:
    try:
        body = lake.get(part.file_name)
    except MissingObjectError:
        return f"{part.file_name} is missing"
    if hashlib.sha256(body).hexdigest() != part.sha256:
        return f"{part.file_name} has changed since it was committed ({len(body)} bytes now)"
    return None


def _join(problems: Iterable[str]) -> str:
    listed = list(problems)
    more = f"; and {len(listed) - 5} more" if len(listed) > 5 else ""
    return "; ".join(listed[:5]) + more
