"""What a reading asks: decided before its first request, and stored so that every run asks the same.

The fingerprint tells whether two generations of a partition asked the same thing; limits, host and
concurrency are not part of it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from extractor.rawg_client import PageRequest
from gamemarket.endpoints import Endpoint


class ReadingRequest(BaseModel):
    """The body of request.json. `page_limit` is the endpoint's, `max_pages` the caller's."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    path: str
    params: dict[str, str]
    page_size: int
    page_limit: int | None
    max_pages: int | None
    run_id: str
    started_at: datetime

    @property
    def last_page_allowed(self) -> int | None:
        """The last page to read, or None for no limit."""
        return min((n for n in (self.page_limit, self.max_pages) if n), default=None)

    def page(self, number: int) -> PageRequest:
        """The request of one page."""
        params = {**self.params, "page": str(number), "page_size": str(self.page_size)}
        return PageRequest(self.path, params, number)

    def to_bytes(self) -> bytes:
        """The object's body."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def build_reading_request(
    endpoint: Endpoint, run_date: date, *, max_pages: int | None, run_id: str, now: datetime
) -> ReadingRequest:
    """The request of an endpoint on a run date, as endpoints.json has it today."""
    return ReadingRequest(
        fingerprint=compute_fingerprint(endpoint, run_date),
        path=endpoint.path,
        params=endpoint.request_params(run_date),
        page_size=endpoint.page_size,
        page_limit=endpoint.page_limit,
        max_pages=max_pages,
        run_id=run_id,
        started_at=now,
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
