"""The extractor as a process: kill -9 in the middle of trouble, SIGTERM while answers hang, a full disk."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gamemarket.folder_lake import INCOMING, FolderLake
from gamemarket.lake import Lake
from gamemarket.s3_lake import S3Lake
from tests.chaos.judgement import Judgement
from tests.end_to_end.conftest import (
    DAY_ONE,
    Home,
    Sandbox,
    kill,
    serve_sandbox,
    stage_command,
    wait_until,
)
from tests.object_store import ObjectStore

RUN = ("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE)
# config/endpoints.json: requests in flight, at most.
CONCURRENCY = 8
# A stage is over 8 seconds after a SIGTERM (gamemarket.grace); a busy machine takes its time, too.
ENDED_SECONDS = 20


@pytest.fixture
def slow_sandbox() -> Iterator[Sandbox]:
    """Some 25 pages a day, each of which takes its time."""
    with serve_sandbox(
        "--now", "2024-01-02T06:00:00Z", "--updated-per-day", "1000", "--latency-ms", "40"
    ) as running:
        yield running


def count_keys(lake: Lake, prefix: str) -> int:
    return sum(1 for _ in lake.list(prefix))


def tell_truth(sandbox: Sandbox) -> dict[str, Any]:
    asked = f"truth?endpoint=games&updated={DAY_ONE},{DAY_ONE}&ordering=created"
    truth = sandbox.control(asked)
    return truth | {"records": {int(row): facts for row, facts in truth["records"].items()}}


def judge(sandbox: Sandbox, lake: Lake, kills: int) -> None:
    truth, judgement = tell_truth(sandbox), Judgement.of(lake, "games", date.fromisoformat(DAY_ONE))
    assert judgement.count_lost(truth) == 0
    assert list(judgement.find_problems(truth)) == []
    calls = sandbox.control("calls")
    explained = judgement.calls_explained() + sum(calls["faults"].values())
    assert calls["total"] <= explained + kills * CONCURRENCY


def kill_on_the_way(home: Home, lake: Lake, **environment: str) -> int:
    """Kills a run after each of these came about, by whichever run; returns how many died."""
    milestones: list[Callable[[], bool]] = [
        lambda: count_keys(lake, "inflight/") >= 1,
        lambda: count_keys(lake, "inflight/") >= 4,
        lambda: count_keys(lake, "inflight/") >= 12,
        lambda: count_keys(lake, "inflight/") >= 20,
        lambda: count_keys(lake, "raw/") >= 1,
        lambda: count_keys(lake, "manifests/") >= 1,
    ]
    kills = 0
    for reached in milestones:
        process = home.start(*RUN, **environment)
        wait_until(lambda reached=reached, run=process: reached() or run.poll() is not None)  # type: ignore[misc]
        kills += kill(process) == -signal.SIGKILL
    return kills


FLAKY: dict[str, Any] = {"kind": "reset", "first": 1, "probability": 0.2}
NOTHING: dict[str, Any] = {"kind": "500", "probability": 0}


def test_kill_9_loses_nothing_in_a_folder(slow_sandbox: Sandbox, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", slow_sandbox)
    slow_sandbox.control("faults", FLAKY)
    lake = FolderLake.open(home.path / "lake")
    kills = kill_on_the_way(home, lake)
    ended = home.run(*RUN)
    assert ended.returncode == 0, ended.stderr
    assert kills >= 4
    judge(slow_sandbox, lake, kills)


def test_kill_9_loses_nothing_in_an_s3_server(
    slow_sandbox: Sandbox, tmp_path: Path, object_store: ObjectStore
) -> None:
    home, bucket = Home(tmp_path / "home", slow_sandbox), object_store.make_bucket()
    slow_sandbox.control("faults", FLAKY)
    lake = S3Lake(object_store.connect(), bucket)
    environment = object_store.environment | {"DATA_LAKE_BUCKET": bucket}
    kills = kill_on_the_way(home, lake, **environment)
    ended = home.run(*RUN, **environment)
    assert ended.returncode == 0, ended.stderr
    assert kills >= 4
    judge(slow_sandbox, lake, kills)


STUCK: dict[str, dict[str, Any]] = {
    "hang": {"kind": "hang", "page": 3, "seconds": 120},
    "trickle": {"kind": "trickle", "page": 3, "seconds": 120},
    "pause": {"kind": "429", "page": 3, "retry_after": 100},
}


def test_sigterm_ends_runs_in_time_whatever_they_wait_for(tmp_path: Path) -> None:
    with ExitStack() as stack:
        runs = {name: start_stuck(stack, tmp_path / name, fault) for name, fault in STUCK.items()}
        for _, process in runs.values():
            process.send_signal(signal.SIGTERM)
        for name, (_, process) in runs.items():
            said = process.communicate(timeout=ENDED_SECONDS)
            assert process.returncode == 143, (name, said)
        for home, _ in runs.values():
            home.sandbox.control("faults", NOTHING)
            assert home.run(*RUN).returncode == 0
            judge(home.sandbox, FolderLake.open(home.path / "lake"), kills=1)


def start_stuck(
    stack: ExitStack, folder: Path, fault: dict[str, Any]
) -> tuple[Home, subprocess.Popen[str]]:
    """A run that waits for an answer that does not come."""
    sandbox = stack.enter_context(serve_sandbox("--now", "2024-01-02T06:00:00Z", "--games", "2000"))
    sandbox.control("faults", fault)
    home = Home(folder, sandbox)
    process = home.start(*RUN)
    wait_until(lambda: bool(sandbox.control("calls")["faults"]))
    return home, process


def test_a_disk_without_room_for_a_part_is_one_sentence_and_74(
    slow_sandbox: Sandbox, tmp_path: Path
) -> None:
    """A limit on the size of files is the full disk that a test can have without being root."""
    home = Home(tmp_path, slow_sandbox)
    home.run("extractor", "--version")  # what is packed unpacks itself before
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -f 128; exec "$0" "$@"', *stage_command(RUN[0]), *RUN[1:]],
        env=home.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 74, ended.stderr
    assert "File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((home.path / "lake" / INCOMING).iterdir()) == []
    assert home.run(*RUN).returncode == 0
    judge(slow_sandbox, FolderLake.open(home.path / "lake"), kills=0)
