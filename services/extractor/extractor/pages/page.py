"""A page: one answer of the API as bytes, with what came with it, and what decisions need of it.

The body is parsed only to be believed and counted; what is stored are the API's own bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from gamemarket.errors import DataError

_OBJECT = TypeAdapter(dict[str, object])


class UnusablePageError(DataError):
    """The body is no page now: not JSON (a proxy's HTML, a cut), or empty where rows must be."""


class MisshapenPageError(UnusablePageError):
    """The body is JSON, but no page: what the API answers has another form than is expected."""


class Slot(NamedTuple):
    """Which page of a reading, and which request for it: an end of a list is looked at a second time,
    and where a detail redirects to is its second request."""

    number: int
    is_second: bool = False


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
class Page(ABC):
    """One answer for one slot of a reading; the body holds no key."""

    slot: Slot
    status: int
    observed_at: datetime
    body: bytes

    @cached_property
    def line(self) -> bytes:
        """The body as one line: a raw line break can only stand between JSON tokens."""
        return self.body.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

    @cached_property
    @abstractmethod
    def facts(self) -> PageFacts:
        """What is to be kept in mind of the page."""

    @abstractmethod
    def check(self) -> None:
        """Raises UnusablePageError unless the body is what was asked for."""


def check_not_found(body: bytes) -> None:
    """Raises UnusablePageError unless it is a JSON object, as the API's own 404 is: RAWG's is
    `{"detail": "Not found."}`, while a proxy's is a page of HTML, and says nothing of an item."""
    try:
        _OBJECT.validate_json(body)
    except ValidationError:
        raise UnusablePageError(
            "the body is no JSON object: a proxy says so, or there is no such path"
        ) from None


def refuse(what: str, error: ValidationError) -> UnusablePageError:
    """The error of a body that `what` says of what it is none; no JSON is told from another form."""
    first = error.errors(include_url=False, include_input=False)[0]
    kind = UnusablePageError if first["type"] == "json_invalid" else MisshapenPageError
    where = ".".join(map(str, first["loc"]))
    return kind(f"{what} ({': '.join(filter(None, (where, first['msg'])))})")
