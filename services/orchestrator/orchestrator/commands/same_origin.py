"""Dagster's pages have no login, so whoever can send them a request can do what they can.

A page of another site can, through the browser of anyone who may open Dagster: Dagster does not look
at where a request comes from (dagster-io/dagster#19873). Looked at here, before Dagster:

- `Host` is a name of this machine, or one that was allowed. Else a name of the stranger's own leads
  here (DNS rebinding), and its pages count as ours.
- `Origin`, which browsers send with every POST and every websocket, is that host. Programs send none.
- GraphQL is not asked by GET: an image or a link does that, without an origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

__all__ = ["SameOriginOnly"]

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Message, Receive, Send], Awaitable[None]]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


class SameOriginOnly:
    """ASGI middleware: 403, or no websocket, for what comes from a page of another origin."""

    def __init__(self, app: App, hosts: Iterable[str] = ()) -> None:
        """`hosts`: names beside this machine's own under which the pages may be asked for."""
        self._app = app
        self._hosts = _LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hands the request on, or refuses it with a sentence."""
        refusal = None if scope["type"] == "lifespan" else self._find_refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the handshake; to close it unanswered is a 403
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal})
        else:
            await _answer(send, refusal)

    def _find_refusal(self, scope: Message) -> str | None:
        hosts, origins = _read_headers(scope, b"host"), _read_headers(scope, b"origin")
        if len(hosts) != 1 or _without_port(hosts[0]) not in self._hosts:
            return "Dagster is not asked for under this name: allow it in PAGES_HOSTS."
        if any(origin.partition("://")[2] != hosts[0] for origin in origins):
            return "A page of another origin may not ask Dagster."
        if _is_graphql_by_get(scope):
            return "GraphQL is asked by POST here."
        return None


def _read_headers(scope: Message, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in scope["headers"] if key == name]


def _without_port(host: str) -> str:
    """Of `[::1]:3000` the address with its brackets."""
    end = host.rfind("]") + 1
    return host[:end] if end else host.partition(":")[0]


def _is_graphql_by_get(scope: Message) -> bool:
    """To whom takes HTML Dagster sends its form for queries, and executes none."""
    is_get = scope["type"] == "http" and scope["method"] != "POST"
    takes = _read_headers(scope, b"accept")
    return is_get and scope["path"].endswith("/graphql") and "text/html" not in "".join(takes)


async def _answer(send: Send, text: str) -> None:
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
