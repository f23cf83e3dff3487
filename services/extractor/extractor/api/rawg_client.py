"""An API, asked once: what comes back is an answer (status, date and bytes) or an error.

Where the key goes is the source's (endpoints.json). What an answer holds is looked at by those who asked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from extractor.api.connection import Connections, check_base_url
from extractor.api.errors import NoPageError, TransientError
from extractor.api.headers import read_observed_at
from extractor.api.key import build_body_redactor, check_key
from extractor.api.refusals import Refusals
from extractor.api.text import to_utf8
from extractor.workers.worker_pool import StopRequest
from gamemarket.endpoints import Source
from gamemarket.logs import hide, redact
from gamemarket.run_dates import Clock

# No answer, however slowly it drips, holds a worker longer.
_REQUEST_SECONDS = 60.0
# DuckDB and Snowflake take objects of 16 MiB; RAWG's pages of 40 are half a megabyte.
LARGEST_BODY_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """One GET: path below the base URL, and every parameter but the key.

    `answers` are the statuses that are no error: 404 can say that a list has ended. `name` is what
    people are told it was.
    """

    path: str
    params: Mapping[str, str]
    answers: frozenset[int]
    name: str

    def __str__(self) -> str:
        """For people."""
        return self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the body is UTF-8 unless bytes of it are no text at all, and holds no key."""

    status: int
    observed_at: datetime
    body: bytes


class _Asked(TypedDict):
    params: Mapping[str, str]
    headers: Mapping[str, str]


class RawgClient:
    """The connections to one source; safe to use from many threads."""

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
        self._refusals = Refusals(source, self.base_url, clock)
        self._clock = clock
        self._stop = stop
        self._connections = Connections()

    @property
    def host(self) -> str:
        """The API's host, without the port: what a lake belongs to."""
        return urlsplit(self.base_url).hostname or self.base_url

    def close(self) -> None:
        """Closes all connections."""
        self._connections.close()

    def ask(self, request: Request) -> Answer:
        """Asks once. Raises TransientError, QuotaSpentError, KeyRefusedError, UpstreamError,
        NoPageError for a body that is too large or, for what the API does not understand (a first
        page that does not exist), QuestionRefusedError."""
        try:
            response, body = self._get(request)
        except httpx.RequestError as error:
            raise TransientError(redact(_explain(error))) from None
        if response.status_code not in request.answers:
            raise self._refusals.explain(request.path, response, body)
        observed_at = read_observed_at(response.headers, self._clock.now())
        return Answer(response.status_code, observed_at, body)

    def _get(self, request: Request) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + _REQUEST_SECONDS
        url, body = self.base_url + request.path, bytearray()
        with (
            self._connections.borrow() as http,
            http.stream("GET", url, **self._add_key(request.params)) as response,
        ):
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > min(deadline, self._stop.deadline):
                    raise httpx.ReadTimeout(f"no whole answer in {_REQUEST_SECONDS:.0f} seconds")
                _check_size(request, body)
        # In UTF-16 the key is spelled otherwise: it is found once the text is UTF-8.
        text = to_utf8(bytes(body))
        _check_size(request, text)
        return response, self._redactor.redact_bytes(text)

    def _add_key(self, params: Mapping[str, str]) -> _Asked:
        key = self._key.get_secret_value()
        if self._source.key_header:
            return {"params": params, "headers": {self._source.key_header: key}}
        return {"params": {**params, str(self._source.key_parameter): key}, "headers": {}}


def _check_size(request: Request, body: bytes | bytearray) -> None:
    if len(body) > LARGEST_BODY_BYTES:
        raise NoPageError(
            f"The answer for {request} is larger than {LARGEST_BODY_BYTES:,} bytes: no page is. "
            "Lower the endpoint's page_size in endpoints.json."
        )


def _explain(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
