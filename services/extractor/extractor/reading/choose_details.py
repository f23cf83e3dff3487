"""Which details a run date asks for, decided from the lake alone: docs/architecture.md, "Details".

Read are the manifests of the run dates within `refresh_days` of this one and of today, so that choosing
costs the same however long the history is. They hold all that can still count, but for a detail that a
backfill of farther days has just read: that one costs a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict

from pydantic import Field

from extractor.pages.parts import open_part
from extractor.pages.rows import rename_fields
from extractor.reading.last_answers import LastAnswers
from extractor.workers.worker_pool import WorkerPool
from gamemarket.endpoints import Endpoint
from gamemarket.errors import StoppedEarlyError
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition
from gamemarket.manifest import (
    ListedItem,
    Manifest,
    find_current_manifests,
    read_current_manifest,
    read_manifest,
)


class ParentMissingError(StoppedEarlyError):
    """What names the ids is not in the lake yet: it stopped at a quota, or was not run.

    As with any day that stopped early, the models are worth building from what is there.
    """


class _Rows(TypedDict):
    items: list[Annotated[ListedItem | object, Field(union_mode="left_to_right")]] | None


class RequestedItem(ListedItem):
    """An item whose detail is asked for, and how its last requests went.

    `failures`: how often in a row the API had no item to give. `is_listed`: a list of the run date
    names it, and not only what an earlier one left out.
    """

    failures: int = 0
    is_listed: bool = True

    @property
    def is_expected(self) -> bool:
        """Whether the API should have it: a list has just named it, and it never failed."""
        return self.is_listed and not self.failures


@dataclass(frozen=True, slots=True)
class Choice:
    """What is due, most added first; what was gone comes after all others, as it may never come back.

    `waiting` are listed, have no answer, and are due on a later day.
    """

    due: Sequence[RequestedItem]
    waiting: Sequence[ListedItem]


@dataclass(frozen=True, slots=True)
class DetailChooser:
    """Chooses for one endpoint; `now` is the moment by which details are due."""

    lake: Lake
    pool: WorkerPool
    endpoint: Endpoint
    parents: tuple[Endpoint, ...]
    now: datetime

    def choose(self, run_date: date, fingerprint: str) -> Choice:
        """What the query of this fingerprint is to ask for.

        What the run date holds as answers to another query is about to be replaced: no answers.
        Raises ParentMissingError when a parent that has a partition a day has none of this one.
        """
        listed = _newest_by_id(self._read_parents(run_date))
        answers = LastAnswers(self.now.date(), self._refresh_days)
        left: list[ListedItem] = []
        for manifest in self._read_history(run_date):
            if manifest.run_date != run_date or manifest.fingerprint == fingerprint:
                answers.add(manifest)
            if manifest.run_date < run_date:
                left += manifest.left_out
        due: list[RequestedItem] = []
        waiting: list[ListedItem] = []
        for item in _newest_by_id([*left, *listed.values()]).values():
            last = answers.of(item.id)
            is_listed = item.id in listed
            if answers.is_due(item):
                failures = last.failures if last else 0
                due.append(RequestedItem(**dict(item), failures=failures, is_listed=is_listed))
            elif is_listed and last and last.outcome == "unavailable":
                waiting.append(item)
        return Choice(sorted(_most_added_first(due), key=answers.was_deleted), waiting)

    @property
    def _refresh_days(self) -> int:
        return self.endpoint.refresh_days or 1

    def _read_parents(self, run_date: date) -> Iterator[ListedItem]:
        """The rows that have an id: what has none has no detail."""
        for parent in self.parents:
            partition = Partition(source=parent.source, endpoint=parent.name, run_date=run_date)
            manifest = read_current_manifest(self.lake, partition)
            if manifest is not None:
                rows = rename_fields(_Rows, {"items": manifest.items or ""})
                for part in manifest.parts:
                    for line in open_part(self.lake, part):
                        for item in rows.validate_json(line)["items"] or ():
                            if isinstance(item, ListedItem):
                                yield item
            elif not parent.is_due_by_interval:
                raise ParentMissingError(
                    f"{self.endpoint.name} of {run_date} takes its ids from {partition}, which is "
                    f"not committed: run `extractor run --endpoint {parent.name} --run-date "
                    f"{run_date}` first, then this again."
                )

    def _read_history(self, run_date: date) -> Iterator[Manifest]:
        reach = timedelta(days=self._refresh_days)
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


def _newest_by_id(items: Iterable[ListedItem]) -> dict[int, ListedItem]:
    """Each id once, as its latest `updated` (then the latest in order) shows it."""
    newest: dict[int, ListedItem] = {}
    for item in items:
        known = newest.get(item.id)
        if known is None or (item.updated or "") >= (known.updated or ""):
            newest[item.id] = item
    return newest


def _most_added_first(items: Iterable[RequestedItem]) -> list[RequestedItem]:
    """By how many have it, then the latest release, then the id: a total order."""
    by_id = sorted(items, key=lambda item: item.id)
    by_release = sorted(by_id, key=lambda item: item.released or "", reverse=True)
    return sorted(by_release, key=lambda item: item.added or 0, reverse=True)
