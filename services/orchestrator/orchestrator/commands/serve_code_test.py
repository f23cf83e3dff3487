from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from sqlalchemy.exc import OperationalError

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import child_environment, load_settings
from orchestrator.automation.alerts import describe_run
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.automation.missing_days import find_missing_days
from orchestrator.commands import code_server
from orchestrator.commands.serve_code import serve_code
from orchestrator.conftest import record_read
from orchestrator.definitions import build_definitions
from orchestrator.stages.stage_runner import StageRunner
from orchestrator_doubles.fake_engine import FakeEngine
from orchestrator_doubles.fake_stages import MANIFEST

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

NEWEST = date(2024, 3, 20)
DAY = NEWEST - timedelta(days=1)
POOL = "rawg_api"
with socket.socket() as _free:
    _free.bind(("127.0.0.1", 0))
    PORT = _free.getsockname()[1]


class Served(Exception):
    """The process would be Dagster's server from here on."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, home: Path, engine: FakeEngine) -> FakeEngine:
    """The environment of the local stack's code location, and its engine."""
    for name in ("EXTRACTOR_IMAGE", "TRANSFORMER_IMAGE", "WAREHOUSE_VOLUME"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("STAGE_NETWORK", "ours")
    monkeypatch.setenv("DBT_MANIFEST", str(MANIFEST))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return engine


@pytest.fixture
def instance(stack: FakeEngine) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as instance:
        yield instance


def make_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    """The daily run of DAY, of the code location that serves at PORT."""
    stages = StageRunner(load_settings())
    job = build_definitions(stages.settings, MANIFEST, stages).resolve_job_def(DAILY_JOB)
    location = GrpcServerCodeLocationOrigin(
        host="127.0.0.1", port=PORT, location_name="game_market"
    )
    return instance.create_run_for_job(
        job,
        tags={"dagster/partition": DAY.isoformat()},
        status=status,
        remote_job_origin=RemoteJobOrigin(
            RemoteRepositoryOrigin(location, "__repository__"), DAILY_JOB
        ),
    )


def status_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


@pytest.fixture
def killed(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """The daily run of DAY, whose process was killed while it read the API."""
    run = make_run(instance, dg.DagsterRunStatus.STARTED)
    instance.event_log_storage.set_concurrency_slots(POOL, 1)
    instance.event_log_storage.claim_concurrency_slot(POOL, run.run_id, "rawg_lake__raw_games")
    return run


def serve(monkeypatch: pytest.MonkeyPatch, can_repeat: bool = True) -> list[str]:
    """What the code location does before and after it serves; the runs that it tries to repeat."""
    words: list[str] = []

    def become(_program: str, given: list[str]) -> None:
        words.extend(given)
        raise Served

    monkeypatch.setattr(os, "execv", become)
    with pytest.raises(Served):
        serve_code(load_settings(), 4000)
    asked: list[str] = []

    def repeat(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
        assert status_of(instance, run) == dg.DagsterRunStatus.STARTED  # its backfill is not over
        asked.append(run.run_id)
        return can_repeat

    monkeypatch.setattr(code_server, "_repeat", repeat)
    with dg.DagsterInstance.get() as instance:
        repeated = code_server.run_again(instance, words[3 : words.index("--")])
    assert repeated == (asked if can_repeat else [])
    return asked


def test_a_run_of_an_earlier_code_location_is_ended_and_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, killed: dg.DagsterRun
) -> None:
    assert serve(monkeypatch) == [killed.run_id]
    assert status_of(instance, killed) == dg.DagsterRunStatus.FAILURE
    assert instance.event_log_storage.get_concurrency_run_ids() == set()
    claim = instance.event_log_storage.claim_concurrency_slot(POOL, "another run", "step")
    assert claim.is_claimed


def test_a_run_that_is_not_begun_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    waiting = make_run(instance, dg.DagsterRunStatus.NOT_STARTED)
    assert serve(monkeypatch) == []
    assert status_of(instance, waiting) == dg.DagsterRunStatus.NOT_STARTED


@pytest.mark.parametrize(
    ("status", "tags"),
    [
        (dg.DagsterRunStatus.CANCELING, {}),  # somebody stopped it
        (dg.DagsterRunStatus.STARTED, {"dagster/retry_number": "1"}),
    ],
)
def test_what_was_stopped_or_is_a_repetition_ends_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus,
    tags: dict[str, str],
) -> None:
    run = make_run(instance, status)
    instance.add_run_tags(run.run_id, tags)
    assert serve(monkeypatch) == []
    assert status_of(instance, run) == dg.DagsterRunStatus.FAILURE


def test_the_day_of_such_a_run_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, killed: dg.DagsterRun
) -> None:
    record_read(instance, DAY - timedelta(days=1))
    assert find_missing_days(instance, load_endpoints(), NEWEST) == []
    serve(monkeypatch)
    assert find_missing_days(instance, load_endpoints(), NEWEST) == [DAY]


