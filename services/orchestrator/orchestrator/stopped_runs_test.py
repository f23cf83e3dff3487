"""Runs that are stopped: by Ctrl-C, and by kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gamemarket.errors import ExitCode
from gamemarket.settings import Settings, child_environment
from orchestrator.conftest import SetStages
from orchestrator.dagster_home import RUN_CONFIG_NAME, dagster_home
from orchestrator.run_days import run_days
from orchestrator.run_progress import RunProgress

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

# The first step of a run: Dagster takes them by name.
FIRST = "raw_developers"


def start_run_that_hangs(home: Path) -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "run", "--run-date", "2024-01-01"],
        env=child_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not any(log.read_text().endswith("hangs\n") for log in home.rglob(f"{FIRST}.log")):
        assert run.poll() is None, run.stderr and run.stderr.read()
        assert time.monotonic() < deadline, "the stage was never started"
        time.sleep(0.1)
    return run


def statuses(settings: Settings) -> list[dg.DagsterRunStatus]:
    with dg.DagsterInstance.from_config(str(dagster_home(settings)), RUN_CONFIG_NAME) as instance:
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


def test_a_killed_run_does_not_block_the_next_one(set_stages: SetStages, tmp_path: Path) -> None:
    set_stages(hang_developers=5)
    run = start_run_that_hangs(tmp_path)
    run.kill()
    run.communicate()
    settings = set_stages()
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]
    assert run_days([date(2024, 1, 1)], settings, RunProgress()) == ExitCode.DONE
    assert statuses(settings) == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
