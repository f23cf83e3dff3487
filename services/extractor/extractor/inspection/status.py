"""What the lake holds of each endpoint, told from manifests and checkpoints, without the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from extractor.reading.open_generation import count_open_pages
from gamemarket.endpoints import Endpoint
from gamemarket.errors import ExitCode
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition
from gamemarket.manifest import Manifest, find_current_manifests, read_manifest
from gamemarket.run_dates import Clock
from gamemarket.run_summary import RunSummary

COLUMNS = (
    "endpoint",
    "run_date",
    "state",
    "generation",
    "pages",
    "rows",
    "bytes",
    "requests",
    "age",
    "reasons",
)


# A fortnight is what `--catch-up` looks back for. A manifest is read a line: ten years would be 36,500.
LATEST_SHOWN = 14

# Nobody can do anything about it: decide() goes on with today's list only.
_GIVEN_UP = {
    "state": "given_up",
    "exit_code": ExitCode.DONE,
    "reasons": ("its day is over: what was popular then can't be read any more",),
}


class PartitionStatus(RunSummary):
    """One partition: `bytes` as stored, `age` since its commit."""

    bytes: int = 0
    age: str = ""


def read_status(
    lake: Lake, endpoints: Iterable[Endpoint], days: tuple[date, date] | None, now: datetime
) -> list[PartitionStatus]:
    """The committed and the open partitions of a range of days, by endpoint and run date.

    Without days: all that are open, and of each endpoint the latest that are committed.
    """
    found = [
        status for endpoint in endpoints for status in _read_endpoint(lake, endpoint, days, now)
    ]
    return sorted(found, key=lambda status: (status.endpoint, status.run_date, status.generation))


def find_manifests_between(
    lake: Lake, endpoint: Endpoint, days: tuple[date, date]
) -> Iterator[Manifest]:
    """The current manifests of an endpoint within a range of days."""
    for partition, key in _find_keys(lake, endpoint).items():
        if days[0] <= partition.run_date <= days[1]:
            yield read_manifest(lake, key)


def _find_keys(lake: Lake, endpoint: Endpoint) -> dict[Partition, ManifestKey]:
    return find_current_manifests(lake, endpoint.source, endpoint.name)


def _read_endpoint(
    lake: Lake, endpoint: Endpoint, days: tuple[date, date] | None, now: datetime
) -> Iterator[PartitionStatus]:
    keys = _find_keys(lake, endpoint)
    by_day = sorted(keys, key=lambda partition: partition.run_date)
    shown = by_day[-LATEST_SHOWN:] if days is None else by_day
    for partition in shown:
        if days is None or days[0] <= partition.run_date <= days[1]:
            yield _describe_committed(read_manifest(lake, keys[partition]), now)
    open_pages = count_open_pages(lake, f"inflight/{endpoint.source}/{endpoint.name}/")
    for (partition, generation), pages in open_pages.items():
        inside = days is None or days[0] <= partition.run_date <= days[1]
        committed = keys[partition].generation if partition in keys else 0
        if inside and generation > committed:
            open_partition = PartitionStatus(
                endpoint=partition.endpoint,
                run_date=partition.run_date,
                state="open",
                exit_code=ExitCode.STOPPED_EARLY,
                generation=generation,
                pages=pages,
            )
            is_past = partition.run_date < Clock(now).newest_complete_day()
            given_up = endpoint.kind == "top" and is_past
            yield open_partition.model_copy(update=_GIVEN_UP) if given_up else open_partition


def _describe_committed(manifest: Manifest, now: datetime) -> PartitionStatus:
    return PartitionStatus(
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        state="committed",
        exit_code=manifest.exit_code,
        generation=manifest.generation,
        pages=len(manifest.pages),
        rows=manifest.distinct_ids,
        requests=manifest.requests,
        reasons=manifest.describe_reasons(),
        bytes=sum(part.bytes for part in manifest.parts),
        age=_describe_age((now - manifest.finished_at).total_seconds()),
    )


def _describe_age(seconds: float) -> str:
    hours = int(seconds // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"
