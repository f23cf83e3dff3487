"""A page: one answer of the API, as bytes, with what came with it.

Its checkpoint is a zstd frame of two things: line 1 what came with the body (status, Date, the id that a
detail was asked for), then the body as it came (the key's value replaced before it gets here). The body
is parsed only to be believed and counted; what is stored are the API's own bytes. Where a page has its
rows and its count differs from source to source (Layout).
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from types import new_class
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

import zstandard
from pydantic import ConfigDict, Field, StrictInt, TypeAdapter, ValidationError, with_config
from pydantic_core import from_json

from gamemarket.errors import DataError
from gamemarket.sources import Paging

# Level 3 makes 33.7 MB of 232 MB of pages at a quarter of gzip's CPU (level 6: 36.8 MB).
ZSTD_LEVEL = 3

# How an API says that it has an item no more.
GONE = frozenset({404, 410})

# What stands in a checkpoint for an item that the API could not show, whatever it answered.
UNAVAILABLE = 503


class UnusablePageError(DataError):
    """The body is no page now: not JSON (a proxy's HTML, a cut), or empty where rows must be."""


class MisshapenPageError(UnusablePageError):
    """The body is JSON, but no page: what the API answers has another form than is expected."""


class CorruptCheckpointError(DataError):
    """A stored checkpoint can't be read back."""


class Layout(NamedTuple):
    """How the pages of a list are read: by the names of its source, and how many rows one has."""

    paging: Paging
    page_size: int


class Slot(NamedTuple):
    """A page's place in a reading; `again` for the second look at an end of the list."""

    number: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What decisions and the manifest need of a page, small enough to keep one of every page.

    `count` is the size of the whole list as reported with this page, None behind the end and for a
    detail. `rows` are all that the page holds, `ids` those of them that have an id: a row without one
    is stored as it came, and rejected by the models. `slug` is an item's own, `redirect` the slug of
    what a detail's item has become; `is_unavailable`: nobody knows.
    """

    slot: Slot
    count: int | None
    has_next: bool
    rows: int
    ids: array[int]
    observed_at: datetime
    sha256: bytes
    slug: str | None = None
    redirect: str | None = None
    is_unavailable: bool = False

    @property
    def is_behind_the_end(self) -> bool:
        """Whether there is no row: no page of the list there, no item of this id."""
        return self.count is None and not self.ids

    @property
    def rejected(self) -> int:
        """How many rows have no id that could be one."""
        return self.rows - len(self.ids)

    @property
    def is_the_end(self) -> bool:
        """Whether this is a list's last page: rows, and nothing after them."""
        return not self.is_behind_the_end and not self.has_next


@dataclass(frozen=True)
class Page:
    """One page of a list. `status` is 200, or 404 for a page behind the end (which has no rows)."""

    slot: Slot
    status: int
    observed_at: datetime
    body: bytes
    layout: Layout

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API said that the list ends before this page."""
        if self.status == 404 or self.layout.paging.behind_the_end == "not_found":
            return self.status == 404
        is_first = self.slot.number == 1
        return not (is_first or self._items) and self._ends_by(self._rows_before)

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

    @cached_property
    def line(self) -> bytes:
        """The body as one line: a raw line break can only stand between JSON tokens."""
        return self.body.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

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
            ids=_ids_of(rows),
            observed_at=self.observed_at,
            sha256=hashlib.sha256(self.line).digest(),
        )

    def values(self, field: str) -> Iterator[Any]:
        """A field of every row; None where a row has none."""
        if not self.is_behind_the_end:
            rows = from_json(self.body)[self.layout.paging.items] or []
            yield from (row.get(field) if isinstance(row, dict) else None for row in rows)

    @cached_property
    def _envelope(self) -> _Envelope:
        return _build_envelope(self.layout.paging).validate_json(self.body)

    @property
    def _items(self) -> _Rows:
        return self._envelope["items"] or []

    def check(self) -> None:
        """Raises UnusablePageError unless the body is a page of a list.

        Where a 404 says that the list has ended, an empty page is right only for an empty list.
        """
        if self.status == 404:
            _check_not_found(self.body)
            return
        try:
            envelope = self._envelope
        except ValidationError as error:
            raise _refuse("the body is no page of a list", error) from None
        if self.is_behind_the_end:
            return
        if self.slot.number == 1 and len(self._items) > 1 and not self.facts.ids:
            raise MisshapenPageError(f"none of its {len(self._items)} rows has an id")
        if not self._items and (self.slot.number > 1 or envelope["count"]):
            raise UnusablePageError(
                f"the page is empty, but the list is said to have {envelope['count']} rows"
            )


@dataclass(frozen=True)
class DetailPage(Page):
    """The answer for one id: the item, a redirect to what it was merged into, or a 404.

    Or there was no answer that could be used (UNAVAILABLE), so that nobody asks on and on.
    """

    requested_id: int

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API has the item no more."""
        return self.status in GONE

    @cached_property
    def facts(self) -> PageFacts:
        """What is to be kept in mind of the answer; only the item itself is a row."""
        item = self._item if self.status == 200 else _Item()
        ids = _ids_of([item])
        slug = item.get("slug")
        return PageFacts(
            slot=self.slot,
            count=None,
            has_next=False,
            rows=len(ids),
            ids=ids,
            observed_at=self.observed_at,
            sha256=hashlib.sha256(self.line).digest(),
            slug=slug if ids and isinstance(slug, str) else None,
            redirect=slug if not ids and isinstance(slug, str) else None,
            is_unavailable=self.status == UNAVAILABLE,
        )

    @cached_property
    def _item(self) -> _Item:
        return _ITEM.validate_json(self.body)

    def check(self) -> None:
        """Raises UnusablePageError unless the body is an item, a redirect to one, or says that it is gone."""
        if self.status in GONE:
            _check_not_found(self.body)
        if self.status != 200:
            return
        try:
            item = self._item
        except ValidationError as error:
            raise _refuse("the body is no detail", error) from None
        if not self.facts.ids and not (item.get("redirect") is True and self.facts.redirect):
            raise MisshapenPageError("the body is no detail (it has no id and is no redirect)")


def _check_not_found(body: bytes) -> None:
    """Raises UnusablePageError unless it is a JSON object, as the API's own 404 is: RAWG's is
    `{"detail": "Not found."}`, while a proxy's is a page of HTML, and says nothing of an item."""
    try:
        _OBJECT.validate_json(body)
    except ValidationError:
        raise UnusablePageError(
            "the body is no JSON object: a proxy says so, or there is no such path"
        ) from None


# One domain of ids for the lake and the warehouse, whose type they have: BIGINT.
_Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
# What is something else is kept as it is, so that one row never withholds a list.
_ROW_OR_NONE = Field(union_mode="left_to_right")


class _Row(TypedDict, total=False):
    id: Annotated[_Id | object, _ROW_OR_NONE]


_Rows = list[Annotated[_Row | object, _ROW_OR_NONE]]


class _Envelope(TypedDict):
    """What is believed of a body; the rest is neither kept nor made into objects.

    Making them takes three times as long, and holds all threads (measured: 0.35 and 0.12 ms).
    """

    count: StrictInt
    next: NotRequired[object]
    items: _Rows | None  # servers in Go write an empty list as null


class _Item(TypedDict, total=False):
    """A detail; one that was merged into another is `{"redirect": true, "slug": "other"}`."""

    id: object
    redirect: object
    slug: object


class _Page(TypedDict):
    items: _Rows | None


def _ids_of(rows: Sequence[object]) -> array[int]:
    """The ids of the rows that have one."""
    ids = (row.get("id") for row in rows if isinstance(row, dict))
    return array("Q", [key for key in ids if type(key) is int and 0 < key < 2**63])


def rename_fields[Shape](shape: type[Shape], names: Mapping[str, str]) -> TypeAdapter[Shape]:
    """Parses objects whose fields have other `names` than `shape`, a TypedDict, has for them.

    A name is asked for in objects within, too; what `names` lacks keeps its own.
    """
    # mypy 1.19 loses classes that are made within functions when it reads its cache.
    named = new_class("Named", (shape,), exec_body=lambda body: body.update(_module_of(shape)))
    config = ConfigDict(alias_generator=lambda name: names.get(name, name))
    return TypeAdapter(with_config(config)(named))


def _module_of(shape: type) -> dict[str, str]:
    return {"__module__": shape.__module__}  # where the types of its fields are looked up


@cache
def _build_envelope(paging: Paging) -> TypeAdapter[_Envelope]:
    names = {"count": paging.count, "next": paging.next or "next", "items": paging.items}
    return rename_fields(_Envelope, names)


@cache
def _build_rows(items: str) -> TypeAdapter[_Page]:
    return rename_fields(_Page, {"items": items})


_ITEM = TypeAdapter(_Item)
_OBJECT = TypeAdapter(dict[str, object])


def read_rows(body: bytes, items: str | None) -> tuple[int, array[int]]:
    """How many rows a page has that was believed before, and the ids of those that have one.

    `items` is the field that holds a page's rows; None: the body is a row itself, a detail.
    """
    rows = (
        [_ITEM.validate_json(body)]
        if items is None
        else _build_rows(items).validate_json(body)["items"] or []
    )
    return len(rows), _ids_of(rows)


def _refuse(what: str, error: ValidationError) -> UnusablePageError:
    is_json = error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid"
    kind = MisshapenPageError if is_json else UnusablePageError
    return kind(f"{what} ({_explain(error)})")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))


