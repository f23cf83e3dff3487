"""`orchestrator ui` that is killed while a run is under way: by `kill -9`, and with all of its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import date

import pytest

from gamemarket.errors import ExitCode
from gamemarket.settings import Settings, load_settings
from orchestrator.automation.jobs import DAILY_JOB
from orchestrator.commands.run_days import run_days
from orchestrator.conftest import FIRST, SetStages
from orchestrator.home.dagster_home import dagster_home, open_instance
from orchestrator.runs.home_lock import Holder, is_at_work
from orchestrator.runs.run_progress import RunProgress
from orchestrator_doubles.pages_client import Pages, serve_pages, start_pages

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

DAY = "2024-01-01"


def find_descendants(process_id: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found = [process_id]
    for parent in found:
        found += [child for child, its_parent in pairs if its_parent == parent]
    return found


def kill_the_command(pages: Pages) -> None:
    pages.process.kill()
    pages.process.wait()


def kill_all_of_it(pages: Pages) -> None:
    """As a machine does that loses its power."""
    for process_id in reversed(find_descendants(pages.process.pid)):
        os.kill(process_id, signal.SIGKILL)
    pages.process.wait()


def statuses(settings: Settings) -> list[str]:
    with open_instance(dagster_home(settings)) as instance:
        return [run.status.value for run in instance.get_runs()]


def start_a_run_that_hangs(settings: Settings) -> Pages:
    pages = start_pages()
    launched = pages.launch(DAILY_JOB, "{}", {"dagster/partition": DAY})
    assert launched["__typename"] == "LaunchRunSuccess", launched
    deadline = time.monotonic() + 120
    with open_instance(dagster_home(settings)) as instance:
        while not instance.event_log_storage.get_concurrency_run_ids():
            assert time.monotonic() < deadline, "no stage was ever started"
            time.sleep(0.2)
    return pages


def run_the_day() -> None:
    assert run_days([date.fromisoformat(DAY)], load_settings(), RunProgress()) == ExitCode.DONE


def wait_until_the_server_is_gone(settings: Settings) -> None:
    deadline = time.monotonic() + 120
    works = True
    while works:
        assert time.monotonic() < deadline, "the server goes on without its command"
        with is_at_work(dagster_home(settings), Holder.SERVER) as works:
            time.sleep(0.2)


@pytest.mark.parametrize("kill", [kill_the_command, kill_all_of_it])
def test_a_killed_server_blocks_no_day(
    set_stages: SetStages, kill: Callable[[Pages], None]
) -> None:
    settings = set_stages(**{f"hang_{FIRST}": 3600})
    kill(start_a_run_that_hangs(settings))
    set_stages()
    run_the_day()
    assert statuses(settings)[0] == "SUCCESS"
    # A server that was still ending left its run to whoever comes when it is gone.
    wait_until_the_server_is_gone(settings)
    run_the_day()
    assert statuses(settings)[2] in ("FAILURE", "CANCELED")


def test_a_killed_server_does_not_block_the_next_one(set_stages: SetStages) -> None:
    settings = set_stages(**{f"hang_{FIRST}": 3600})
    kill_the_command(start_a_run_that_hangs(settings))
    set_stages()
    with serve_pages() as pages:
        launched = pages.launch(DAILY_JOB, "{}", {"dagster/partition": DAY})
        assert pages.wait_for_the_end(launched["run"]["runId"]) == "SUCCESS"
