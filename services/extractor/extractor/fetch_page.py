"""One page: ask with retries, store, count. What a worker of the pool does."""

from __future__ import annotations

import threading

from tenacity import Retrying

from extractor.open_generation import OpenReading
from extractor.pages import Page
from extractor.rawg_client import PageRequest, RawgClient, TransientError
from gamemarket.errors import UpstreamError


class PageFetcher:
    """Fetches pages of one endpoint into the lake; `requests` counts every call it made."""

    def __init__(self, client: RawgClient, retry: Retrying) -> None:
        """Safe to use from many threads."""
        self._client = client
        self._retry = retry
        self._lock = threading.Lock()
        self.requests = 0

    def fetch(self, reading: OpenReading, number: int) -> None:
        """Asks for a page until it comes and stores it; UpstreamError when it does not come."""
        request = reading.request.page(number)
        try:
            page = self._retry(self._ask, request)
        except TransientError as error:
            raise UpstreamError(
                f"The API did not give {request}, however often it was asked; its last answer: "
                f"{error}. What was read is kept: run the same command again later."
            ) from None
        reading.store(page)

    def _ask(self, request: PageRequest) -> Page:
        with self._lock:
            self.requests += 1
        return self._client.get_page(request)
