"""HTTP: one process, one event loop, aiohttp's plain server without its router.

`RawgServer.handle` is the one place where a request becomes an answer and an answer is sent:
faults sit between the two.
"""

import asyncio
import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Final, NamedTuple

from aiohttp import web

from rawg_sandbox.api import BASE_PATH, UNKNOWN, Answer, RawgApi, Route, find_route
from rawg_sandbox.calls import NO_STATUS, CallLog, request_identity
from rawg_sandbox.clock import SandboxClock
from rawg_sandbox.control import PREFIX, Control
from rawg_sandbox.faults import FaultRule, Faults, answer_status
from rawg_sandbox.move_rules import MoveRules
from rawg_sandbox.outlet_api import BASE_PATH as OUTLET_PATH
from rawg_sandbox.outlet_api import KEY_HEADER, OutletApi, find_outlet_route
from rawg_sandbox.rate_limit import RateLimit
from rawg_sandbox.source import Source
from rawg_sandbox.trigger import Call

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

    keys: frozenset[str] = frozenset({"the-sandbox-key"})
    counts_cached_seconds: int = 0
    latency_seconds: float = 0.0


class _Asked(NamedTuple):
    """One API request, read."""

    method: str
    route: Route
    call: Call
    address: str
    moment: int
    outlet_key: str | None


class RawgServer:
    """Serves a source at a clock's time."""

    def __init__(self, source: Source, clock: SandboxClock, options: ServerOptions) -> None:
        self.clock = clock
        self.calls = CallLog()
        self.faults = Faults()
        self.moves = MoveRules(source)
        self.rate_limit = RateLimit()
        self.api = RawgApi(source, options.keys, options.counts_cached_seconds)
        self._outlet = OutletApi(source, options.keys, self.api.quota)
        self._control = Control(
            self.api, clock, self.calls, self.faults, self.rate_limit, self.moves
        )
        self._options = options

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        arrived_at = time.monotonic()
        path, query = request.path, dict(request.query)
        if path.startswith(PREFIX) or path == PREFIX.rstrip("/"):
            body = await request.read()
            return self._respond(self._control.answer(request.method, path, query, body))
        asked = self._read(request, path, query)
        answer, fault = self._answer(asked, arrived_at)
        kind = fault.kind if fault else None
        status = NO_STATUS if kind == "reset" else str(answer.status)
        call = self.calls.add(asked.call.endpoint, asked.call.identity, status, kind, arrived_at)
        wait = self._options.latency_seconds + (fault.wait_seconds if fault else 0.0)
        if wait:
            await asyncio.sleep(wait)
        call["answered_at"] = time.monotonic()
        response = self._respond(answer)
        if fault:
            await fault.send(request, response)
        return response

    def _read(self, request: web.BaseRequest, path: str, query: dict[str, str]) -> _Asked:
        outlet_key = None
        if path.startswith(f"{BASE_PATH}/"):
            route = find_route(path)
        elif path.startswith(f"{OUTLET_PATH}/"):
            route, outlet_key = find_outlet_route(path), request.headers.get(KEY_HEADER, "")
        else:
            route = UNKNOWN
        call = Call(route.label, path, query, request_identity(path, query.items()))
        address = f"{request.scheme}://{request.host}{path}"
        moment = self.clock.catalogue_moment()
        return _Asked(request.method, route, call, address, moment, outlet_key)

    def _answer(self, asked: _Asked, arrived_at: float) -> tuple[Answer, FaultRule | None]:
        pause = self.rate_limit.refuse(arrived_at)
        if pause is not None:
            return answer_status("429", {"Retry-After": str(pause)}), None
        if asked.route.is_list:
            self.moves.apply(asked.call, asked.moment)
        answer = self._ask(asked)
        has_rows = answer.status == 200 and asked.route.is_list
        fault = self.faults.choose(asked.call, has_rows=has_rows)
        if not fault:
            return answer, None
        list_again = partial(
            self.api.answer_list,
            asked.route.endpoint,
            asked.address,
            asked.call.parameters,
            asked.moment,
        )
        return fault.spoil(answer, list_again, self.clock.now()), fault

    def _ask(self, asked: _Asked) -> Answer:
        method, call, moment = asked.method, asked.call, asked.moment
        if asked.outlet_key is not None:
            key = asked.outlet_key
            return self._outlet.answer(method, call.path, key, call.parameters, moment)
        return self.api.answer(method, asked.route, asked.address, call.parameters, moment)

    def _respond(self, answer: Answer) -> web.Response:
        headers = {**_HEADERS, "Date": _http_date(self.clock.now()), **answer.headers}
        return web.Response(body=answer.body, status=answer.status, headers=headers)


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
