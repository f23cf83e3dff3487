"""How fast the API is asked: one pace for all workers of a run.

Requests are spread evenly, `requests_per_second`; a pause that the API asks for (Retry-After) holds
back all workers, not only the one that was told.
"""

from __future__ import annotations

import threading
import time

from extractor.workers.worker_pool import StopRequest
from gamemarket.errors import StoppedEarlyError

# An API that asks for a longer pause is not coming back within a run's patience.
LONGEST_PAUSE_SECONDS = 120.0


class Pace:
    """Gives workers their turn. `requests_per_second` None: as fast as they come."""

    def __init__(self, requests_per_second: float | None, stop: StopRequest) -> None:
        """`stop` ends all waiting."""
        self._interval = 1 / requests_per_second if requests_per_second else 0.0
        self._stop = stop
        self._lock = threading.Lock()
        self._next_turn = 0.0
        self._paused_until = 0.0

    def wait_for_turn(self) -> None:
        """Returns when it is this worker's turn; InterruptedRunError when the run is to stop."""
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
