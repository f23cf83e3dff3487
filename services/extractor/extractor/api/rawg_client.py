"""An API, asked for one page at a time.

Answers are sorted into pages, errors worth another try (TransientError) and errors that no retry mends.
Where the key goes and how a spent quota is told is the source's (endpoints.json): RAWG's three refusals
are all 401 and differ by their text only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from extractor.api.connection import check_base_url, open_connections
from extractor.api.headers import read_location, read_observed_at, read_pause
from extractor.api.key import build_body_redactor, check_key
from extractor.pages.body import mend_text
from extractor.pages.pages import (
    GONE,
    DetailPage,
    Layout,
    MisshapenPageError,
    Page,
    Slot,
    UnusablePageError,
)
from extractor.workers.worker_pool import StopRequest
from gamemarket.endpoints import Source
from gamemarket.errors import (
    DataError,
    GameMarketError,
    KeyRefusedError,
    StoppedEarlyError,
    UpstreamError,
    UsageError,
)
from gamemarket.logs import hide, redact
from gamemarket.run_dates import Clock

_log = logging.getLogger(__name__)

# No answer, however slowly it drips, holds a worker longer.
_REQUEST_SECONDS = 60.0
# DuckDB and Snowflake take objects of 16 MiB; RAWG's pages of 40 are half a megabyte.
LARGEST_BODY_BYTES = 16_000_000
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_MISUNDERSTOOD = frozenset({400, 410, 414, 422})


class TransientError(UpstreamError):
    """Worth another try; `retry_after_seconds` when the API asked for a pause."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        """Takes what came back, without the key."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class MisshapenAnswerError(TransientError):
    """JSON of another form than is expected; `body` tells whether it is the same at each try."""

    def __init__(self, message: str, body: bytes) -> None:
        """Takes what came back, without the key, and the body."""
        super().__init__(message)
        self.body = body


class NoPageError(DataError):
    """What the API answers is no page, and would be none at the next try."""


class QuestionRefusedError(UsageError):
    """What an endpoint asks is nothing that the API answers: endpoints.json is to be corrected."""


class QuotaSpentError(StoppedEarlyError):
    """The quota's requests are used up (RAWG: 20,000 a month on the free plan)."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of one list: path below the base URL, and every parameter but the key."""

    path: str
    params: Mapping[str, str]
    slot: Slot
    layout: Layout

    def is_answered_by(self, status: int) -> bool:
        """Whether the status is no error. A list ends somewhere (404), but it has a first page."""
        ends = self.slot.number > 1 and self.layout.paging.behind_the_end == "not_found"
        return status == 200 or (status == 404 and ends)

    def build_page(self, status: int, observed_at: datetime, body: bytes) -> Page:
        """What came, as what was asked for; not checked yet."""
        return Page(self.slot, status, observed_at, body, self.layout)

    def __str__(self) -> str:
        """For people: the path and the page."""
        return f"{self.path} page {self.slot.number}"


@dataclass(frozen=True, slots=True)
class DetailPageRequest(PageRequest):
    """One item of an endpoint, by its id, or by the slug that it was redirected to."""

    requested_id: int

    def is_answered_by(self, status: int) -> bool:
        """Whether the status is no error: any item can have been deleted."""
        return status == 200 or status in GONE

    def build_page(self, status: int, observed_at: datetime, body: bytes) -> Page:
        """What came, with the id that was asked for."""
        return DetailPage(self.slot, status, observed_at, body, self.layout, self.requested_id)

    def __str__(self) -> str:
        """For people: the path."""
        return self.path


class _Asked(TypedDict):
    params: Mapping[str, str]
    headers: Mapping[str, str]


