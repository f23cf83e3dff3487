"""One page: wait for its turn, pay, ask with retries, store. What a worker of the pool does."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial

from tenacity import Retrying

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import (
    MisshapenAnswerError,
    NoPageError,
    PageRequest,
    RawgClient,
    TransientError,
)
from extractor.api.retry_policy import ATTEMPTS_PER_PAGE
from extractor.pages.pages import Page, Slot
from extractor.reading.open_generation import OpenReading
from gamemarket.errors import UpstreamError
from gamemarket.sources import Paging


class OutageError(UpstreamError):
    """A page did not come, however often it was asked for."""


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
        """Asks for a page until it comes and stores it.

        Raises OutageError when it does not come, NoPageError when what comes is none for good.
        """
        request = reading.ask_for(slot)
        misshapen: Counter[bytes] = Counter()
        try:
            page = self._api.retry(partial(self._ask, misshapen), request)
        except TransientError as error:
            raise OutageError(
                f"The API did not give {request}, however often it was asked; its last answer: "
                f"{error}. What was read is kept: run the same command again later."
            ) from None
        self._api.claim.make()
        reading.store(page)

    def _ask(self, misshapen: Counter[bytes], request: PageRequest) -> Page:
        self._api.pace.wait_for_turn()
        self._api.budget.take()
        with self._lock:
            self.requests += 1
        try:
            return self._api.client.get_page(request)
        except MisshapenAnswerError as error:
            misshapen[error.body] += 1
            # An outage's answers change, or are no JSON: what every try gives will be given for ever.
            if misshapen[error.body] < ATTEMPTS_PER_PAGE:
                raise
            raise NoPageError(
                f"The API answers {request} with the same each time: {error}. It has changed its "
                "format, or endpoints.json names its fields otherwise. What was read is kept."
            ) from None
        except TransientError as error:
            if error.retry_after_seconds is not None:
                self._api.pace.pause(error.retry_after_seconds)
            raise
