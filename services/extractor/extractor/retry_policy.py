"""How often a page is asked for: transient errors only, with jitter, and Retry-After obeyed.

Waiting ends at once when the run is asked to stop.
"""

from __future__ import annotations

import logging
import threading

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_when_event_set,
)
from tenacity.nap import sleep_using_event
from tenacity.wait import wait_base, wait_random_exponential

from extractor.rawg_client import TransientError

_log = logging.getLogger(__name__)

# 6 attempts with waits of at most 1, 2, 4, 8 and 16 s ride out an outage of half a minute.
ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0
# An API that asks for longer than this is not coming back within a run's patience.
LONGEST_PAUSE_SECONDS = 120.0


class wait_as_asked(wait_base):
    """Waits as long as Retry-After says, else as `otherwise` says. Not for pauses of hours."""

    def __init__(self, otherwise: wait_base) -> None:
        """Takes the strategy for answers without Retry-After."""
        self._otherwise = otherwise

    def __call__(self, retry_state: RetryCallState) -> float:
        """Seconds to wait before the next attempt."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, TransientError) else None
        if asked is None:
            return self._otherwise(retry_state)
        return min(asked, LONGEST_PAUSE_SECONDS)


def build_retry(stop: threading.Event, first_wait_seconds: float = FIRST_WAIT_SECONDS) -> Retrying:
    """The policy for one run; `stop` ends its waits."""
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_attempt(ATTEMPTS) | stop_when_event_set(stop),
        wait=wait_as_asked(wait_random_exponential(multiplier=first_wait_seconds, max=30)),
        sleep=sleep_using_event(stop),
        before_sleep=_log_attempt,
        reraise=True,
    )


def _log_attempt(retry_state: RetryCallState) -> None:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    wait = retry_state.next_action.sleep if retry_state.next_action else 0
    request = retry_state.args[0] if retry_state.args else ""
    _log.warning(
        "%s: attempt %d: %s; again in %.1f s", request, retry_state.attempt_number, error, wait
    )
