"""One page: wait for its turn, pay, ask with retries, store. What a worker of the pool does."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial

from tenacity import Retrying

from extractor.api.claim_source import SourceClaim
from extractor.api.errors import NoPageError, TransientError
from extractor.api.ledger import RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import LARGEST_BODY_BYTES, Answer, RawgClient, Request
from extractor.api.retry_policy import ATTEMPTS_PER_PAGE
from extractor.api.text import mend_text
from extractor.pages.page import MisshapenPageError, Page, Slot, UnusablePageError
from extractor.reading.open_generation import OpenReading
from gamemarket.errors import UpstreamError
from gamemarket.sources import Paging

_log = logging.getLogger(__name__)


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
        try_once = partial(self._try_once, reading, slot, Counter())
        try:
            page = self._api.retry(try_once, request)
        except TransientError as error:
            raise OutageError(
                f"The API did not give {request}, however often it was asked; its last answer: "
                f"{error}. What was read is kept: run the same command again later."
            ) from None
        self._api.claim.make()
        reading.store(page)

    def _try_once(
        self, reading: OpenReading, slot: Slot, misshapen: Counter[bytes], request: Request
    ) -> Page:
        answer = self._ask(request)
        try:
            return _read_page(reading, slot, answer)
        except UnusablePageError as error:
            said = f"status {answer.status}, but {error}"
            misshapen[answer.body] += isinstance(error, MisshapenPageError)
            # An outage's answers change, or are no JSON: what every try gives will be given for ever.
            if misshapen[answer.body] < ATTEMPTS_PER_PAGE:
                raise TransientError(said) from None
            raise NoPageError(
                f"The API answers {request} with the same each time: {said}. It has changed its "
                "format, or endpoints.json names its fields otherwise. What was read is kept."
            ) from None

    def _ask(self, request: Request) -> Answer:
        with self._api.pace.turn():
            self._api.budget.take()
            with self._lock:
                self.requests += 1
            try:
                return self._api.client.ask(request)
            except TransientError as error:
                if error.retry_after_seconds is not None:
                    self._api.pace.pause(error.retry_after_seconds)
                raise


def _read_page(reading: OpenReading, slot: Slot, answer: Answer) -> Page:
    """The page, checked; with its text mended when it can't be read otherwise."""
    page = reading.query.build_page(slot, answer.status, answer.observed_at, answer.body)
    try:
        page.check()
    except UnusablePageError:
        mended = mend_text(answer.body)
        if mended == answer.body or len(mended) > LARGEST_BODY_BYTES:
            raise
        page = reading.query.build_page(slot, answer.status, answer.observed_at, mended)
        page.check()
        _log.warning("%s: what is no text in it is stored as U+FFFD", reading.ask_for(slot))
    return page
