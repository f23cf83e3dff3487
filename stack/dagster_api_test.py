"""Dagster's answers, by a server that gives what a real one gave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from stack.dagster_api import Dagster
from stack.errors import StackError


@dataclass
class FakeDagster:
    """Answers with each of `answers` in turn, a number as a status, and with the last one from then on."""

    port: int = 0
    answers: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def client(self) -> Dagster:
        return Dagster(self.port)


@pytest.fixture
def server() -> Iterator[FakeDagster]:
    fake = FakeDagster()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.asked.append(body["variables"])
            answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            self.send_response(answer if isinstance(answer, int) else 200)
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


FIRST_DAY = date(2021, 1, 1)


def run_of(number: int, status: str, created: float, day: int | None = None) -> dict[str, Any]:
    """A run of the day with that number, changed when it was created."""
    value = str(FIRST_DAY + timedelta(days=number if day is None else day))
    tags = [{"key": "dagster/partition", "value": value}]
    times = {"creationTime": created, "updateTime": created}
    return {"runId": f"run-{number}", "status": status, "tags": tags, **times}


def backfill_of(status: str, *runs: dict[str, Any]) -> dict[str, Any]:
    data = {
        "partitionBackfillOrError": {"__typename": "PartitionBackfill", "status": status},
        "runsOrError": {"__typename": "Runs", "results": list(runs)},
    }
    return {"data": data}


def test_of_a_day_that_ran_twice_the_newest_run_counts_whichever_changed_last(
    server: FakeDagster,
) -> None:
    repeated, failed = run_of(2, "SUCCESS", 20.0, day=0), run_of(1, "FAILURE", 10.0, day=0)
    server.answers = [
        backfill_of("REQUESTED", repeated),
        backfill_of("COMPLETED_SUCCESS", failed | {"updateTime": 30.0}),
    ]
    known = server.client.read_backfill("an-id")
    assert server.client.read_backfill("an-id", known).days == {"2021-01-01": "SUCCESS"}


def test_a_backfill_of_years_is_read_page_by_page_and_then_only_what_changed(
    server: FakeDagster,
) -> None:
    runs = [run_of(number, "SUCCESS", 100.0 + number) for number in reversed(range(1_200))]
    pages = [runs[:500], runs[500:1000], runs[1000:]]
    server.answers = [backfill_of("REQUESTED", *page) for page in pages]
    known = server.client.read_backfill("an-id")
    assert len(known.days) == 1_200
    cursors = [asked["cursor"] for asked in server.asked]
    assert cursors == [None, runs[499]["runId"], runs[999]["runId"]]
    server.answers = [backfill_of("COMPLETED_FAILED", run_of(7, "FAILURE", 107.0))]
    ended = server.client.read_backfill("an-id", known)
    assert server.asked[-1]["changed"]["updatedAfter"] == 1_299.0 - 10.0
    assert [day for day, status in ended.days.items() if status == "FAILURE"] == ["2021-01-08"]
    assert len(ended.days) == 1_200


def test_the_latest_runs_come_with_their_days(server: FakeDagster) -> None:
    run = {"jobName": "daily_game_market_update", "status": "STARTED", "updateTime": 1705300000.5}
    tags = [{"key": "dagster/partition", "value": "2024-01-02"}]
    results = [{**run, "tags": tags}, {**run, "jobName": "prune_history", "tags": []}]
    server.answers = [{"data": {"runsOrError": {"__typename": "Runs", "results": results}}}]
    assert [(run.job, run.day, run.changed_at) for run in server.client.read_latest_runs()] == [
        ("daily_game_market_update", "2024-01-02", 1705300000.5),
        ("prune_history", "", 1705300000.5),
    ]


@pytest.mark.parametrize("status", [500, 403])
def test_what_fails_is_told(server: FakeDagster, status: int) -> None:
    server.answers = [status]
    with pytest.raises(StackError, match=str(status)):
        server.client.read_run("one")
    assert len(server.asked) == 1
