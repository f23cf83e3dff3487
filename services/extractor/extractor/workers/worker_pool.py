"""A bounded pool of threads: never more at work than workers, and what is under way is finished.

On the first error, or when the run is asked to stop, nothing new begins; what is under way stores its
page before the error is raised, if it can in the time that a stop has (gamemarket.grace).
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from types import FrameType
from typing import Any

from gamemarket.errors import ExitCode, InterruptedRunError
from gamemarket.grace import DRAIN_SECONDS

# How often a wait for what is in flight looks whether it may go on.
_LOOK_SECONDS = 0.5


def count_workers(concurrency: int) -> int:
    """Threads for so many requests under way: while some store their pages, others ask.

    A put into a server takes some 10 ms, a request 100 or more.
    """
    return concurrency + -(-concurrency // 4)


class StopRequest(threading.Event):
    """Set by the first SIGINT or SIGTERM; `exit_code` tells which.

    After `deadline`, on the monotonic clock, no answer and no store is waited for any longer.
    """

    def __init__(self) -> None:
        """Not requested yet."""
        super().__init__()
        self.exit_code = ExitCode.DONE
        self.deadline = math.inf

    def check(self) -> None:
        """Raises InterruptedRunError once a stop is requested."""
        if self.is_set():
            raise InterruptedRunError(self.exit_code)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Takes SIGINT and SIGTERM for as long as the block lasts."""
        codes = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

        def request_stop(number: int, _frame: FrameType | None) -> None:
            if self.is_set():
                return  # a second signal makes it no longer
            self.exit_code = codes[signal.Signals(number)]
            self.deadline = time.monotonic() + DRAIN_SECONDS
            self.set()

        former = {number: signal.signal(number, request_stop) for number in codes}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


class WorkerPool:
    """Threads that fetch and store pages."""

    def __init__(self, workers: int, stop: StopRequest) -> None:
        """Takes the number of threads."""
        self.workers = workers
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="page")
        self._stop = stop

    def run[Item](self, work: Callable[[Item], None], items: Collection[Item]) -> None:
        """Does `work` for every item, in any order.

        Raises the first error, or InterruptedRunError, after what was in flight has ended.
        """
        queue, taking = iter(items), threading.Lock()
        errors: list[BaseException] = []

        def take() -> list[Item]:
            with taking:
                return [] if self._stop.is_set() or errors else list(islice(queue, 1))

        def work_through() -> None:
            # One task a thread, not one an item: waiting for tasks costs more than most items do.
            while taken := take():
                try:
                    work(taken[0])
                except BaseException as error:
                    errors.append(error)

        threads = min(self.workers, len(items))
        self._wait([self._executor.submit(work_through) for _ in range(threads)])
        self._stop.check()
        if errors:
            raise errors[0]

    def map_in_order[Item, Result](
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """Results in the order of the items, at most as many ahead as there are workers."""
        ahead: deque[Future[Result]] = deque()
        try:
            for item in items:
                self._stop.check()
                ahead.append(self._executor.submit(work, item))
                if len(ahead) > self.workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            self._wait(ahead)

    def close(self) -> None:
        """Ends the threads; after a stop those that still wait for something are left to it."""
        self._executor.shutdown(wait=not self._stop.is_set())

    def _wait(self, running: Iterable[Future[Any]]) -> None:
        """Until all have ended, or a stop's time is over."""
        left = set(running)
        while left and time.monotonic() < self._stop.deadline:
            left = wait(left, timeout=_LOOK_SECONDS).not_done
