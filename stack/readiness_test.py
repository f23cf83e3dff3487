from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from stack.engine import Engine, Service
from stack.errors import StackError
from stack.readiness import explain_failure, explain_refusal, wait_until_ready

STARTED = datetime(2024, 1, 15, 6, tzinfo=UTC)


def show(name: str, state: str, health: str = "", exit_code: int = 0) -> Service:
    return Service(name, state, health, exit_code, STARTED, frozenset())


HEALTHY = show("store", "running", "healthy")
ENDED_WELL = show("bucket", "exited")
RUNNING = show("bucket", "running", "starting")
STARTING = show("store", "running", "starting")
DAEMON = show("daemon", "running")


class ScriptedEngine:
    """Shows one state after the other."""

    def __init__(self, *states: list[Service]) -> None:
        self.states = list(states)

    def services(self) -> list[Service]:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def ask(self, *_arguments: str) -> str:
        return "bucket_1  | make_bucket: the store refused it (403 SignatureDoesNotMatch).\n"


def wait(*states: list[Service]) -> list[str]:
    said: list[str] = []
    wait_until_ready(cast(Engine, ScriptedEngine(*states)), lambda _since: True, said.append)
    return said


def test_each_service_is_named_once_when_it_is_ready() -> None:
    assert wait([STARTING, ENDED_WELL], [HEALTHY, ENDED_WELL]) == ["  bucket", "  store"]


def test_a_step_that_failed_ends_the_wait_with_its_words_and_what_to_do() -> None:
    with pytest.raises(
        StackError, match=r"bucket ended with 74; it said: make_bucket: .*STORE_USER"
    ):
        wait([HEALTHY, RUNNING], [HEALTHY, show("bucket", "exited", exit_code=74)])


def test_the_daemon_must_have_reported_since_it_was_started() -> None:
    asked: list[datetime] = []

    def is_reporting(since: datetime) -> bool:
        asked.append(since)
        return len(asked) > 1

    engine = cast(Engine, ScriptedEngine([HEALTHY, DAEMON]))
    wait_until_ready(engine, is_reporting, lambda line: None)
    assert asked == [STARTED, STARTED]


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ('FATAL:  password authentication failed for user "dagster"', "make clean"),
        ("no such bucket (404 NoSuchBucket)", "STACK_BUCKET"),
        ("write: No space left on device", "the disk is full"),
        ("connection failed: Connection refused", "does not answer"),
        ("something else", "make logs"),
    ],
)
def test_known_last_words_come_with_what_to_do(log: str, advice: str) -> None:
    error = explain_failure(show("code-location", "running", "unhealthy"), f"x | {log}\n")
    assert advice in str(error)
    assert "\n" not in str(error)


def test_a_service_without_a_word_is_said_to_have_none() -> None:
    assert "it said: nothing" in str(explain_failure(HEALTHY, "\n"))


def test_a_start_that_compose_gave_up_names_the_step_that_failed() -> None:
    failed = cast(Engine, ScriptedEngine([HEALTHY, show("bucket", "exited", exit_code=74)]))
    assert "STORE_USER" in str(explain_refusal(failed))
    again = cast(Engine, ScriptedEngine([HEALTHY, RUNNING, show("daemon", "created")]))
    assert "bucket is not ready" in str(explain_refusal(again))
    none = cast(Engine, ScriptedEngine([HEALTHY]))
    assert "its words stand above" in str(explain_refusal(none))
