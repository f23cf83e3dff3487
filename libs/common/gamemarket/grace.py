"""A process that is told to stop is over in time, whatever it is doing: waiting for a store, a query.

Who tells it to waits for so long and then kills it, which leaves no word of what was done: Docker
after 10 s, ECS after 30 (both their defaults). All work of a stage survives a kill at any point, so
what is not over by then is given up.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gamemarket.errors import ExitCode

__all__ = ["DRAIN_SECONDS", "GRACE_SECONDS", "ended_in_time"]

# Until the end of the process, two seconds before the first of them kills it.
GRACE_SECONDS = 8.0
# Of these, until the last answer that was asked for is stored; the others are for the closing words.
DRAIN_SECONDS = 5.0

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


@contextmanager
def ended_in_time(
    grace_seconds: float | None, give_up: Callable[[ExitCode], None]
) -> Iterator[None]:
    """Ends the process so long after the first SIGINT or SIGTERM of the block, unless that is over.

    It says so by `give_up`, in a thread of its own. Whatever handlers the signals have, or get: they
    are noticed beside them. None: never.
    """
    if grace_seconds is None:
        yield
        return
    is_over = threading.Event()
    told, telling = os.pipe()
    os.set_blocking(telling, False)
    former = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    words = (told, grace_seconds, is_over, give_up)
    threading.Thread(target=_end_in_time, args=words, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        signal.set_wakeup_fd(former)
        os.close(telling)


def _end_in_time(
    told: int, grace_seconds: float, is_over: threading.Event, give_up: Callable[[ExitCode], None]
) -> None:
    with os.fdopen(told, "rb", buffering=0) as signals:
        while number := signals.read(1):
            exit_code = _CODES.get(signal.Signals(number[0]))
            if exit_code and not is_over.wait(grace_seconds):
                try:
                    give_up(exit_code)
                finally:
                    os._exit(exit_code)
