from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from extractor.api.pace import LONGEST_PAUSE_SECONDS, Pace
from extractor.workers.worker_pool import StopRequest
from gamemarket.errors import ExitCode, InterruptedRunError, StoppedEarlyError


def moments_of_turns(pace: Pace, turns: int) -> list[float]:
    def take_turn(_number: int) -> float:
        with pace.turn():
            return time.monotonic()

    with ThreadPoolExecutor(4) as threads:
        return sorted(threads.map(take_turn, range(turns)))


def test_turns_are_spread_evenly_over_all_workers() -> None:
    moments = moments_of_turns(Pace(50, 4, StopRequest()), 10)
    # Whatever the machine does, no turn comes before its time: the n-th is n/50 s after the first.
    assert all(moment - moments[0] >= n / 50 - 0.02 for n, moment in enumerate(moments))


def test_a_pause_holds_back_every_worker() -> None:
    pace = Pace(None, 4, StopRequest())
    asked_at = time.monotonic()
    pace.pause(0.3)
    moments = moments_of_turns(pace, 4)
    assert min(moments) >= asked_at + 0.3


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    pace = Pace(None, 4, StopRequest())
    asked_at = time.monotonic()
    pace.pause(0.3)
    pace.pause(0.0)
    with pace.turn():
        pass
    assert time.monotonic() >= asked_at + 0.3


def test_a_pause_of_hours_ends_the_run() -> None:
    with pytest.raises(StoppedEarlyError, match="pause of 3600 seconds"):
        Pace(None, 4, StopRequest()).pause(3600)
    assert LONGEST_PAUSE_SECONDS < 3600


def test_a_stop_ends_the_waiting() -> None:
    stop = StopRequest()
    stop.exit_code = ExitCode.TERMINATED
    pace = Pace(None, 4, stop)
    pace.pause(60)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(InterruptedRunError), pace.turn():
        pass


def test_no_more_are_under_way_than_may_be() -> None:
    pace, lock, at_once, most = Pace(None, 2, StopRequest()), threading.Lock(), 0, 0

    def ask(_number: int) -> None:
        nonlocal at_once, most
        with pace.turn():
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.01)
            with lock:
                at_once -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(16)))
    assert most == 2
