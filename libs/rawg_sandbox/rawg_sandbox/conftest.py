"""A small world, and the API over it without a network."""

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from rawg_sandbox.api import RawgApi, find_route
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread

ADDRESS = "http://sandbox.example"


@dataclass
class Asker:
    """Asks the API as a client would, with a key and at a time that can be moved."""

    api: RawgApi
    source: SyntheticSource
    moment: int

    def at(self, moment: str) -> "Asker":
        return Asker(self.api, self.source, parse_moment(moment))

    def ask(self, path: str, **parameters: str | int) -> tuple[int, bytes]:
        asked = {
            "key": "the-sandbox-key",
            **{name: str(value) for name, value in parameters.items()},
        }
        given = {name: value for name, value in asked.items() if value}
        answer = self.api.answer("GET", find_route(path), ADDRESS + path, given, self.moment)
        return answer.status, answer.body

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        status, body = self.ask(path, **parameters)
        assert status == 200, body
        document: dict[str, Any] = json.loads(body)
        return document

    def all_rows(self, path: str, **parameters: str | int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            document = self.get(path, page=page, page_size=40, **parameters)
            rows += document["results"]
            if document["next"] is None:
                return rows
            page += 1


@dataclass
class Client:
    """Calls a sandbox, one connection a call."""

    sandbox: RunningSandbox

    def call(self, path: str, method: str = "GET", body: object = None) -> tuple[Any, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.sandbox.url).netloc, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def get(self, path: str) -> dict[str, Any]:
        response, body = self.call(path)
        assert response.status == 200, body
        document: dict[str, Any] = json.loads(body)
        return document

    def spoil(self, *rules: dict[str, Any]) -> dict[str, Any]:
        response, body = self.call("/_sandbox/faults", "POST", list(rules))
        assert response.status == 200, body
        report: dict[str, Any] = json.loads(body)
        return report

    def open(self, path: str) -> socket.socket:
        host, port = urlsplit(self.sandbox.url).netloc.split(":")
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        return connection

    def receive(self, path: str) -> tuple[bytes, bytes, bool]:
        """Return head, body and whether a reset ended it; else the server closed."""
        received, was_reset = b"", False
        with self.open(path) as connection:
            try:
                while chunk := connection.recv(1 << 16):
                    received += chunk
            except ConnectionResetError:
                was_reset = True
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body, was_reset


@pytest.fixture(scope="session")
def world() -> World:
    return World(CatalogueOptions(seed=3, games=1_500, updated_per_day=90))


@pytest.fixture
def asker(world: World) -> Asker:
    source = SyntheticSource(world, cache_bytes=50_000_000)
    return Asker(
        RawgApi(source, frozenset({"the-sandbox-key", "other"}), counts_cached_seconds=0),
        source,
        parse_moment("2024-01-02T06:00:00Z"),
    )


@pytest.fixture
def sandbox(world: World) -> Iterator[RunningSandbox]:
    clock = SandboxClock(parse_moment("2024-01-02T06:00:00Z"))
    source = SyntheticSource(world, cache_bytes=50_000_000)
    with sandbox_in_thread(RawgServer(source, clock, ServerOptions())) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Client:
    return Client(sandbox)
