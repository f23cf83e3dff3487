"""Is there anything to read? Decided from manifests alone, before any request to the API."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Literal

from extractor.reading.open_generation import count_open_pages
from extractor.reading.query import compute_fingerprint
from gamemarket.endpoints import Endpoint
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition, inflight_prefix
from gamemarket.manifest import (
    Manifest,
    find_current_manifest,
    find_current_manifests,
    read_manifest,
)
from gamemarket.run_dates import Clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the caller wants a partition read: `max_pages` None means all of it.

    `finish_open` goes on with a refetch that was begun and not committed.
    """

    max_pages: int | None = None
    refetch: bool = False
    finish_open: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a partition; `committed` is its current manifest, if it has one."""

    action: Literal["read", "done", "not_due"]
    partition: Partition
    committed: Manifest | None = None

    @property
    def next_generation(self) -> int:
        """The number of the generation to be read: without gaps."""
        return self.committed.generation + 1 if self.committed else 1


def decide(
    lake: Lake,
    endpoint: Endpoint,
    run_date: date,
    options: ReadOptions,
    clock: Clock,
    manifests: Mapping[Partition, ManifestKey] | None = None,
) -> Decision:
    """A listing of the partition, and one read when it is committed, however long the history.

    Only what is due by an interval asks for the endpoint's other days. `manifests` are all current
    ones of the endpoint, for a caller who decides about many days at once.
    """
    partition = Partition(source=endpoint.source, endpoint=endpoint.name, run_date=run_date)
    find = partial(find_current_manifest, lake) if manifests is None else manifests.get
    current = find(partition)
    if current is not None:
        committed = read_manifest(lake, current)
        if options.refetch and not _can_be_read_again(lake, endpoint, partition, manifests, clock):
            _log.warning("%s is of a day that is past, and is not read again", partition)
            options = replace(options, refetch=False)
        asks_for_more = _asks_for_more(endpoint, committed, options) or (
            options.finish_open and _is_begun(lake, partition, committed.generation + 1)
        )
        return Decision("read" if asks_for_more else "done", partition, committed)
    if endpoint.is_due_by_interval:
        if manifests is None:
            manifests = find_current_manifests(lake, endpoint.source, endpoint.name)
        if not _is_due(lake, endpoint, run_date, manifests, clock):
            return Decision("not_due", partition)
        if endpoint.kind == "snapshot":
            partition = _open_partition(lake, endpoint, manifests) or partition
    return Decision("read", partition)


def _can_be_read_again(
    lake: Lake,
    endpoint: Endpoint,
    partition: Partition,
    manifests: Mapping[Partition, ManifestKey] | None,
    clock: Clock,
) -> bool:
    """What is read today is today's: it does not belong under an older day of a list without days."""
    if endpoint.kind == "top":
        return partition.run_date == clock.newest_complete_day()
    if endpoint.kind != "snapshot":
        return True
    if manifests is None:
        manifests = find_current_manifests(lake, endpoint.source, endpoint.name)
    return partition == max(manifests, key=lambda p: p.run_date)


def _asks_for_more(endpoint: Endpoint, committed: Manifest, options: ReadOptions) -> bool:
    if options.refetch:
        return True
    if committed.fingerprint != compute_fingerprint(endpoint, committed.run_date):
        _log.warning(
            "%s is committed, but was asked otherwise than endpoints.json says now; it stays "
            "valid, --refetch replaces it",
            committed.partition,
        )
        return False
    if "limited" not in committed.reasons or committed.max_pages is None:
        return False
    return options.max_pages is None or options.max_pages > committed.max_pages


def _is_begun(lake: Lake, partition: Partition, generation: int) -> bool:
    return bool(count_open_pages(lake, inflight_prefix(partition, generation)))


def _is_due(
    lake: Lake,
    endpoint: Endpoint,
    run_date: date,
    manifests: Mapping[Partition, ManifestKey],
    clock: Clock,
) -> bool:
    """A list is due on the newest day when its latest is old; a snapshot also when there is none.

    So a backfill never pays for dimensions again, and never takes today's popularity for another
    day's. Days are compared, not hours: yesterday's run may have taken longer than today's.
    """
    if not manifests and endpoint.kind == "snapshot":
        return True
    if run_date != clock.newest_complete_day() or endpoint.refresh_days is None:
        return False
    if not manifests:
        return True
    latest = read_manifest(lake, manifests[max(manifests, key=lambda p: p.run_date)])
    return (clock.now().date() - latest.started_at.date()).days >= endpoint.refresh_days


def _open_partition(
    lake: Lake, endpoint: Endpoint, manifests: Mapping[Partition, ManifestKey]
) -> Partition | None:
    """A snapshot that was begun on an earlier run date and is not committed is gone on with.

    What is popular is not: pages of then and of now would be no day's list, and today has none.
    """
    begun = count_open_pages(lake, f"inflight/{endpoint.source}/{endpoint.name}/")
    fresh = {partition for partition, _ in begun if partition not in manifests}
    return max(fresh, key=lambda p: p.run_date, default=None)