def test_such_a_run_is_reported_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
    killed: dg.DagsterRun,
) -> None:
    serve(monkeypatch)
    ended = instance.get_run_by_id(killed.run_id)
    assert ended
    said = describe_run(instance, ended)
    assert f"{DAILY_JOB} {DAY} failed" in said
    assert "The code location was restarted" in said
    assert "run again by itself, once" in said
    assert "run the day again" in said


def test_a_run_that_dagster_can_not_repeat_is_ended_and_says_so(
    monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, killed: dg.DagsterRun
) -> None:
    assert serve(monkeypatch, can_repeat=False) == [killed.run_id]
    assert status_of(instance, killed) == dg.DagsterRunStatus.FAILURE
    ended = instance.get_run_by_id(killed.run_id)
    assert ended
    said = describe_run(instance, ended)
    assert "by itself" not in said
    assert "run the day again" in said


def test_stages_are_stopped_before_runs_are_ended(
    monkeypatch: pytest.MonkeyPatch,
    stack: FakeEngine,
    instance: dg.DagsterInstance,
    killed: dg.DagsterRun,
) -> None:
    stack.add("games", stage="extractor", project="ours")
    stack.refuses = True
    with pytest.raises(UpstreamError):
        serve_code(load_settings(), 4000)
    assert status_of(instance, killed) == dg.DagsterRunStatus.STARTED
    stack.refuses = False
    serve(monkeypatch)
    assert stack.containers == {}


def test_a_storage_that_is_away_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, stack: FakeEngine
) -> None:
    def refuse() -> None:
        said = OperationalError(None, None, Exception("FATAL:  password authentication\nfailed"))
        raise RuntimeError("too many retries for DB connection") from said

    monkeypatch.setattr(dg.DagsterInstance, "get", refuse)
    with pytest.raises(UpstreamError, match=r"used: FATAL: password authentication failed$"):
        serve_code(load_settings(), 4000)


def test_a_defect_is_no_storage_that_is_away(
    monkeypatch: pytest.MonkeyPatch, stack: FakeEngine
) -> None:
    def break_down() -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(dg.DagsterInstance, "get", break_down)
    with pytest.raises(RuntimeError, match="a defect"):
        serve_code(load_settings(), 4000)


def test_outside_of_the_stack_it_is_refused(engine: FakeEngine) -> None:
    with pytest.raises(UsageError, match="orchestrator ui"):
        serve_code(load_settings(), 4000)


def test_it_becomes_dagsters_server_runs_again_what_was_lost_and_a_signal_ends_that(
    stack: FakeEngine, instance: dg.DagsterInstance, killed: dg.DagsterRun
) -> None:
    stack.add("games", stage="extractor", project="ours")
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "serve-code", "--port", str(PORT)],
        env=child_environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        repetition = wait_for_repetition(server, instance, killed)
        # As one that was killed between the repetition and the run's end finds it: not twice.
        assert code_server._repeat(instance, killed)
        assert len(instance.get_runs()) == 2
    finally:
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert "games was left by an earlier code location: removed" in said
    assert server.returncode == 0, said
    assert status_of(instance, killed) == dg.DagsterRunStatus.FAILURE
    # What has waited in the queue is begun by the daemon, which is not here.
    assert repetition.status == dg.DagsterRunStatus.QUEUED
    assert repetition.is_resume_retry  # what has succeeded is not done again
    assert repetition.tags["dagster/partition"] == DAY.isoformat()


def wait_for_repetition(
    server: subprocess.Popen[str], instance: dg.DagsterInstance, lost: dg.DagsterRun
) -> dg.DagsterRun:
    deadline = time.monotonic() + 200
    while server.poll() is None and time.monotonic() < deadline:
        if status_of(instance, lost) == dg.DagsterRunStatus.FAILURE:
            return next(run for run in instance.get_runs() if run.parent_run_id == lost.run_id)
        time.sleep(0.5)
    pytest.fail("the run was not repeated")
