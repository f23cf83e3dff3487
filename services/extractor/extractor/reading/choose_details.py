"""Which details a run date wants, most wanted first: decided from what the lake holds, without the API.

ReadOptions are the rows of the parents' partitions of the run date, and what earlier run dates left out. What
is held is told by the manifests of details: each page's record says which id was asked for, with which
`updated`, and when. A detail of a run date is read the day after, or in a backfill; so the manifests of
the run dates within `refresh_days` of this one and of today hold all that can still count, but for a
detail that a backfill of farther days has just read, which would cost a request and nothing else. That
bounds what is read: some 300 bytes a detail, of 2 or 3 times `refresh_days` run dates, however long the
history. What was left out ages out by the same bound: a manifest names what its own day left out, not
what it inherited.

An item that the API could not show is wanted on another day; when it fails there, too, it is held like any
other, for `refresh_days`: its tries cost retries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict

from pydantic import Field

from extractor.pages.parts import open_part
from extractor.pages.rows import rename_fields
from extractor.workers.worker_pool import WorkerPool
from gamemarket.endpoints import Endpoint
from gamemarket.errors import StoppedEarlyError
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition
from gamemarket.manifest import (
    ListedItem,
    Manifest,
    Outcome,
    find_current_manifests,
    read_current_manifest,
    read_manifest,
)

# On so many days an item may fail before it is given up for a time.
_CHANCES = 2


class ParentMissingError(StoppedEarlyError):
    """What names the ids is not in the lake yet: it stopped at a quota, or was not run.

    As with any day that stopped early, the models are worth building from what is there.
    """


class _Rows(TypedDict):
    items: list[Annotated[ListedItem | object, Field(union_mode="left_to_right")]] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted, most wanted first; `named` are the ids that the run date's own parents name.

    What was gone and is still listed is asked for again, after all others: it may never come back.
    `failed_before` are the ids that the API could not show as they are now on an earlier run date.
    """

    fresh: Sequence[ListedItem]
    gone_before: Sequence[ListedItem]
    named: frozenset[int]
    failed_before: frozenset[int]


@dataclass(frozen=True, slots=True)
class DetailChooser:
    """Chooses for one endpoint; `now` is the moment by which details are old."""

    lake: Lake
    pool: WorkerPool
    endpoint: Endpoint
    parents: tuple[Endpoint, ...]
    now: datetime

    def choose(self, run_date: date, fingerprint: str) -> Choice:
        """What is to be asked for by the question of this fingerprint.

        What the run date holds as answers to another question is about to be replaced: not held.
        Raises ParentMissingError when a parent that has a partition a day has none of this one.
        """
        listed = list(self._read_parents(run_date))
        named = _newest_by_id(item for item, _ in listed)
        listed_at = {item.id: observed_at for item, observed_at in listed}
        held = _Held(self.now.date(), self.endpoint.refresh_days or 1)
        left: list[ListedItem] = []
        for manifest in self._read_history(run_date):
            if manifest.run_date != run_date or manifest.fingerprint == fingerprint:
                held.add(manifest)
            if manifest.run_date < run_date:
                left += manifest.left_out
        wanted = _newest_by_id([*left, *named.values()])
        missing = [item for item in wanted.values() if not held.has(item, listed_at.get(item.id))]
        gone = {item.id for item in missing if held.was_deleted(item)}
        return Choice(
            fresh=_most_wanted_first(item for item in missing if item.id not in gone),
            gone_before=_most_wanted_first(item for item in missing if item.id in gone),
            named=frozenset(named),
            failed_before=frozenset(i.id for i in missing if held.has_failed_before(run_date, i)),
        )

    def _read_parents(self, run_date: date) -> Iterator[tuple[ListedItem, datetime]]:
        """The rows, each with when its part was last observed."""
        for parent in self.parents:
            partition = Partition(source=parent.source, endpoint=parent.name, run_date=run_date)
            manifest = read_current_manifest(self.lake, partition)
            if manifest is not None:
                rows = rename_fields(_Rows, {"items": manifest.items or ""})
                for part in manifest.parts:
                    for line in open_part(self.lake, part):
                        for item in rows.validate_json(line)["items"] or ():
                            if isinstance(item, ListedItem):  # what has no id has no detail
                                yield item, part.observed_at
            elif not parent.is_due_by_interval:
                raise ParentMissingError(
                    f"{self.endpoint.name} of {run_date} takes its ids from {partition}, which is "
                    f"not committed: run `extractor run --endpoint {parent.name} --run-date "
                    f"{run_date}` first, then this again."
                )

    def _read_history(self, run_date: date) -> Iterator[Manifest]:
        reach = timedelta(days=self.endpoint.refresh_days or 1)
        manifests = find_current_manifests(self.lake, self.endpoint.source, self.endpoint.name)
        keys = [
            key
            for partition, key in manifests.items()
            if abs(partition.run_date - run_date) <= reach
            or partition.run_date >= self.now.date() - reach
        ]
        yield from self.pool.map_in_order(self._read, keys)

    def _read(self, key: ManifestKey) -> Manifest:
        return read_manifest(self.lake, key)


