"""One page: wait for its turn, pay, ask with retries, store. What a worker of the pool does."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tenacity import Retrying

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import PageRequest, RawgClient, TransientError
from extractor.pages.pages import Page, Slot
from extractor.reading.open_generation import OpenReading
from gamemarket.errors import UpstreamError
from gamemarket.sources import Paging


@dataclass(frozen=True, slots=True)
class Api:
    """How a run asks its source: everything that all its endpoints share."""

    client: RawgClient
    retry: Retrying
    pace: Pace
    budget: RequestBudget
    claim: SourceClaim
    paging: Paging


class PageFetcher:
    """Fetches pages of one endpoint into the lake; `requests` counts every call it made."""

    def __init__(self, api: Api) -> None:
        """Safe to use from many threads."""
        self._api = api
        self._lock = threading.Lock()
        self.requests = 0

    def fetch(self, reading: OpenReading, slot: Slot) -> None:
        """Asks for a page until it comes and stores it; UpstreamError when it does not come."""
        request = reading.ask_for(slot)
        try:
            page = self._api.retry(self._ask, request)
        except TransientError as error:
            raise UpstreamError(
                f"The API did not give {request}, however often it was asked; its last answer: "
                f"{error}. What was read is kept: run the same command again later."
            ) from None
        self._api.claim.make()
        reading.store(page)

    def _ask(self, request: PageRequest) -> Page:
        self._api.pace.wait_for_turn()
        self._api.budget.take()
        with self._lock:
            self.requests += 1
        try:
            return self._api.client.get_page(request)
        except TransientError as error:
            if error.retry_after_seconds is not None:
                self._api.pace.pause(error.retry_after_seconds)
            raise
