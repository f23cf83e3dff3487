"""A server for the reports that the lake keeps: the newest at `/`, a build's at `/<build_id>`.

It reads the pointer anew for each request, and holds nothing. Its pages need no other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gamemarket.errors import GameMarketError, UsageError
from gamemarket.lake import Lake
from gamemarket.published_marts import read_pointer
from reporter.kept_reports import find_newest

__all__ = ["ReportPages", "open_server"]

_log = logging.getLogger(__name__)

_NONE_YET = "There is no report yet: it is made after the marts, at the end of a day's run."


@dataclass(frozen=True)
class ReportPages:
    """The reports of one lake, for one target's readers."""

    lake: Lake
    target: str

    def find(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body of a path's page."""
        name = path.partition("?")[0].strip("/")
        try:
            body = self._read(name or self._newest())
        except GameMarketError as error:
            _log.warning("%s", error)
            said = "The lake can't be read now; the log of this server says why."
            return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", said.encode()
        if body is not None:
            return HTTPStatus.OK, "text/html", body
        if name:
            return HTTPStatus.NOT_FOUND, "text/plain", b"There is no such report."
        return HTTPStatus.OK, "text/plain", _NONE_YET.encode()

    def _read(self, build_id: str | None) -> bytes | None:
        """The build's report; None where there is none."""
        key = find_newest(self.lake, build_id) if build_id else None
        return self.lake.get(key) if key else None

    def _newest(self) -> str | None:
        pointer = read_pointer(self.lake, self.target)
        return pointer.build_id if pointer else None


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, pages: ReportPages, *request: object) -> None:
        self._pages = pages
        super().__init__(*request)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        status, kind, body = self._pages.find(self.path)
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, template: str, *values: object) -> None:
        _log.info(template, *values)


def open_server(pages: ReportPages, host: str, port: int) -> ThreadingHTTPServer:
    """A server that listens; UsageError when the port is taken."""
    try:
        return ThreadingHTTPServer((host, port), partial(_Handler, pages))
    except OSError as error:
        raise UsageError(
            f"Could not listen on {host}:{port}: {error.strerror}. Give another --port."
        ) from error
