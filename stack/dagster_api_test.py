"""Dagster's answers, by a server that gives what a real one gave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from stack.dagster_api import Dagster
from stack.errors import StackError


@dataclass
class FakeDagster:
    """Answers with each of `answers` in turn, and with the last one from then on."""

    port: int = 0
    answers: list[Any] = field(default_factory=list)

    @property
    def client(self) -> Dagster:
        return Dagster(self.port)


@pytest.fixture
def server() -> Iterator[FakeDagster]:
    fake = FakeDagster()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        fake.port = http.server_port
        serving = threading.Thread(target=http.serve_forever)
        serving.start()
        yield fake
        http.shutdown()
        serving.join()


def daemon(*seconds_ago: float | None) -> dict[str, Any]:
    """What Dagster says of a daemon whose parts reported so long ago."""
    statuses = [
        {
            "required": True,
            "healthy": ago is not None and ago < 1800,
            "lastHeartbeatTime": None if ago is None else time.time() - ago,
        }
        for ago in seconds_ago
    ]
    unneeded = {"required": False, "healthy": None, "lastHeartbeatTime": None}
    return {"data": {"instance": {"daemonHealth": {"allDaemonStatuses": [*statuses, unneeded]}}}}


@pytest.mark.parametrize(
    ("parts", "is_healthy"),
    [((5, 40), True), ((5, 200), False), ((5, None), False)],
)
def test_every_part_of_the_daemon_must_have_reported_lately(
    server: FakeDagster, parts: tuple[float | None, ...], is_healthy: bool
) -> None:
    server.answers = [daemon(*parts)]
    assert server.client.is_healthy() is is_healthy


def test_what_the_daemon_before_reported_does_not_count(server: FakeDagster) -> None:
    server.answers = [daemon(20)]
    now = time.time()
    assert not server.client.is_healthy(datetime.fromtimestamp(now - 10, UTC))
    assert server.client.is_healthy(datetime.fromtimestamp(now - 40, UTC))


def test_without_an_answer_it_is_not_healthy() -> None:
    assert not Dagster(1).is_healthy()


def test_a_question_that_dagster_refuses_is_one_sentence(server: FakeDagster) -> None:
    server.answers = [{"errors": [{"message": "no such field"}]}]
    with pytest.raises(StackError, match="refused a question: no such field"):
        server.client.read_backfill("an-id")


def test_a_run_that_can_not_be_read_is_one_sentence(server: FakeDagster) -> None:
    error = {"__typename": "PythonError", "message": "Postgres is away"}
    server.answers = [{"data": {"runOrError": error}}]
    with pytest.raises(StackError, match="does not show the run an-id: Postgres is away"):
        server.client.read_run("an-id")


def test_of_a_day_that_ran_twice_the_newest_run_counts(server: FakeDagster) -> None:
    tags = [{"key": "dagster/partition", "value": "2024-01-01"}]
    runs = [{"status": "SUCCESS", "tags": tags}, {"status": "FAILURE", "tags": tags}]
    backfill = {"__typename": "PartitionBackfill", "status": "COMPLETED_SUCCESS", "runs": runs}
    server.answers = [{"data": {"partitionBackfillOrError": backfill}}]
    assert server.client.read_backfill("an-id").days == {"2024-01-01": "SUCCESS"}
