"""Runs that are stopped: by Ctrl-C, and by kill -9."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import IO

import dagster as dg
import pytest
from rich.console import Console

from gamemarket.errors import ExitCode
from gamemarket.settings import Settings, child_environment, load_settings
from orchestrator.commands.run_days import run_days
from orchestrator.conftest import FIRST, SetStages
from orchestrator.home.dagster_home import dagster_home, open_instance, prepare_dagster_home
from orchestrator.runs.home_lock import Holder, hold_home
from orchestrator.runs.run_progress import RunProgress
from orchestrator_doubles.forked_run import fork_run

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")


DAY = date(2024, 1, 1)


def start_run() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "run", "--run-date", DAY.isoformat()],
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_run_that_hangs(home: Path) -> subprocess.Popen[str]:
    run = start_run()
    wait_until_it_hangs(home, lambda: run.poll() is None)
    return run


def wait_until_it_hangs(home: Path, is_alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not any(log.read_text().endswith("hangs\n") for log in home.rglob(f"raw_{FIRST}.log")):
        assert is_alive(), "the run has ended"
        assert time.monotonic() < deadline, "the stage was never started"
        time.sleep(0.1)


def statuses(settings: Settings) -> list[dg.DagsterRunStatus]:
    with open_instance(dagster_home(settings)) as instance:
        return [run.status for run in instance.get_runs()]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_stage_and_the_run_without_a_traceback(
    set_stages: SetStages, tmp_path: Path, sent: signal.Signals
) -> None:
    settings = set_stages(**{f"hang_{FIRST}": 60})
    run = start_run_that_hangs(tmp_path)
    run.send_signal(sent)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "progress kept: run it again" in errors
    assert "Traceback" not in errors
    assert len(list(tmp_path.rglob("raw_*.log"))) == 1
    assert statuses(settings) in ([dg.DagsterRunStatus.FAILURE], [dg.DagsterRunStatus.CANCELED])


@pytest.mark.parametrize(
    ("process_id", "host"),
    [
        pytest.param(99_999_999, socket.gethostname(), id="a process that is gone"),
        pytest.param(os.getpid(), socket.gethostname(), id="a restarted container"),
        pytest.param(os.getppid(), socket.gethostname(), id="a process id that is another's now"),
        pytest.param(1, "0123456789ab", id="a container that is gone"),
    ],
)
def test_a_killed_run_does_not_block_the_next_one(
    set_stages: SetStages, tmp_path: Path, process_id: int, host: str
) -> None:
    set_stages(**{f"hang_{FIRST}": 5})
    run = fork_run(DAY.isoformat(), process_id, host)
    wait_until_it_hangs(tmp_path, run.is_alive)
    run.kill()
    run.join()
    settings = set_stages()
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]
    printed = StringIO()
    progress = RunProgress(Console(file=printed, width=200))
    assert run_days([DAY], settings, progress) == ExitCode.DONE
    assert statuses(settings) == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    assert "was killed" in printed.getvalue()


def test_a_run_waits_aloud_for_another_one_and_goes_on_when_that_is_killed(
    set_stages: SetStages, tmp_path: Path
) -> None:
    set_stages(**{f"hang_{FIRST}": 60})
    first = start_run_that_hangs(tmp_path)
    set_stages()
    second = start_run()
    assert second.stderr
    said = read_until("Another run", second.stderr)
    assert f"process {first.pid}" in said
    assert len(statuses(load_settings())) == 1
    first.kill()
    first.communicate()
    _, rest = second.communicate(timeout=60)
    assert second.returncode == ExitCode.DONE, rest
    assert "was killed" in rest


def test_a_run_that_waits_for_another_one_can_be_stopped(
    set_stages: SetStages, tmp_path: Path
) -> None:
    settings = set_stages()
    with hold_home(prepare_dagster_home(settings), Holder.RUN, RunProgress()):
        run = start_run()
        assert run.stderr
        read_until("Another run", run.stderr)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in errors


def read_until(words: str, output: IO[str]) -> str:
    """The first line with these words; fails at the output's end (a hang is pytest's to end)."""
    for line in output:
        if words in line:
            return line
    pytest.fail(f"never said: {words}")
