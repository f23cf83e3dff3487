"""What the lake holds of each endpoint, told from manifests and checkpoints, without the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from gamemarket.endpoints import Endpoint
from gamemarket.errors import ExitCode
from gamemarket.lake import Lake
from gamemarket.lake_keys import CheckpointKey, Partition, parse_inflight_key
from gamemarket.manifest import Manifest, find_current_manifests, read_manifest
from gamemarket.run_summary import RunSummary


def read_status(
    lake: Lake, endpoints: Iterable[Endpoint], first: date | None, last: date | None
) -> list[RunSummary]:
    """The committed and the open partitions of the endpoints, by endpoint and run date."""
    return [
        summary
        for endpoint in endpoints
        for summary in _endpoint_status(lake, endpoint)
        if _within(summary.run_date, first, last)
    ]


def _within(run_date: date | None, first: date | None, last: date | None) -> bool:
    return run_date is None or ((first or run_date) <= run_date <= (last or run_date))


def _endpoint_status(lake: Lake, endpoint: Endpoint) -> list[RunSummary]:
    manifests = find_current_manifests(lake, endpoint.source, endpoint.name)
    summaries = [_committed(read_manifest(lake, key)) for key in manifests.values()]
    for (partition, generation), pages in _count_open_pages(lake, endpoint).items():
        committed = manifests.get(partition)
        if committed is None or generation > committed.generation:
            summaries.append(_open(partition, generation, pages))
    return sorted(summaries, key=lambda s: (s.run_date or date.min, s.generation))


def _committed(manifest: Manifest) -> RunSummary:
    fine = manifest.complete or manifest.reasons == ("limited",)
    return RunSummary(
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        state="committed",
        exit_code=ExitCode.DONE if fine else ExitCode.DATA,
        generation=manifest.generation,
        pages=len(manifest.pages),
        rows=manifest.distinct_ids,
        requests=manifest.requests,
        reasons=manifest.reasons,
    )


def _open(partition: Partition, generation: int, pages: int) -> RunSummary:
    return RunSummary(
        endpoint=partition.endpoint,
        run_date=partition.run_date,
        state="open",
        exit_code=ExitCode.STOPPED_EARLY,
        generation=generation,
        pages=pages,
    )


def _count_open_pages(lake: Lake, endpoint: Endpoint) -> Counter[tuple[Partition, int]]:
    pages: Counter[tuple[Partition, int]] = Counter()
    for stored in lake.list(f"inflight/{endpoint.source}/{endpoint.name}/"):
        key = parse_inflight_key(stored.key)
        pages[key.partition, key.generation] += isinstance(key, CheckpointKey)
    return pages
