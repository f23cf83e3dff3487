"""When an item's detail is due: decided by its last answer and by how often it failed in a row.

    next_due = day of the last answer + backoff(failures)

An item that the API has no more (404) and one that it could not show are failures alike: the first costs a
request, the second all retries of one. Edited since its last answer, an item is due at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gamemarket.manifest import ListedItem, Manifest, Outcome

_FAILED = ("deleted", "unavailable")


def count_failures(outcome: Outcome | None, before: int) -> int:
    """The failures in a row after this outcome; 0 after an item."""
    return before + 1 if outcome in _FAILED else 0


def backoff(failures: int, refresh_days: int) -> timedelta:
    """1, 2, 4 ... days after failures in a row; `refresh_days` at most, and after an item."""
    return timedelta(days=min(refresh_days, 2 ** (failures - 1)) if failures else refresh_days)


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The newest of an item; `updated` is the latest that any of them was asked for."""

    at: datetime
    outcome: Outcome
    failures: int
    updated: str

    def next_due(self, refresh_days: int) -> date:
        """The UTC day from which on it is to be asked for again."""
        return self.at.date() + backoff(self.failures, refresh_days)


class LastAnswers:
    """The last answer of every item, gathered from manifests in any order."""

    def __init__(self, today: date, refresh_days: int) -> None:
        """Takes the UTC day on which it is decided."""
        self._today = today
        self._refresh_days = refresh_days
        self._of: dict[int, LastAnswer] = {}

    def add(self, manifest: Manifest) -> None:
        """Takes the answers that a partition holds."""
        for page in manifest.pages:
            detail = page.detail
            if detail and detail.outcome:
                # Manifests of before the count stood in them say nothing: one failure, not none.
                failures = max(detail.failures, count_failures(detail.outcome, 0))
                answer = LastAnswer(
                    page.observed_at, detail.outcome, failures, detail.updated or ""
                )
                self._add(detail.requested_id, answer)

    def of(self, item_id: int) -> LastAnswer | None:
        """None: never asked for."""
        return self._of.get(item_id)

    def is_due(self, item: ListedItem) -> bool:
        """Whether it is to be asked for."""
        last = self._of.get(item.id)
        if last is None or (item.updated or "") > last.updated:
            return True
        return last.next_due(self._refresh_days) <= self._today

    def was_deleted(self, item: ListedItem) -> bool:
        """Whether the API had it no more when it was asked for last."""
        last = self._of.get(item.id)
        return last is not None and last.outcome == "deleted"

    def _add(self, item_id: int, answer: LastAnswer) -> None:
        known = self._of.get(item_id, answer)
        newest = max(known, answer, key=lambda one: (one.at, one.outcome))
        self._of[item_id] = replace(newest, updated=max(known.updated, answer.updated))
