"""Faults on demand: the rules, and what each kind makes of an answer.

The first rule that takes a call spoils it; the rules behind it do not count that call. So
`[{"kind": "500", "first": 1}, {"kind": "hang", "first": 1}]` fails each request once, then lets
it hang once, then answers. Faults below HTTP (late, slow, cut and broken answers) are written to
the connection by hand, since aiohttp would mend or refuse most of them; all but `hang` end it.
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Annotated, Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import BeforeValidator, Field, model_validator

from rawg_sandbox.api import Answer
from rawg_sandbox.paging import Listing
from rawg_sandbox.trigger import Call, Rules, Trigger, one_of

# The texts under which nginx, Django and Cloudflare (52x) send these.
_HTML_STATUSES: Final = {
    "403": "Forbidden",
    "408": "Request Timeout",
    "500": "Server Error (500)",
    "502": "Bad Gateway",
    "503": "Service Unavailable",
    "504": "Gateway Timeout",
    "520": "Web server is returning an unknown error",
    "522": "Connection timed out",
    "524": "A timeout occurred",
}
_JSON_STATUSES: Final = {
    "404": (404, {"detail": "Invalid page."}),
    "429": (429, {"detail": "Request was throttled."}),
    "quota": (401, {"error": "The monthly API limit reached"}),
}
_HTML: Final = {"Content-Type": "text/html; charset=UTF-8"}
# A 200 whose body is not what was asked.
_BODIES: Final[Mapping[str, Callable[[Answer], Answer]]] = {
    "html": lambda answer: Answer(200, _html("Just a moment..."), _HTML),
    "cut_json": lambda answer: Answer(200, answer.body[: len(answer.body) // 2]),
    "empty_body": lambda answer: Answer(200, b""),
    "redirect": lambda answer: Answer(200, orjson.dumps({"redirect": True, "slug": "elsewhere"})),
    "no_results": lambda answer: Answer(200, orjson.dumps({"count": 0, "next": None})),
}
STATUS_KINDS: Final = (*_HTML_STATUSES, *_JSON_STATUSES)
BODY_KINDS: Final = tuple(_BODIES)
WIRE_KINDS: Final = (
    "hang", "trickle", "reset", "reset_body", "truncated", "length_short", "length_long",
)  # fmt: skip
LIST_KINDS: Final = (
    "empty_page", "empty_end", "short_page", "wrong_count", "falling_count", "changed_rows",
)  # fmt: skip
KINDS: Final = (*STATUS_KINDS, *WIRE_KINDS, *BODY_KINDS, *LIST_KINDS)

# A fault that takes time, where the rule does not say how much.
_USUAL_SECONDS: Final = {"hang": 60.0, "trickle": 10.0}
# How often something comes while a body trickles: no read timeout ever fires.
_PIECES_PER_SECOND: Final = 20
# What a wrong Content-Length is wrong by, if the body is long enough.
_WRONG_BY: Final = 100
# Linger for 0 seconds: closing sends RST at once instead of FIN (socket(7)).
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class FaultRule(Trigger):
    """What to do to which calls.

    `seconds`: hang (before the answer), trickle (the whole body); any other kind waits so long
    before its answer. `retry_after`: seconds, for kinds with a status. `rows`: how many are
    missing in a short page. `by`: what is added to a wrong count, or lost per call (falling).
    `fields`, `without`: what changed rows have instead of what they had, and what they lack.
    """

    # 500 stands for "500".
    kind: Annotated[str, one_of(KINDS, "fault"), BeforeValidator(str)]
    seconds: Annotated[float, Field(ge=0)] | None = None
    retry_after: Annotated[int, Field(ge=0)] | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"
    rows: Annotated[int, Field(ge=1)] = 1
    by: int | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    without: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "FaultRule":
        if bool(self.fields or self.without) != (self.kind == "changed_rows"):
            raise ValueError("changed_rows needs `fields` or `without`, other kinds have neither")
        if self.by is not None and self.kind not in ("wrong_count", "falling_count"):
            raise ValueError("`by` is for wrong_count and falling_count")
        if self.kind == "falling_count" and (self.by or 1) < 1:
            raise ValueError("`by` of falling_count: how many are lost per call, 1 or more")
        return self

    @property
    def delay_seconds(self) -> float:
        return _USUAL_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @property
    def wait_seconds(self) -> float:
        """How long nothing comes."""
        return 0.0 if self.kind == "trickle" else self.delay_seconds

    def spoil(
        self, answer: Answer, list_again: Callable[[Callable[[Listing], Listing]], Answer], now: int
    ) -> Answer:
        """Return what is sent instead of an answer (by a fault of the wire: the answer itself).

        `list_again` answers with a page of the same list, changed; `now` is the `Date` header's.
        """
        if self.kind in STATUS_KINDS:
            return answer_status(self.kind, self._tell_pause(now))
        if self.kind in BODY_KINDS:
            return _BODIES[self.kind](answer)
        return list_again(self._spoil_listing) if self.kind in LIST_KINDS else answer

    def _tell_pause(self, now: int) -> dict[str, str]:
        """Return the header Retry-After in seconds or as a date (RFC 9110, 10.2.3)."""
        seconds = self.retry_after
        if seconds is None:
            return {}
        is_date = self.retry_after_as == "date"
        return {"Retry-After": formatdate(now + seconds, usegmt=True) if is_date else str(seconds)}

    def _spoil_listing(self, listing: Listing) -> Listing:
        """`next` follows a wrong count, as it would from a paginator; the rows are those there."""
        match self.kind:
            case "empty_page" | "empty_end":
                is_page = self.kind == "empty_page"
                return replace(listing, rows=lambda start, stop: [], has_next=is_page)
            case "short_page":
                return _with_rows(listing, lambda rows: _without_middle(rows, self.rows))
            case "changed_rows":
                return _with_rows(listing, lambda rows: [self._change(row) for row in rows])
            case "falling_count":
                return replace(listing, count=max(0, listing.count - (self.by or 1) * self.taken))
        return replace(listing, count=max(0, listing.count + (1 if self.by is None else self.by)))

    def _change(self, row: bytes) -> bytes:
        values = orjson.loads(row).items()
        kept = {name: value for name, value in values if name not in self.without}
        return orjson.dumps({**kept, **self.fields})

    async def send(self, request: web.BaseRequest, response: web.Response) -> None:
        """Send a complete response in a broken way; then the connection is of no more use."""
        transport, kind = request.transport, self.kind
        if transport is None or kind not in WIRE_KINDS or kind == "hang":
            return  # The client is gone already, or it gets what it should.
        if kind == "reset":
            _reset(transport)
            return
        body = bytes(response.body) if isinstance(response.body, bytes) else b""
        transport.write(_encode_head(response, _tell_length(kind, len(body))))
        if kind == "trickle":
            for piece in _cut(body, self.delay_seconds):
                transport.write(piece)
                await asyncio.sleep(self.delay_seconds * len(piece) / max(1, len(body)))
                if transport.is_closing():
                    return
        else:
            is_half = kind in ("truncated", "reset_body")
            transport.write(body[: len(body) // 2] if is_half else body)
        if kind == "reset_body":
            # The half that was written should arrive before the reset does.
            await asyncio.sleep(0.05)
            _reset(transport)
        else:
            transport.close()


class Faults(Rules[FaultRule]):
    """The rules in force."""

    def __init__(self) -> None:
        super().__init__(FaultRule)

    def choose(self, call: Call, *, has_rows: bool) -> FaultRule | None:
        """Return the rule that spoils a call; `has_rows`: it would be answered with a page of a
        list, which the kinds that change lists need."""
        takers = self.taking(call, lambda rule: has_rows or rule.kind not in LIST_KINDS)
        return next(takers, None)

    def report(self) -> dict[str, Any]:
        by_kind: Counter[str] = Counter()
        for rule in self.rules:
            by_kind[rule.kind] += rule.taken
        return {
            "injected": by_kind.total(),
            "by_kind": dict(sorted(by_kind.items())),
            "rules": [rule.describe("injected") for rule in self.rules],
        }


def answer_status(kind: str, headers: Mapping[str, str]) -> Answer:
    """Return the answer of a status kind."""
    if kind in _JSON_STATUSES:
        status, body = _JSON_STATUSES[kind]
        return Answer(status, orjson.dumps(body), headers)
    return Answer(int(kind), _html(f"{kind} {_HTML_STATUSES[kind]}"), {**_HTML, **headers})


def _html(title: str) -> bytes:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><center><h1>{title}</h1></center><hr><center>cloudflare</center></body></html>\n"
    ).encode()


def _with_rows(listing: Listing, change: Callable[[list[bytes]], list[bytes]]) -> Listing:
    return replace(listing, rows=lambda start, stop: change(listing.rows(start, stop)))


def _without_middle(rows: list[bytes], missing: int) -> list[bytes]:
    kept = max(0, len(rows) - missing)
    return rows[: kept - kept // 2] + rows[len(rows) - kept // 2 :]


def _reset(transport: asyncio.Transport) -> None:
    """End a connection so that the other side sees a reset."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def _tell_length(kind: str, length: int) -> int:
    wrong_by = min(_WRONG_BY, length)
    return length + {"length_short": -wrong_by, "length_long": wrong_by}.get(kind, 0)


def _encode_head(response: web.Response, length: int) -> bytes:
    headers = {**response.headers, "Content-Length": str(length), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _cut(body: bytes, seconds: float) -> Iterator[bytes]:
    pieces = max(2, int(seconds * _PIECES_PER_SECOND))
    size = max(1, -(-len(body) // pieces))
    return (body[at : at + size] for at in range(0, len(body), size))
