"""HTTP: one process, one event loop, aiohttp's plain server without its router.

`RawgServer.handle` is the one place where a request becomes an answer and an answer is sent:
faults sit between the two.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Final, NamedTuple

from aiohttp import web

from rawg_sandbox.api import BASE_PATH, UNKNOWN, Answer, RawgApi, Route, find_route
from rawg_sandbox.calls import NO_STATUS, CallLog, request_identity
from rawg_sandbox.clock import SandboxClock
from rawg_sandbox.control import PREFIX, Control
from rawg_sandbox.fault_answers import (
    BODY_KINDS,
    STATUS_KINDS,
    answer_status,
    retry_after,
    spoil_body,
)
from rawg_sandbox.fault_listings import CHANGED_ROWS, LIST_KINDS, change_rows, spoil_listing
from rawg_sandbox.fault_wire import WIRE_KINDS, send_broken
from rawg_sandbox.faults import Fault, Faults
from rawg_sandbox.move_rules import MoveRules
from rawg_sandbox.outlet_api import BASE_PATH as OUTLET_PATH
from rawg_sandbox.outlet_api import KEY_HEADER, OutletApi, find_outlet_route
from rawg_sandbox.paging import Listing
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
    gzip: bool = False


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
        """Put the parts together."""
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
        """Answer one request."""
        arrived_at = time.monotonic()
        path, query = request.path, dict(request.query)
        if path.startswith(PREFIX) or path == PREFIX.rstrip("/"):
            body = await request.read()
            return self._respond(request, self._control.answer(request.method, path, query, body))
        asked = self._read(request, path, query)
        answer, fault = self._answer(asked, arrived_at)
        answered = self._count(asked, answer, fault, arrived_at)
        wait = self._options.latency_seconds + _wait_before_answer(fault)
        if wait:
            await asyncio.sleep(wait)
        answered(time.monotonic())
        response = self._respond(request, answer)
        if fault and fault.kind in WIRE_KINDS and fault.kind != "hang":
            await send_broken(request, response, fault.kind, fault.rule.delay_seconds)
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

    def _answer(self, asked: _Asked, arrived_at: float) -> tuple[Answer, Fault | None]:
        pause = self.rate_limit.refuse(arrived_at)
        if pause is not None:
            return answer_status("429", retry_after(pause, "seconds", 0)), None
        if self.moves and asked.route.is_list:
            self.moves.apply(asked.call, asked.moment)
        answer = self._ask(asked)
        if not self.faults:
            return answer, None
        has_rows = answer.status == 200 and asked.route.is_list
        fault = self.faults.choose(asked.call, has_rows=has_rows)
        return (self._spoil(asked, answer, fault) if fault else answer), fault

    def _ask(self, asked: _Asked) -> Answer:
        method, call, moment = asked.method, asked.call, asked.moment
        if asked.outlet_key is not None:
            key = asked.outlet_key
            return self._outlet.answer(method, call.path, key, call.parameters, moment)
        return self.api.answer(method, asked.route, asked.address, call.parameters, moment)

    def _spoil(self, asked: _Asked, answer: Answer, fault: Fault) -> Answer:
        """Return what is sent instead of an answer (by a fault of the wire: the answer itself)."""
        rule = fault.rule
        if rule.kind in STATUS_KINDS:
            if rule.retry_after is None:
                return answer_status(rule.kind, {})
            pause = retry_after(rule.retry_after, rule.retry_after_as, self.clock.now())
            return answer_status(rule.kind, pause)
        if rule.kind in BODY_KINDS:
            return spoil_body(rule.kind, answer)
        if rule.kind not in LIST_KINDS:
            return answer

        def change(listing: Listing) -> Listing:
            if rule.kind == CHANGED_ROWS:
                return change_rows(listing, rule.fields, rule.without)
            return spoil_listing(listing, rule.kind, rule.rows, rule.by, fault.number)

        return self.api.answer_list(
            asked.route.endpoint, asked.address, asked.call.parameters, asked.moment, change
        )

    def _count(
        self, asked: _Asked, answer: Answer, fault: Fault | None, arrived_at: float
    ) -> Callable[[float], None]:
        """Count a call; return what is to be told when its answer is ready."""
        kind = fault.kind if fault else None
        status = NO_STATUS if kind == "reset" else str(answer.status)
        self.calls.add(asked.call.endpoint, asked.call.identity, status, kind)
        times = self.calls.times  # Not those of a later reset.
        return partial(times.answer, times.add(asked.call.identity, status, kind, arrived_at))

    def _respond(self, request: web.BaseRequest, answer: Answer) -> web.Response:
        headers = {**_HEADERS, "Date": _http_date(self.clock.now()), **answer.headers}
        response = web.Response(body=answer.body, status=answer.status, headers=headers)
        if self._options.gzip and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        return response


def _wait_before_answer(fault: Fault | None) -> float:
    return fault.rule.delay_seconds if fault and fault.kind != "trickle" else 0.0


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
