"""A test engine: Docker's HTTP interface, as much of it as the removal of containers asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

__all__ = ["FakeEngine"]


class FakeEngine:
    """Containers by name, and what was asked of them in order."""

    def __init__(self) -> None:
        """Has none."""
        self.containers: dict[str, dict[str, str]] = {}
        self.vanishing: set[str] = set()
        self.refuses = False
        self.asked: list[str] = []

    def add(self, name: str, **labels: str) -> None:
        """A container; `project="x"` is its label game-market.project."""
        self.containers[name] = {f"game-market.{key}": value for key, value in labels.items()}

    def find(self, labels: list[str]) -> list[str]:
        """The names of those that have all of these labels, each a `key` or `key=value`."""
        return [
            name
            for name, has in self.containers.items()
            if {*labels} <= {*has, *(f"{key}={value}" for key, value in has.items())}
        ]

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serves on loopback; its DOCKER_HOST."""
        engine = self

        class Handler(_Handler):
            of = engine

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"tcp://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    of: FakeEngine

    def do_GET(self) -> None:
        name = self._name()
        if self.path == "/version":
            self._answer({"ApiVersion": "1.43"})
        elif self.of.refuses:
            self._answer({"message": "it is ill"}, 500)
        elif name == "json":
            [filters] = parse_qs(urlsplit(self.path).query)["filters"]
            self._answer([{"Id": found} for found in self.of.find(json.loads(filters)["label"])])
        else:
            self._answer({"Id": name, "Name": f"/{name}"})

    def do_POST(self) -> None:
        [seconds] = parse_qs(urlsplit(self.path).query)["t"]
        self._do(f"stop {self._name()} {seconds}")

    def do_DELETE(self) -> None:
        self._do(f"remove {self._name()}")
        self.of.containers.pop(self._name(), None)

    def _name(self) -> str:
        return urlsplit(self.path).path.split("/")[-1 if self.path.count("/") < 4 else 3]

    def _do(self, what: str) -> None:
        self.of.asked.append(what)
        gone = self._name() in self.of.vanishing
        self._answer({"message": "no such container"} if gone else None, 404 if gone else 204)

    def _answer(self, body: object, status: int = 200) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""
