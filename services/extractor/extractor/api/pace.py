"""How fast the API is asked: one pace for all workers of a run.

So many requests are under way at once, and no more; a worker that stores its page makes room for another.
Requests are spread evenly, `requests_per_second`; a pause that the API asks for (Retry-After) holds back
all workers, not only the one that was told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from extractor.workers.worker_pool import StopRequest
from gamemarket.errors import StoppedEarlyError

# An API that asks for a longer pause is not coming back within a run's patience.
LONGEST_PAUSE_SECONDS = 120.0


class Pace:
    """Gives workers their turn. `requests_per_second` None: as fast as they come."""

    def __init__(
        self, requests_per_second: float | None, concurrency: int, stop: StopRequest
    ) -> None:
        """`concurrency`: requests under way at once. `stop` ends all waiting."""
        self._slots = threading.Semaphore(concurrency)
        self._interval = 1 / requests_per_second if requests_per_second else 0.0
        self._stop = stop
        self._lock = threading.Lock()
        self._next_turn = 0.0
        self._paused_until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For the time of a request: begins when it is this worker's turn.

        Raises InterruptedRunError when the run is to stop.
        """
        with self._slots:
            self._wait_for_turn()
            yield

    def _wait_for_turn(self) -> None:
        self._stop.check()
        turn = self._take_turn()
        while (wait := turn - time.monotonic()) > 0:
            self._stop.wait(wait)
            self._stop.check()
            if self._paused_until > turn:
                turn = self._take_turn()  # all at once at a pause's end would earn the next one

    def pause(self, seconds: float) -> None:
        """Lets nobody begin a request for so long; StoppedEarlyError when that is too long."""
        if seconds > LONGEST_PAUSE_SECONDS:
            raise StoppedEarlyError(
                f"The API asks for a pause of {seconds:.0f} seconds. What was read is kept: run "
                "the same command again after that."
            )
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _take_turn(self) -> float:
        with self._lock:
            turn = max(self._next_turn, self._paused_until, time.monotonic())
            self._next_turn = turn + self._interval
            return turn
