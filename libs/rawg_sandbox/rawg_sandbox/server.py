"""HTTP: one process, one event loop, aiohttp's plain server without its router.

`RawgServer.handle` is the one place where a request becomes an answer and an answer is sent:
faults will sit between the two.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from aiohttp import web

from rawg_sandbox.api import BASE_PATH, UNKNOWN, Answer, RawgApi, find_route
from rawg_sandbox.calls import CallLog
from rawg_sandbox.clock import SandboxClock
from rawg_sandbox.control import PREFIX, Control
from rawg_sandbox.source import Source

_HEADERS: Final = {
    "Content-Type": "application/json",
    "Allow": "GET, HEAD, OPTIONS",
    "Vary": "Accept, Accept-Encoding, Origin",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "CF-Cache-Status": "DYNAMIC",
    "Server": "cloudflare",
}


@dataclass(frozen=True)
class ServerOptions:
    """How the server answers, apart from what it answers."""

    keys: frozenset[str] = frozenset({"sandbox"})
    counts_cached_seconds: int = 0
    latency_seconds: float = 0.0
    gzip: bool = False


class RawgServer:
    """Serves a source at a clock's time."""

    def __init__(self, source: Source, clock: SandboxClock, options: ServerOptions) -> None:
        """Put the parts together."""
        self.clock = clock
        self.calls = CallLog()
        self.api = RawgApi(source, options.keys, options.counts_cached_seconds)
        self._control = Control(self.api, clock, self.calls)
        self._options = options

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path, query = request.path, dict(request.query)
        if path.startswith(PREFIX) or path == PREFIX.rstrip("/"):
            body = await request.read()
            return self._respond(request, self._control.answer(request.method, path, query, body))
        answer = self._answer(request, path, query)
        if self._options.latency_seconds:
            await asyncio.sleep(self._options.latency_seconds)
        return self._respond(request, answer)

    def _answer(self, request: web.BaseRequest, path: str, query: Mapping[str, str]) -> Answer:
        route = find_route(path) if path.startswith(f"{BASE_PATH}/") else UNKNOWN
        address = f"{request.scheme}://{request.host}{path}"
        moment = self.clock.catalogue_moment()
        answer = self.api.answer(request.method, route, address, query, moment)
        self.calls.add(route.label, path, query.items(), answer.status)
        return answer

    def _respond(self, request: web.BaseRequest, answer: Answer) -> web.Response:
        headers = {**_HEADERS, "Date": _http_date(self.clock.now()), **answer.headers}
        response = web.Response(body=answer.body, status=answer.status, headers=headers)
        if self._options.gzip and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        return response


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
