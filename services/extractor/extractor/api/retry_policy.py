"""How often a page is asked for: transient errors only, with jitter, with limits per page and per run.

Waiting ends at once when the run is asked to stop. Retry-After is no business of a single page's: all
workers obey it (pace).
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
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_base

from extractor.api.errors import TransientError

_log = logging.getLogger(__name__)

# 6 attempts with waits of at most 1, 2, 4, 8 and 16 s ride out an outage of half a minute.
ATTEMPTS_PER_PAGE = 6
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
# An API that fails this often in one run is down, even if no single page fails six times in a row.
FAILURES_PER_RUN = 500


class stop_after_failures(stop_base):
    """Stops after so many failures of all pages together. One object a run, not one a page."""

    def __init__(self, failures: int) -> None:
        """Counts from zero."""
        self._left = failures
        self._lock = threading.Lock()

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tenacity asks after each failed attempt."""
        with self._lock:
            self._left -= 1
            return self._left <= 0


def build_retry(stop: threading.Event, first_wait_seconds: float = FIRST_WAIT_SECONDS) -> Retrying:
    """The policy for one run; `stop` ends its waits."""
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=(
            stop_after_failures(FAILURES_PER_RUN)
            | stop_after_attempt(ATTEMPTS_PER_PAGE)
            | stop_when_event_set(stop)
        ),
        wait=wait_random_exponential(multiplier=first_wait_seconds, max=LONGEST_WAIT_SECONDS),
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
