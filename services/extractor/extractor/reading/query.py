"""What a reading asks: decided before its first request, and stored so that every run asks the same.

The fingerprint tells whether two generations of a partition asked the same thing; limits, host and
concurrency are not part of it, nor is the slice that a reading takes of a long list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from extractor.api.rawg_client import Request
from extractor.pages.detail_page import GONE, DetailPage
from extractor.pages.list_page import Layout, ListPage
from extractor.pages.page import Page, PageFacts, Slot
from extractor.reading.choose_details import Choice, RequestedItem
from gamemarket.endpoints import ID_FIELD, Endpoint, Slices
from gamemarket.manifest import ListedItem
from gamemarket.sources import Paging

_FOUND = frozenset({200})


class Query(BaseModel):
    """The body of request.json. `page_limit` is the endpoint's, `max_pages` the caller's.

    `slice` are the parameters of a part of a list that is too long, beside the fixed `params`;
    `last_page` is where an earlier reading saw the list end when the API's count was wrong.
    How its pages are asked for and read (`paging`, its source's) and judged (`min_coverage`,
    `slices`, `run_date_field`, as in endpoints.json) is part of the question: whoever goes on with
    a reading must not believe pages that were asked for in an order that proves nothing.
    """

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    path: str
    params: dict[str, str]
    slice: dict[str, str] = {}
    page_size: int
    page_limit: int | None
    max_pages: int | None
    last_page: int | None = None
    paging: Paging
    min_coverage: float | None
    slices: Slices | None
    run_date_field: str | None
    run_id: str
    started_at: datetime

    @property
    def layout(self) -> Layout:
        """How its pages are read."""
        return Layout(self.paging, self.page_size)

    @property
    def last_page_allowed(self) -> int | None:
        """The last page to read, or None for no limit."""
        return min((n for n in (self.page_limit, self.max_pages) if n), default=None)

    def pages_of(self, count: int) -> int:
        """How many pages so many rows make; an empty list is one page."""
        return max(1, -(-count // self.page_size))

    def request(self, slot: Slot, redirect: str | None = None) -> Request:
        """The request of one page; `redirect` is what the page before said of an item."""
        params = {**self.all_params, **self.paging.params(slot.number, self.page_size)}
        # A list ends somewhere, but it has a first page.
        can_end = slot.number > 1 and self.paging.behind_the_end == "not_found"
        answers = _FOUND | {404} if can_end else _FOUND
        return Request(self.path, params, answers, f"{self.path} page {slot.number}")

    def build_page(self, slot: Slot, status: int, observed_at: datetime, body: bytes) -> Page:
        """What came for a page, not checked yet."""
        return ListPage(slot, status, observed_at, body, self.layout)

    def is_understood(self, stored: Iterable[Slot], facts: Callable[[Slot], PageFacts]) -> bool:
        """Whether what came shows that the API has what is asked for: more than a first page."""
        return any(slot.number > 1 for slot in stored)

    @property
    def items(self) -> str | None:
        """The field of a page that holds its rows; None: the page is a row."""
        return self.paging.items

    @property
    def has_order(self) -> bool:
        """Whether the list keeps an order, so that its ends can prove it."""
        return self.min_coverage is None

    def asks_like(self, other: Query) -> bool:
        """Whether both ask for the same list, whoever asks and wherever it was seen to end."""
        return (self.fingerprint, self.slice) == (other.fingerprint, other.slice)

    @property
    def all_params(self) -> dict[str, str]:
        """What every page of the reading is asked with."""
        return {**self.params, **self.slice}

    def sliced(self, params: Mapping[str, str]) -> Self:
        """The same query for a slice of the list."""
        return self.model_copy(update={"slice": dict(params)})

    def ending_at(self, last_page: int | None) -> Self:
        """The same query, knowing where the list ends; None: where the API's count says."""
        return self.model_copy(update={"last_page": last_page})

    def to_bytes(self) -> bytes:
        """The object's body."""
        return self.model_dump_json(indent=1).encode() + b"\n"


