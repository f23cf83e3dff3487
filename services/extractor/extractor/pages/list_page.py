"""A page of a list. Where it has its rows and its count differs from source to source (Layout)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple, NotRequired, TypedDict

from pydantic import StrictInt, TypeAdapter, ValidationError
from pydantic_core import from_json

from extractor.pages.page import (
    MisshapenPageError,
    Page,
    PageFacts,
    UnusablePageError,
    check_not_found,
    refuse,
)
from extractor.pages.rows import Rows, ids_of, rename_fields
from gamemarket.sources import Paging


class Layout(NamedTuple):
    """How the pages of a list are read: by the names of its source, and how many rows one has."""

    paging: Paging
    page_size: int


class _Envelope(TypedDict):
    """What is believed of a body; the rest is neither kept nor made into objects.

    Making them takes three times as long, and holds all threads (measured: 0.35 and 0.12 ms).
    """

    count: StrictInt
    next: NotRequired[object]
    items: Rows | None  # servers in Go write an empty list as null


@cache
def _build_envelope(paging: Paging) -> TypeAdapter[_Envelope]:
    names = {"count": paging.count, "next": paging.next or "next", "items": paging.items}
    return rename_fields(_Envelope, names)


@dataclass(frozen=True)
class ListPage(Page):
    """One page of a list. `status` is 200, or 404 for a page behind the end (which has no rows)."""

    layout: Layout

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API said that the list ends before this page."""
        if self.status == 404 or self.layout.paging.behind_the_end == "not_found":
            return self.status == 404
        is_first = self.slot.number == 1
        return not (is_first or self._items) and self._ends_by(self._rows_before)

    @cached_property
    def facts(self) -> PageFacts:
        """What is to be kept in mind of the page."""
        is_behind = self.is_behind_the_end
        rows = () if is_behind else self._items
        return PageFacts(
            slot=self.slot,
            count=None if is_behind else int(self._envelope["count"]),
            has_next=not is_behind and self._has_next,
            rows=len(rows),
            ids=ids_of(rows),
            observed_at=self.observed_at,
            sha256=hashlib.sha256(self.line).digest(),
        )

    def values(self, field: str) -> Iterator[Any]:
        """A field of every row; None where a row has none."""
        if not self.is_behind_the_end:
            rows = from_json(self.body)[self.layout.paging.items] or []
            yield from (row.get(field) if isinstance(row, dict) else None for row in rows)

    def check(self) -> None:
        """Raises UnusablePageError unless the body is a page of a list.

        Where a 404 says that the list has ended, an empty page is right only for an empty list.
        """
        if self.status == 404:
            check_not_found(self.body)
            return
        try:
            count = self._envelope["count"]
        except ValidationError as error:
            raise refuse("the body is no page of a list", error) from None
        if self.is_behind_the_end:
            return
        if self.slot.number == 1 and len(self._items) > 1 and not self.facts.ids:
            raise MisshapenPageError(f"none of its {len(self._items)} rows has an id")
        if not self._items and (self.slot.number > 1 or count):
            raise UnusablePageError(f"the page is empty, but the list is said to have {count} rows")

    @cached_property
    def _envelope(self) -> _Envelope:
        return _build_envelope(self.layout.paging).validate_json(self.body)

    @property
    def _items(self) -> Rows:
        return self._envelope["items"] or []

    @property
    def _rows_before(self) -> int:
        return (self.slot.number - 1) * self.layout.page_size

    def _ends_by(self, rows: int) -> bool:
        return rows >= self._envelope["count"]

    @property
    def _has_next(self) -> bool:
        if self.layout.paging.next is None:
            return not self._ends_by(self._rows_before + len(self._items))
        return bool(self._envelope.get("next"))  # null, or "" as some APIs write it
