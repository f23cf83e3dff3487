"""A bounded pool of threads: never more in flight than workers, and what is in flight is finished.

On the first error, or when the run is asked to stop, nothing new begins; what is under way stores its
page before the error is raised.
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

from gamemarket.errors import ExitCode, InterruptedRunError

# What is in flight at a SIGTERM has this long to arrive: ECS and Docker kill after 30 and 10 s, and
# after the last byte its page is still to be stored.
DRAIN_SECONDS = 15.0


class StopRequest(threading.Event):
    """Set by SIGINT or SIGTERM; `exit_code` tells which.

    After `deadline`, on the monotonic clock, no answer is waited for any longer.
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
        """Takes the number of requests in flight."""
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
        wait([self._executor.submit(work_through) for _ in range(threads)])
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
            wait(ahead)

    def close(self) -> None:
        """Ends the threads; none is busy then."""
        self._executor.shutdown()
