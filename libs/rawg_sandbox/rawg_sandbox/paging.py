"""RAWG's envelope: page sizes, `next` and `previous`, and what lies beyond the last page.

As seen in recordings: the size is clamped to 40 in silence while the links repeat what was
asked; links carry every parameter, the API key too, sorted by name, commas as %2C.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import orjson

MAX_PAGE_SIZE: Final = 40
# What each list gives when no size is asked; the default of platforms is above the maximum.
DEFAULT_PAGE_SIZES: Final = {
    "games": 20,
    "genres": 40,
    "platforms": 50,
    "platforms/lists/parents": 50,
    "stores": 20,
    "developers": 10,
    "publishers": 10,
    "tags": 10,
    "creators": 10,
    "creator-roles": 10,
}


@dataclass(frozen=True)
class Listing:
    """What a list request found, before it is cut into pages.

    `reachable` rows can be paged to (filtered queries stop at 10,000) while `count` tells all;
    `rows(start, stop)` gives encoded rows; `extras` are the encoded members behind `results`,
    each with its leading comma. `has_next`: said instead of what `count` implies.
    """

    count: int
    reachable: int
    rows: Callable[[int, int], list[bytes]]
    extras: bytes = b""
    has_next: bool | None = None


@dataclass(frozen=True)
class Page:
    """Which rows a request wants: `number` from 1, `size` at most 40 (or the list's default)."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size


def parse_page(endpoint: str, parameters: Mapping[str, str]) -> Page | None:
    """Return the page asked for, or nothing if `page` is no page number."""
    number = _positive(parameters.get("page", "1"))
    if number is None:
        return None
    asked = _positive(parameters.get("page_size", ""))
    size = DEFAULT_PAGE_SIZES[endpoint] if asked is None else min(asked, MAX_PAGE_SIZE)
    return Page(number, size)


def encode_page(
    listing: Listing, page: Page, address: str, parameters: Mapping[str, str]
) -> bytes | None:
    """Return the body of a page, or nothing for a page past the end.

    `address` is the request's own, without its query.
    """
    stop = min(page.start + page.size, listing.reachable)
    if page.start >= stop and page.number > 1:
        return None
    has_next = listing.has_next
    if has_next is None:
        has_next = page.start + page.size < listing.count
    after = _link(address, parameters, page.number + 1) if has_next else None
    before = _link(address, parameters, page.number - 1) if page.number > 1 else None
    return b'{"count":%d,"next":%b,"previous":%b,"results":[%b]%b}' % (
        listing.count,
        orjson.dumps(after),
        orjson.dumps(before),
        b",".join(listing.rows(page.start, stop)),
        listing.extras,
    )


def _link(address: str, parameters: Mapping[str, str], page: int) -> str:
    """Return a link to another page; the one to page 1 names no page (Django's way)."""
    others = {name: value for name, value in parameters.items() if name != "page"}
    wanted = others if page == 1 else {**others, "page": str(page)}
    return f"{address}?{urlencode(sorted(wanted.items()))}" if wanted else address


def _positive(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 and int(text) > 0 else None
