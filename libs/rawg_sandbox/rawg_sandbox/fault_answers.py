"""Faults that are valid HTTP: error statuses, and a 200 whose body is not what was asked."""

from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Final

import orjson

from rawg_sandbox.api import Answer

# The texts under which nginx, Django and Cloudflare (52x) send these.
_HTML_STATUSES: Final = {
    403: "Forbidden",
    408: "Request Timeout",
    500: "Server Error (500)",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    520: "Web server is returning an unknown error",
    522: "Connection timed out",
    524: "A timeout occurred",
}
_JSON_STATUSES: Final = {
    "404": (404, {"detail": "Invalid page."}),
    "429": (429, {"detail": "Request was throttled."}),
    "quota": (401, {"error": "The monthly API limit reached"}),
}
STATUS_KINDS: Final = (*map(str, _HTML_STATUSES), *_JSON_STATUSES)


def _html(title: str) -> bytes:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><center><h1>{title}</h1></center><hr><center>cloudflare</center></body></html>\n"
    ).encode()


_HTML: Final = {"Content-Type": "text/html; charset=UTF-8"}
_BODIES: Final[Mapping[str, Callable[[Answer], Answer]]] = {
    "html": lambda answer: Answer(200, _html("Just a moment..."), _HTML),
    "cut_json": lambda answer: Answer(200, answer.body[: len(answer.body) // 2]),
    "empty_body": lambda answer: Answer(200, b""),
    "redirect": lambda answer: Answer(200, orjson.dumps({"redirect": True, "slug": "elsewhere"})),
    "no_results": lambda answer: Answer(200, orjson.dumps({"count": 0, "next": None})),
}
BODY_KINDS: Final = tuple(_BODIES)


def answer_status(kind: str, headers: Mapping[str, str]) -> Answer:
    """Return the answer of a status kind."""
    if kind in _JSON_STATUSES:
        status, body = _JSON_STATUSES[kind]
        return Answer(status, orjson.dumps(body), headers)
    status = int(kind)
    return Answer(status, _html(f"{status} {_HTML_STATUSES[status]}"), {**_HTML, **headers})


def spoil_body(kind: str, answer: Answer) -> Answer:
    """Return a 200 with a body of this kind instead of an answer."""
    return _BODIES[kind](answer)


def retry_after(seconds: int, form: str, now: int) -> dict[str, str]:
    """Return the header Retry-After in seconds or as a date (RFC 9110, 10.2.3).

    The date is one on the sandbox's clock, that of the `Date` header.
    """
    value = formatdate(now + seconds, usegmt=True) if form == "date" else str(seconds)
    return {"Retry-After": value}