class DetailQuery(Query):
    """The same for details: page n is asked for the n-th of `requested`, which nobody changes any more.

    `left_out` is what the run date's parents named beyond the `daily_requests`, or is due later.
    """

    requested: tuple[RequestedItem, ...]
    left_out: tuple[ListedItem, ...]
    daily_requests: int

    def item(self, number: int) -> RequestedItem:
        """What page `number`, from 1, is asked for."""
        return self.requested[number - 1]

    @property
    def items(self) -> None:
        """A detail is a row itself."""
        return None

    def request(self, slot: Slot, redirect: str | None = None) -> Request:
        """The request of one item: by its id, then by the slug that the first answer led to."""
        key = quote(redirect or str(self.item(slot.number).id), safe="")
        path = self.path.replace(ID_FIELD, key)
        return Request(path, self.params, _FOUND | GONE, path)  # any item can have been deleted

    def build_page(self, slot: Slot, status: int, observed_at: datetime, body: bytes) -> Page:
        """What came for an item, with the id that was asked for."""
        return DetailPage(slot, status, observed_at, body, self.item(slot.number).id)

    def is_understood(self, stored: Iterable[Slot], facts: Callable[[Slot], PageFacts]) -> bool:
        """Whether any of the items was there: a wrong path has none."""
        return any(facts(slot).ids for slot in stored)

    @property
    def is_limited(self) -> bool:
        """Whether the caller's limit cut off what the day's budget would have reached."""
        in_budget = min(self.daily_requests, len(self.requested) + len(self.left_out))
        return self.max_pages is not None and self.max_pages < in_budget


def parse_query(body: bytes) -> Query:
    """The query of a stored request.json; ValidationError when it is none."""
    query = Query.model_validate_json(body)
    fields = from_json(body)
    if "wanted" in fields:
        fields = _rename_former(fields)
    return DetailQuery.model_validate(fields) if "requested" in fields else query


def _rename_former(fields: dict[str, Any]) -> dict[str, Any]:
    """A query of details as it was written before what was asked for said itself how it had fared:
    the first `fresh` of `wanted` had not been gone, two sets of ids named the others."""
    failed, left = set(fields.get("failed_before", ())), set(fields.get("inherited", ()))
    requested = [
        item
        | {
            "failures": int(number > fields["fresh"] or item["id"] in failed),
            "is_listed": item["id"] not in left,
        }
        for number, item in enumerate(fields["wanted"], start=1)
    ]
    return fields | {"requested": requested}


def build_query(
    endpoint: Endpoint,
    paging: Paging,
    run_date: date,
    *,
    max_pages: int | None,
    run_id: str,
    now: datetime,
) -> Query:
    """The query of an endpoint on a run date, as endpoints.json has it today."""
    return Query(
        fingerprint=compute_fingerprint(endpoint, run_date),
        path=endpoint.path,
        params=endpoint.request_params(run_date),
        page_size=endpoint.page_size,
        page_limit=endpoint.page_limit,
        max_pages=max_pages,
        paging=paging,
        min_coverage=endpoint.coverage_asked,
        slices=endpoint.slices,
        run_date_field=endpoint.run_date_field,
        run_id=run_id,
        started_at=now,
    )


def build_detail_query(query: Query, daily_requests: int, choice: Choice) -> DetailQuery:
    """The query of the most added that are due, as far as the budget and the caller's limit go.

    Of those that the run date's own parents name it says what it leaves out.
    """
    reached = min(daily_requests, query.max_pages or daily_requests)
    beyond = [item for item in choice.due[reached:] if item.is_listed]
    return DetailQuery(
        **dict(query),
        requested=tuple(choice.due[:reached]),
        left_out=(*beyond, *choice.waiting),
        daily_requests=daily_requests,
    )


def compute_fingerprint(endpoint: Endpoint, run_date: date) -> str:
    """A hash of what is asked: source, path, fixed parameters, page size, run date."""
    asked = {
        "source": endpoint.source,
        "path": endpoint.path,
        "params": endpoint.request_params(run_date),
        "page_size": endpoint.page_size,
        "run_date": run_date.isoformat(),
    }
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