def encode_checkpoint(page: Page) -> bytes:
    """The page as a checkpoint's bytes."""
    fields = {"status": page.status, "observed_at": page.observed_at.isoformat()}
    if isinstance(page, DetailPage):
        fields["requested_id"] = page.requested_id
    head = json.dumps(fields)
    # The checksum makes a damaged checkpoint fail to decompress, so that nobody needs to parse it.
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    return compressor.compress(head.encode() + b"\n" + page.body)


def decode_checkpoint(slot: Slot, stored: bytes, layout: Layout) -> Page:
    """The page of a checkpoint; CorruptCheckpointError when its bytes are not what we write.

    The body is not parsed: it was believed before it was stored.
    """
    try:
        head, _, body = zstandard.ZstdDecompressor().decompress(stored).partition(b"\n")
        fields = json.loads(head)
        observed_at = datetime.fromisoformat(fields["observed_at"]).astimezone(UTC)
        status = int(fields["status"])
        if "requested_id" in fields:
            requested_id = int(fields["requested_id"])
            return DetailPage(slot, status, observed_at, body, layout, requested_id)
        return Page(slot, status, observed_at, body, layout)
    except (zstandard.ZstdError, ValueError, KeyError) as error:
        raise CorruptCheckpointError(f"checkpoint of page {slot.number}: {error}") from error
