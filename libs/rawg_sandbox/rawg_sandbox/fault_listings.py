"""Faults in what a list says: pages without rows or with too few, other fields, wrong counts.

`next` follows the wrong count, as it would from a paginator; the rows are those that are there.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from rawg_sandbox.paging import Listing

CHANGED_ROWS: Final = "changed_rows"
LIST_KINDS: Final = (
    "empty_page",
    "empty_end",
    "short_page",
    "wrong_count",
    "falling_count",
    CHANGED_ROWS,
)


def spoil_listing(listing: Listing, kind: str, rows: int, by: int | None, number: int) -> Listing:
    """Return the listing as a fault of this kind shows it; `number` counts the rule's faults."""
    match kind:
        case "empty_page":
            return replace(listing, rows=lambda start, stop: [], has_next=True)
        case "empty_end":
            return replace(listing, rows=lambda start, stop: [], has_next=False)
        case "short_page":
            return replace(listing, rows=lambda start, stop: _without(listing, start, stop, rows))
        case "falling_count":
            return replace(listing, count=max(0, listing.count - (by or 1) * number))
    return replace(listing, count=max(0, listing.count + (1 if by is None else by)))


def change_rows(listing: Listing, fields: Mapping[str, Any], without: Collection[str]) -> Listing:
    """Return the listing with `fields` set in every row, and the fields in `without` gone."""

    def change(row: bytes) -> bytes:
        kept = {name: value for name, value in orjson.loads(row).items() if name not in without}
        return orjson.dumps({**kept, **fields})

    return replace(
        listing, rows=lambda start, stop: [change(row) for row in listing.rows(start, stop)]
    )


def _without(listing: Listing, start: int, stop: int, missing: int) -> list[bytes]:
    """Return a page's rows but some in its middle."""
    found = listing.rows(start, stop)
    kept = max(0, len(found) - missing)
    return found[: kept - kept // 2] + found[len(found) - kept // 2 :]
