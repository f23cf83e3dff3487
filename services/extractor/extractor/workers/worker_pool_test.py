from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from extractor.workers import worker_pool
from extractor.workers.worker_pool import StopRequest, WorkerPool
from gamemarket.errors import ExitCode, InterruptedRunError


@pytest.fixture
def stop() -> StopRequest:
    return StopRequest()


@pytest.fixture
def pool(stop: StopRequest) -> Iterator[WorkerPool]:
    with closing(WorkerPool(3, stop)) as opened:
        yield opened


def test_every_item_is_done_once(pool: WorkerPool) -> None:
    done: list[int] = []
    pool.run(done.append, range(100))
    assert sorted(done) == list(range(100))


def test_as_many_in_flight_as_workers_and_never_more(pool: WorkerPool) -> None:
    lock, all_three = threading.Lock(), threading.Barrier(3, timeout=5)
    now, most = 0, 0

    def work(_item: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        all_three.wait()
        with lock:
            now -= 1

    pool.run(work, range(9))
    assert most == 3


def test_the_first_error_ends_the_run_after_what_is_in_flight(pool: WorkerPool) -> None:
    begun: list[int] = []
    ended: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 5:
            raise ValueError(item)
        ended.append(item)

    with pytest.raises(ValueError, match="5"):
        pool.run(work, range(1000))
    assert len(begun) < 1000
    assert sorted([*ended, 5]) == sorted(begun)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGINT, ExitCode.INTERRUPTED)],
)
def test_a_signal_ends_the_run_after_what_is_in_flight(
    pool: WorkerPool, stop: StopRequest, number: signal.Signals, code: ExitCode
) -> None:
    ended: list[int] = []

    def work(item: int) -> None:
        if item == 5:
            os.kill(os.getpid(), number)
            stop.wait(5)
        ended.append(item)

    with stop.on_signals(), pytest.raises(InterruptedRunError) as interrupted:
        pool.run(work, range(1000))
    assert interrupted.value.interrupt_code is code
    assert 5 in ended
    assert len(ended) < 1000


def test_what_does_not_come_in_a_stops_time_is_not_waited_for(
    pool: WorkerPool, stop: StopRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "DRAIN_SECONDS", 0.0)
    never = threading.Event()

    def work(_item: int) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        never.wait()

    with stop.on_signals(), pytest.raises(InterruptedRunError):
        pool.run(work, range(1))
    pool.close()
    never.set()


def test_a_second_signal_gives_no_more_time_and_no_other_exit_code(stop: StopRequest) -> None:
    with stop.on_signals():
        signal.raise_signal(signal.SIGTERM)
        deadline = stop.deadline
        signal.raise_signal(signal.SIGINT)
    assert stop.deadline == deadline
    assert stop.exit_code is ExitCode.TERMINATED
