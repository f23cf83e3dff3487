"""Runs that are stopped: by Ctrl-C, and by kill -9."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
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
from orchestrator.conftest import SetStages
from orchestrator.home.dagster_home import dagster_home, open_instance, prepare_dagster_home
from orchestrator.runs.home_lock import Holder, hold_home
from orchestrator.runs.run_progress import RunProgress

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

# The first step of a run: Dagster takes them by name.
FIRST = "raw_developers"


# Runs the module of the first argument as the process and the host that the next ones name.
MASKED = """
import os, runpy, socket, sys
_, module, process_id, host = sys.argv[:4]
os.getpid = lambda: int(process_id)
socket.gethostname = lambda: host
sys.argv[:4] = [module]
runpy.run_module(module, run_name="__main__")
"""


def start_run(*python_words: str) -> subprocess.Popen[str]:
    words = python_words or ("-m", "orchestrator")
    return subprocess.Popen(
        [sys.executable, *words, "run", "--run-date", "2024-01-01"],
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_run_that_hangs(home: Path, *python_words: str) -> subprocess.Popen[str]:
    run = start_run(*python_words)
    deadline = time.monotonic() + 60
    while not any(log.read_text().endswith("hangs\n") for log in home.rglob(f"{FIRST}.log")):
        assert run.poll() is None, run.stderr and run.stderr.read()
        assert time.monotonic() < deadline, "the stage was never started"
        time.sleep(0.1)
    return run


def statuses(settings: Settings) -> list[dg.DagsterRunStatus]:
    with open_instance(dagster_home(settings)) as instance:
        return [run.status for run in instance.get_runs()]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_stage_and_the_run_without_a_traceback(
    set_stages: SetStages, tmp_path: Path, sent: signal.Signals
) -> None:
    settings = set_stages(hang_developers=60)
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
    set_stages(hang_developers=5)
    run = start_run_that_hangs(tmp_path, "-c", MASKED, "orchestrator", str(process_id), host)
    run.kill()
    run.communicate()
    settings = set_stages()
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]
    printed = StringIO()
    progress = RunProgress(Console(file=printed, width=200))
    assert run_days([date(2024, 1, 1)], settings, progress) == ExitCode.DONE
    assert statuses(settings) == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    assert "was killed" in printed.getvalue()


def test_a_run_waits_aloud_for_another_one_and_goes_on_when_that_is_killed(
    set_stages: SetStages, tmp_path: Path
) -> None:
    set_stages(hang_developers=60)
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