class _Held:
    """What the lake knows of each id, and not from too long ago."""

    def __init__(self, today: date, refresh_days: int) -> None:
        self._refresh = timedelta(days=refresh_days)
        self._since = today - self._refresh
        self._updated: dict[int, str] = {}  # of what is not too old
        self._latest: dict[int, tuple[datetime, Outcome]] = {}
        self._failures: dict[int, list[tuple[datetime, date, str]]] = defaultdict(list)

    def add(self, manifest: Manifest) -> None:
        for page in manifest.pages:
            detail = page.detail
            if not (detail and detail.outcome):
                continue
            key, at, updated = detail.requested_id, page.observed_at, detail.updated or ""
            self._latest[key] = max(
                self._latest.get(key, (at, detail.outcome)), (at, detail.outcome)
            )
            if detail.outcome == "unavailable":
                self._failures[key].append((at, manifest.run_date, updated))
            if at.date() > self._since:
                self._updated[key] = max(self._updated.get(key, ""), updated)

    def has(self, item: ListedItem, listed_at: datetime | None) -> bool:
        """Whether it is held as it was when its parent showed it, or later.

        What was gone and is listed again is not: a 404 can be the API's mistake. Nor is what the
        API could not show, as long as it has another chance.
        """
        if item.id not in self._updated or (item.updated or "") > self._updated[item.id]:
            return False
        answered_at, outcome = self._latest[item.id]
        if outcome == "unavailable":
            return len(self._failed_on(item)) >= _CHANCES
        return not (outcome == "deleted" and listed_at and listed_at > answered_at)

    def was_deleted(self, item: ListedItem) -> bool:
        """Whether the API had it no more when it was asked for last."""
        return item.id in self._latest and self._latest[item.id][1] == "deleted"

    def has_failed_before(self, run_date: date, item: ListedItem) -> bool:
        """Whether the API could not show it as it is now on an earlier run date."""
        return any(day < run_date for day in self._failed_on(item))

    def _failed_on(self, item: ListedItem) -> set[date]:
        """The run dates on which the API could not show it as it is now: `updated` since then, it is new.

        Those of `refresh_days` up to the last of them: after that, too, it is a new beginning.
        """
        updated = self._updated.get(item.id, "")
        failures = {
            run_date: at
            for at, run_date, failed_as in self._failures.get(item.id, ())
            if failed_as == updated
        }
        return {
            run_date
            for run_date, at in failures.items()
            if max(failures.values()) - at < self._refresh
        }


def _newest_by_id(items: Iterable[ListedItem]) -> dict[int, ListedItem]:
    """Each id once, as its latest `updated` (then the latest in order) shows it."""
    newest: dict[int, ListedItem] = {}
    for item in items:
        known = newest.get(item.id)
        if known is None or (item.updated or "") >= (known.updated or ""):
            newest[item.id] = item
    return newest


def _most_wanted_first(items: Iterable[ListedItem]) -> list[ListedItem]:
    """By how many have it, then the latest release, then the id: a total order."""
    by_id = sorted(items, key=lambda item: item.id)
    by_release = sorted(by_id, key=lambda item: item.released or "", reverse=True)
    return sorted(by_release, key=lambda item: item.added or 0, reverse=True)
