"""A page: one answer of the API, as bytes, with what came with it.

Its checkpoint is a zstd frame of two things: line 1 what came with the body (status, Date), then the
body as it came (the key's value replaced before it gets here). The body is parsed only to be believed
and counted; what is stored are the API's own bytes.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

import zstandard
from pydantic import Field, StrictInt, TypeAdapter, ValidationError
from pydantic_core import from_json

from gamemarket.errors import DataError

# Level 3 makes 33.7 MB of 232 MB of pages at a quarter of gzip's CPU (level 6: 36.8 MB).
ZSTD_LEVEL = 3


class UnusablePageError(DataError):
    """The body is no page: not JSON, no results, or empty where rows must be."""


class CorruptCheckpointError(DataError):
    """A stored checkpoint can't be read back."""


class Slot(NamedTuple):
    """A page's place in a reading; `again` for the second look at an end of the list."""

    number: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What decisions and the manifest need of a page, small enough to keep one of every page.

    `count` is the size of the whole list as reported with this page, None behind the end.
    """

    slot: Slot
    count: int | None
    has_next: bool
    ids: array[int]
    observed_at: datetime
    sha256: bytes

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API said that the list ends before this page."""
        return self.count is None

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

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API said that the list ends before this page."""
        return self.status == 404

    @cached_property
    def line(self) -> bytes:
        """The body as one line: a raw line break can only stand between JSON tokens."""
        return self.body.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

    @cached_property
    def facts(self) -> PageFacts:
        """What is to be kept in mind of the page."""
        rows = () if self.is_behind_the_end else self._envelope["results"]
        return PageFacts(
            slot=self.slot,
            count=None if self.is_behind_the_end else int(self._envelope["count"]),
            has_next=not self.is_behind_the_end and self._envelope.get("next") is not None,
            ids=array("Q", [row["id"] for row in rows]),
            observed_at=self.observed_at,
            sha256=hashlib.sha256(self.line).digest(),
        )

    def values(self, field: str) -> Iterator[Any]:
        """A field of every row; None where a row has none."""
        if not self.is_behind_the_end:
            yield from (row.get(field) for row in from_json(self.body)["results"])

    @cached_property
    def _envelope(self) -> _Envelope:
        return _ENVELOPE.validate_json(self.body)

    def check(self) -> None:
        """Raises UnusablePageError unless the body is a page of a list.

        RAWG answers 404 behind the end, so an empty page is right only for an empty list.
        """
        if self.is_behind_the_end:
            return
        try:
            envelope = self._envelope
        except ValidationError as error:
            raise UnusablePageError(f"the body is no page of a list ({_explain(error)})") from None
        if not envelope["results"] and (self.slot.number > 1 or envelope["count"]):
            raise UnusablePageError(
                f"the page is empty, but the list is said to have {envelope['count']} rows"
            )


class _Row(TypedDict):
    id: Annotated[int, Field(strict=True, ge=0, lt=2**64)]


class _Envelope(TypedDict):
    """What is believed of a body; the rest is neither kept nor made into objects.

    Making them takes three times as long, and holds all threads (measured: 0.35 and 0.12 ms).
    """

    count: StrictInt
    next: NotRequired[object]
    results: list[_Row]


_ENVELOPE = TypeAdapter(_Envelope)


def read_ids(body: bytes) -> array[int]:
    """The ids of the rows of a page that was believed before."""
    return array("Q", [row["id"] for row in _ENVELOPE.validate_json(body)["results"]])


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))


def encode_checkpoint(page: Page) -> bytes:
    """The page as a checkpoint's bytes."""
    head = json.dumps({"status": page.status, "observed_at": page.observed_at.isoformat()})
    # The checksum makes a damaged checkpoint fail to decompress, so that nobody needs to parse it.
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    return compressor.compress(head.encode() + b"\n" + page.body)


def decode_checkpoint(slot: Slot, stored: bytes) -> Page:
    """The page of a checkpoint; CorruptCheckpointError when its bytes are not what we write.

    The body is not parsed: it was believed before it was stored.
    """
    try:
        head, _, body = zstandard.ZstdDecompressor().decompress(stored).partition(b"\n")
        fields = json.loads(head)
        observed_at = datetime.fromisoformat(fields["observed_at"]).astimezone(UTC)
        return Page(slot, int(fields["status"]), observed_at, body)
    except (zstandard.ZstdError, ValueError, KeyError) as error:
        raise CorruptCheckpointError(f"checkpoint of page {slot.number}: {error}") from error
