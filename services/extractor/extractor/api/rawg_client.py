"""An API, asked for one page at a time: the only module that uses httpx.

Answers are sorted into pages, errors worth another try (TransientError) and errors that no retry mends.
Where the key goes and how a spent quota is told is the source's (endpoints.json): RAWG's three refusals
are all 401 and differ by their text only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypedDict
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from extractor.pages.pages import DetailPage, Layout, Page, Slot, UnusablePageError
from extractor.workers.worker_pool import StopRequest
from gamemarket.endpoints import Source
from gamemarket.errors import KeyRefusedError, StoppedEarlyError, UpstreamError, UsageError
from gamemarket.logs import Redactor
from gamemarket.run_dates import Clock

# RAWG's outages hang for up to 15 minutes: connect and read have limits of their own, and no answer,
# however slowly it drips, holds a worker longer than the whole request's.
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_REQUEST_SECONDS = 60.0
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_MISUNDERSTOOD = frozenset({400, 410, 414, 422})


class TransientError(UpstreamError):
    """Worth another try; `retry_after_seconds` when the API asked for a pause."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        """Takes what came back, without the key."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


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

    @property
    def may_be_missing(self) -> bool:
        """Whether a 404 is an answer: a list ends somewhere, but it has a first page."""
        return self.slot.number > 1 and self.layout.paging.behind_the_end == "not_found"

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

    @property
    def may_be_missing(self) -> bool:
        """Any item can have been deleted."""
        return True

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
        self.base_url = (base_url or source.base_url).rstrip("/")
        self._source = source
        self._key = key
        self._redactor = Redactor([key.get_secret_value()])
        self._clock = clock
        self._stop = stop
        _check_url(self.base_url)
        limits = httpx.Limits(max_connections=source.concurrency)
        self._http = httpx.Client(timeout=_TIMEOUT, limits=limits, headers=_HEADERS)

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
            raise TransientError(self._redactor.redact(_explain(error))) from None
        self._refuse_errors(request, response, body)
        page = request.build_page(response.status_code, self._observed_at(response), body)
        try:
            page.check()
        except UnusablePageError as error:
            raise TransientError(f"status {response.status_code}, but {error}") from None
        return page

    def _get(self, request: PageRequest) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + _REQUEST_SECONDS
        url, chunks = self.base_url + request.path, []
        with self._http.stream("GET", url, **self._add_key(request.params)) as response:
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                if time.monotonic() > min(deadline, self._stop.deadline):
                    raise httpx.ReadTimeout(f"no whole answer in {_REQUEST_SECONDS:.0f} seconds")
        return response, self._redactor.redact_bytes(b"".join(chunks))

    def _add_key(self, params: Mapping[str, str]) -> _Asked:
        key = self._key.get_secret_value()
        if self._source.key_header:
            return {"params": params, "headers": {self._source.key_header: key}}
        return {"params": {**params, str(self._source.key_parameter): key}, "headers": {}}

    def _refuse_errors(self, request: PageRequest, response: httpx.Response, body: bytes) -> None:
        status = response.status_code
        if status == 200 or (status == 404 and request.may_be_missing):
            return
        quota = self._source.quota_refusal
        if quota and quota.is_said(status, body):
            raise QuotaSpentError(
                "The API says that its quota is spent. What was read is kept: run the same command "
                "again when the quota begins anew."
            )
        if status == 401:
            raise KeyRefusedError(
                f"The API refused the key (401): {_excerpt(body)}. {_advise_on_key(self._source)}"
            )
        if status in _WORTH_ANOTHER_TRY or status >= 500:
            raise TransientError(f"status {status}", self._pause_asked(response))
        if status == 404:
            raise QuestionRefusedError(
                f"The API has nothing at {self.base_url}{request.path} (404). "
                "Check the endpoint's path in endpoints.json."
            )
        if status in _MISUNDERSTOOD:
            raise QuestionRefusedError(
                f"The API does not understand what {request.path} is asked: status {status}, "
                f"{_excerpt(body)}. Check the endpoint's params in endpoints.json."
            )
        raise UpstreamError(f"The API refused {request.path}: status {status}, {_excerpt(body)}")

    def _observed_at(self, response: httpx.Response) -> datetime:
        return _parse_http_date(response.headers.get("Date", "")) or self._clock.now()

    def _pause_asked(self, response: httpx.Response) -> float | None:
        """Retry-After in seconds; it comes as a number or as a date (RFC 9110, 10.2.3)."""
        value = response.headers.get("Retry-After", "")
        if value.isdecimal():
            return float(value)
        until = _parse_http_date(value)
        if until is None:
            return None
        return max(0.0, (until - self._observed_at(response)).total_seconds())


def _check_url(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"'{url}' can't be the API's base URL: {error}.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(f"'{url}' can't be the API's base URL: give http(s)://host/path.")


_HEADERS = {"Accept": "application/json", "User-Agent": "game-market-extractor"}


def _advise_on_key(source: Source) -> str:
    where = f"; a key is to be had at {source.key_page}" if source.key_page else ""
    return f"Check {source.key_variable}{where}."


def _excerpt(body: bytes) -> str:
    return " ".join(body[:200].decode(errors="replace").split()) or "no text"


def _explain(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _parse_http_date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except ValueError:
        return None