class RawgClient:
    """One connection pool to one source; safe to use from many threads."""

    def __init__(
        self, source: Source, base_url: str | None, key: SecretStr, clock: Clock, stop: StopRequest
    ) -> None:
        """Takes the source, its URL when it is not the usual one, and the key."""
        check_key(source, key)
        hide(key.get_secret_value())
        self.base_url = check_base_url(base_url or source.base_url, source.base_url_variable)
        self._source = source
        self._key = key
        self._redactor = build_body_redactor(source, key)
        self._clock = clock
        self._stop = stop
        self._http = open_connections(source.concurrency)

    @property
    def host(self) -> str:
        """The API's host, without the port: what a lake belongs to."""
        return urlsplit(self.base_url).hostname or self.base_url

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def get_page(self, request: PageRequest) -> Page:
        """Asks once. Raises TransientError, QuotaSpentError, KeyRefusedError, UpstreamError or,
        for what it does not understand (a first page that does not exist), QuestionRefusedError."""
        try:
            response, body = self._get(request)
        except httpx.RequestError as error:
            raise TransientError(redact(_explain(error))) from None
        if not request.is_answered_by(response.status_code):
            raise self._explain_refusal(request, response, body)
        observed_at = read_observed_at(response.headers, self._clock.now())
        try:
            return self._build_page(request, response.status_code, observed_at, body)
        except MisshapenPageError as error:
            raise MisshapenAnswerError(
                f"status {response.status_code}, but {error}", body
            ) from None
        except UnusablePageError as error:
            raise TransientError(f"status {response.status_code}, but {error}") from None

    def _build_page(
        self, request: PageRequest, status: int, observed_at: datetime, body: bytes
    ) -> Page:
        """The page, checked; with its text mended when it can't be read otherwise."""
        page = request.build_page(status, observed_at, body)
        try:
            page.check()
        except UnusablePageError:
            # In UTF-16 the key is spelled otherwise: it is found once the text is UTF-8.
            mended = self._redactor.redact_bytes(mend_text(body))
            if mended == body or len(mended) > LARGEST_BODY_BYTES:
                raise
            page = request.build_page(status, observed_at, mended)
            page.check()
            _log.warning("%s: what is no text in it is stored as U+FFFD", request)
        return page

    def _get(self, request: PageRequest) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + _REQUEST_SECONDS
        url, body = self.base_url + request.path, bytearray()
        with self._http.stream("GET", url, **self._add_key(request.params)) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > min(deadline, self._stop.deadline):
                    raise httpx.ReadTimeout(f"no whole answer in {_REQUEST_SECONDS:.0f} seconds")
                if len(body) > LARGEST_BODY_BYTES:
                    raise NoPageError(
                        f"The answer for {request} is larger than {LARGEST_BODY_BYTES:,} bytes: no "
                        "page is. Lower the endpoint's page_size in endpoints.json."
                    )
        return response, self._redactor.redact_bytes(bytes(body))

    def _add_key(self, params: Mapping[str, str]) -> _Asked:
        key = self._key.get_secret_value()
        if self._source.key_header:
            return {"params": params, "headers": {self._source.key_header: key}}
        return {"params": {**params, str(self._source.key_parameter): key}, "headers": {}}

    def _explain_refusal(
        self, request: PageRequest, response: httpx.Response, body: bytes
    ) -> GameMarketError:
        status, excerpt = response.status_code, _excerpt(body)
        quota = self._source.quota_refusal
        if quota and quota.is_said(status, body):
            return QuotaSpentError(
                "The API says that its quota is spent. What was read is kept: run the same command "
                "again when the quota begins anew."
            )
        if status == 401:
            return KeyRefusedError(
                f"The API refused the key (401): {excerpt}. {_advise_on_key(self._source)}"
            )
        pause = read_pause(response.headers, self._clock.now())
        # Some APIs say with a 403 that they are asked too fast: who names a pause wants to be asked again.
        if status in _WORTH_ANOTHER_TRY or status >= 500 or (status == 403 and pause is not None):
            return TransientError(f"status {status}", pause)
        if status == 404:
            return QuestionRefusedError(
                f"The API has nothing at {self.base_url}{request.path} (404). "
                "Check the endpoint's path in endpoints.json."
            )
        if status in _MISUNDERSTOOD:
            return QuestionRefusedError(
                f"The API does not understand what {request.path} is asked: status {status}, "
                f"{excerpt}. Check the endpoint's params in endpoints.json."
            )
        if response.has_redirect_location:
            return self._explain_redirect(request, response)
        return UpstreamError(f"The API refused {request.path}: status {status}, {excerpt}")

    def _explain_redirect(
        self, request: PageRequest, response: httpx.Response
    ) -> QuestionRefusedError:
        """Redirects are not followed: the key would go wherever somebody points."""
        target = read_location(response)
        variable, status = self._source.base_url_variable, response.status_code
        asked = response.url.copy_with(query=None)
        if target and target == asked.copy_with(scheme="https", port=target.port):
            https = self.base_url.replace("http:", "https:", 1)
            return QuestionRefusedError(
                f"The API answers by https only ({status}): set {variable} to the https base URL, "
                f"as {https}."
            )
        return QuestionRefusedError(
            f"{request.path} is not answered but sent on to {target or 'nowhere'} ({status}): a login "
            f"page or a proxy stands before the API, or it has moved. Check {variable}."
        )


def _advise_on_key(source: Source) -> str:
    where = f"; a key is to be had at {source.key_page}" if source.key_page else ""
    return f"Check {source.key_variable}{where}."


def _excerpt(body: bytes) -> str:
    text = " ".join(mend_text(body[:1000]).decode().split())
    return redact(text)[:200] or "no text"


def _explain(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
