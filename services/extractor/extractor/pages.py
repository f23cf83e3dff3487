"""A page: one answer of the API, as bytes, with what came with it.

Its checkpoint is a zstd frame of two things: line 1 what came with the body (status, Date), then the body
as it came (the key's value replaced before it gets here). The body is parsed only to be believed and
counted; what is stored are the API's own bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import zstandard
from pydantic_core import from_json

from gamemarket.errors import DataError

# Level 3 makes 33.7 MB of 232 MB of pages at a quarter of gzip's CPU (level 6: 36.8 MB).
ZSTD_LEVEL = 3


class UnusablePageError(DataError):
    """The body is no page: not JSON, no results, or empty where rows must be."""


class CorruptCheckpointError(DataError):
    """A stored checkpoint can't be read back."""


@dataclass(frozen=True)
class Page:
    """One page of a list. `status` is 200, or 404 for a page behind the end (which has no rows)."""

    number: int
    status: int
    observed_at: datetime
    body: bytes

    @property
    def is_behind_the_end(self) -> bool:
        """Whether the API said that the list ends before this page."""
        return self.status == 404

    @property
    def count(self) -> int | None:
        """The size of the whole list as reported with this page."""
        return None if self.is_behind_the_end else int(self._envelope["count"])

    @property
    def has_next(self) -> bool:
        """Whether the API says that there are more pages."""
        return not self.is_behind_the_end and self._envelope.get("next") is not None

    @property
    def ids(self) -> Sequence[int]:
        """The ids of the page's rows, in order."""
        return () if self.is_behind_the_end else [row["id"] for row in self._envelope["results"]]

    @cached_property
    def line(self) -> bytes:
        """The body as one line: a raw line break can only stand between JSON tokens."""
        return self.body.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

    @property
    def sha256(self) -> str:
        """Of the line, as the manifest names it."""
        return hashlib.sha256(self.line).hexdigest()

    @cached_property
    def _envelope(self) -> dict[str, Any]:
        envelope: dict[str, Any] = from_json(self.body)
        return envelope

    def check(self) -> None:
        """Raises UnusablePageError unless the body is a page of a list.

        RAWG answers 404 behind the end, so an empty page is right only for an empty list.
        """
        if self.is_behind_the_end:
            return
        try:
            envelope = self._envelope
        except ValueError as error:
            raise UnusablePageError(f"the body is not JSON ({error})") from None
        problem = _find_problem(envelope)
        if not problem and not envelope["results"] and (self.number > 1 or envelope["count"]):
            problem = f"the page is empty, but the list is said to have {envelope['count']} rows"
        if problem:
            raise UnusablePageError(problem)


def _find_problem(envelope: object) -> str:
    if not isinstance(envelope, dict) or not isinstance(envelope.get("results"), list):
        return "the body has no list of results"
    if not isinstance(envelope.get("count"), int):
        return "the body has no count"
    if not all(
        isinstance(row, dict) and isinstance(row.get("id"), int) for row in envelope["results"]
    ):
        return "a row has no id"
    return ""


def encode_checkpoint(page: Page) -> bytes:
    """The page as a checkpoint's bytes."""
    head = json.dumps({"status": page.status, "observed_at": page.observed_at.isoformat()})
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(head.encode() + b"\n" + page.body)


def decode_checkpoint(number: int, stored: bytes) -> Page:
    """The page of a checkpoint; CorruptCheckpointError when its bytes are not what we write."""
    try:
        head, _, body = zstandard.ZstdDecompressor().decompress(stored).partition(b"\n")
        fields = json.loads(head)
        observed_at = datetime.fromisoformat(fields["observed_at"]).astimezone(UTC)
        page = Page(number, int(fields["status"]), observed_at, body)
        page.check()
    except (zstandard.ZstdError, ValueError, KeyError, UnusablePageError) as error:
        raise CorruptCheckpointError(f"checkpoint of page {number}: {error}") from error
    return page
