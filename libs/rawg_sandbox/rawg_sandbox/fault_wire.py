"""Faults below HTTP: late, slow, cut and broken answers, written to the connection by hand.

aiohttp would mend or refuse most of these. All but `hang` end the connection.
"""

import asyncio
import socket
import struct
from collections.abc import Iterator
from typing import Final

from aiohttp import web

WIRE_KINDS: Final = (
    "hang",
    "trickle",
    "reset",
    "reset_body",
    "truncated",
    "length_short",
    "length_long",
)
# How often something comes while a body trickles: no read timeout ever fires.
_PIECES_PER_SECOND: Final = 20
# What a wrong Content-Length is wrong by, if the body is long enough.
_WRONG_BY: Final = 100
# Linger for 0 seconds: closing sends RST at once instead of FIN (socket(7)).
_NO_LINGER: Final = struct.pack("ii", 1, 0)


async def send_broken(
    request: web.BaseRequest, response: web.Response, kind: str, seconds: float
) -> None:
    """Send a complete response in a broken way; then the connection is of no more use."""
    transport = request.transport
    if transport is None:  # The client is gone already.
        return
    if kind == "reset":
        reset(transport)
        return
    body = bytes(response.body) if isinstance(response.body, bytes) else b""
    transport.write(_encode_head(response, _tell_length(kind, len(body))))
    if kind == "trickle":
        for piece in _cut(body, seconds):
            transport.write(piece)
            await asyncio.sleep(seconds * len(piece) / max(1, len(body)))
            if transport.is_closing():
                return
    elif kind in ("truncated", "reset_body"):
        transport.write(body[: len(body) // 2])
    else:
        transport.write(body)
    if kind == "reset_body":
        # The half that was written should arrive before the reset does.
        await asyncio.sleep(0.05)
        reset(transport)
    else:
        transport.close()


def reset(transport: asyncio.Transport) -> None:
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
