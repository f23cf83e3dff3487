"""Processes that are told to stop while they wait for something that never comes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

# A stage that hangs as its word says, and has this long from a signal on.
HANGING_STAGE = """
import signal, sys, threading, time
import click
from gamemarket.errors import InterruptedRunError, ExitCode
from gamemarket.stage import run_stage

def hang_in_a_thread():
    threading.Thread(target=time.sleep, args=(3600,)).start()
    print("hangs", flush=True)
    time.sleep(3600)

def hang_in_what_comes_after_a_signal():
    try:
        hang_in_a_thread()
    finally:
        time.sleep(3600)

def hang_with_own_handlers():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    hang_in_a_thread()

@click.command()
@click.argument("how")
def stage(how):
    globals()[how]()

run_stage(stage, "stage", grace_seconds=0.3)
"""


def start(how: str) -> subprocess.Popen[str]:
    stage = subprocess.Popen(
        [sys.executable, "-c", HANGING_STAGE, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert stage.stdout
    assert stage.stdout.readline() == "hangs\n"
    return stage


@pytest.mark.parametrize(
    "how",
    ["hang_in_a_thread", "hang_in_what_comes_after_a_signal", "hang_with_own_handlers"],
)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stage_that_is_told_to_stop_ends_with_its_sentence_whatever_it_waits_for(
    how: str, sent: signal.Signals, code: int
) -> None:
    stage = start(how)
    stage.send_signal(sent)
    _, said = stage.communicate(timeout=60)
    assert stage.returncode == code
    assert said.count("what was read is kept") == 1


def test_a_second_signal_gives_it_no_more_time() -> None:
    stage = start("hang_with_own_handlers")
    try:
        while stage.poll() is None:
            stage.send_signal(signal.SIGTERM)
            time.sleep(0.1)
    finally:
        stage.kill()
        stage.communicate()
    assert stage.returncode == 143
