from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from orchestrator.commands.same_origin import Message, Receive, SameOriginOnly, Send

ORIGIN = "http://127.0.0.1:3000"


def ask(
    headers: Mapping[str, str],
    *,
    kind: str = "http",
    method: str = "POST",
    path: str = "/graphql",
    repeated: Mapping[str, str] | None = None,
) -> list[Message]:
    """What comes back of a request; `{"type": "reached"}` when it got to Dagster."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def dagster(_scope: Message, _receive: Receive, _send: Send) -> None:
        sent.append({"type": "reached"})

    pairs = [*({"host": "127.0.0.1:3000"} | dict(headers)).items(), *(repeated or {}).items()]
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
    }
    asyncio.run(SameOriginOnly(dagster, ["dagster.example.org"])(scope, receive, send))
    return sent


def is_reached(sent: list[Message]) -> bool:
    return sent == [{"type": "reached"}]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {},  # a program: the stack's own commands, curl
        {"origin": ORIGIN},
        {"host": "localhost:3001", "origin": "http://localhost:3001"},
        {"host": "[::1]:3000", "origin": "http://[::1]:3000"},
        {"host": "127.0.0.1"},
        {"host": "Dagster.example.org", "origin": "https://dagster.example.org"},  # behind TLS
    ],
)
def test_our_own_pages_and_programs_are_served(headers: dict[str, str], kind: str) -> None:
    assert is_reached(ask(headers, kind=kind))


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"origin": "http://evil.example"}, "another origin"),
        ({"origin": "null"}, "another origin"),  # a sandboxed frame, a file
        ({"origin": "http://127.0.0.1:8000"}, "another origin"),  # another server of this machine
        ({"origin": "http://localhost:3000"}, "another origin"),
        ({"origin": "http://127.0.0.1:3000.evil.example"}, "another origin"),
        ({"host": "evil.example:3000", "origin": "http://evil.example:3000"}, "PAGES_HOSTS"),
        ({"host": "evil.example"}, "PAGES_HOSTS"),
        ({"host": "127.0.0.1.evil.example"}, "PAGES_HOSTS"),
        ({"host": ""}, "PAGES_HOSTS"),
    ],
)
def test_a_page_of_another_origin_is_refused(
    headers: dict[str, str], says: str, kind: str, method: str
) -> None:
    [first, *rest] = ask(headers | {"accept": "text/html"}, kind=kind, method=method)
    if kind == "websocket":
        assert first["type"] == "websocket.close"
        assert says in first["reason"]
    else:
        assert first["status"] == 403
        assert says in rest[0]["body"].decode()


def test_a_second_host_does_not_hide_behind_the_first() -> None:
    assert not is_reached(ask({}, repeated={"host": "evil.example"}))
    assert not is_reached(ask({"origin": ORIGIN}, repeated={"origin": "http://evil.example"}))


@pytest.mark.parametrize(
    ("method", "path", "accept", "is_served"),
    [
        (
            "GET",
            "/graphql",
            "image/avif,*/*;q=0.8",
            False,
        ),  # an image of any page, without an origin
        ("GET", "/graphql", "*/*", False),
        ("HEAD", "/graphql", "*/*", False),
        ("GET", "/prefix/graphql", "*/*", False),
        ("GET", "/graphql", "text/html,*/*;q=0.8", True),  # Dagster's form, which executes nothing
        ("GET", "/runs/1", "text/html", True),  # a link in a report
        ("GET", "/server_info", "*/*", True),
        ("POST", "/graphql", "*/*", True),
    ],
)
def test_a_query_is_not_executed_by_get(
    method: str, path: str, accept: str, *, is_served: bool
) -> None:
    assert is_reached(ask({"accept": accept}, method=method, path=path)) == is_served
