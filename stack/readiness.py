"""Waiting for the stack, and what to say of the service that it failed at."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from time import monotonic, sleep
from typing import Final

from stack.engine import Engine, Service
from stack.errors import StackError

__all__ = [
    "explain_failure",
    "explain_refusal",
    "find_last_words",
    "find_start",
    "wait_until_ready",
]

# Measured: 60 to 90 s on two busy cores, images there.
PATIENCE_SECONDS: Final = 300.0

# What the last words of a service mean, and what to do.
_HINTS: Final = (
    (
        r"password authentication failed",
        "Postgres keeps the passwords that it was made with: put those back into .env, or begin "
        "anew by `make clean` (it removes all data).",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|\b403\b|Access Key Id you provided|request signature",
        "the object store does not take STORE_USER and STORE_PASSWORD: is S3_IMAGE's server "
        "started with others?",
    ),
    (
        r"\bmc: (command )?not found",
        "S3_IMAGE must be a store with MinIO's client mc in its image.",
    ),
    (r"no such bucket|NoSuchBucket", "create the bucket, or correct STACK_BUCKET in .env."),
    (
        r"No space left on device",
        "the disk is full: free some space (`docker system df` shows what Docker takes).",
    ),
    (
        r"could not translate host name|Connection refused|not yet accepting",
        "what it needs does not answer: look at `make logs`.",
    ),
)


def wait_until_ready(
    engine: Engine, is_reporting: Callable[[datetime], bool], say: Callable[[str], None]
) -> None:
    """Returns when every service is ready and Dagster's daemon has reported since it was started.

    StackError says which is not.
    """
    deadline = monotonic() + PATIENCE_SECONDS
    told: set[str] = set()
    while True:
        services = engine.services()
        for service in services:
            if service.has_failed:
                raise explain_failure(service, find_last_words(engine, service))
            if service.is_ready and service.name not in told:
                told.add(service.name)
                say(f"  {service.name}")
        waiting = [service for service in services if not service.is_ready]
        if services and not waiting and is_reporting(find_start(services)):
            return
        if monotonic() > deadline:
            raise _give_up(engine, waiting)
        sleep(1)


def find_start(services: list[Service]) -> datetime:
    """Since when the daemon runs: what it reported before that is no sign of life."""
    return next(
        (service.started_at for service in services if service.name == "daemon"),
        datetime.min.replace(tzinfo=timezone.utc),
    )


def explain_refusal(engine: Engine) -> StackError:
    """What to say when compose itself gave up: the step that failed, where there is one."""
    started = [service for service in engine.services() if service.state != "created"]
    failed = [service for service in started if service.has_failed]
    # One that dies and is started again may look like one that starts.
    failed += [service for service in started if not service.is_ready]
    if failed:
        return explain_failure(failed[0], find_last_words(engine, failed[0]))
    return StackError("compose could not start the stack: its words stand above.")


def _give_up(engine: Engine, waiting: list[Service]) -> StackError:
    if not waiting:
        return StackError(
            f"Dagster's daemon did not report within {PATIENCE_SECONDS:.0f} s: `make logs`."
        )
    return explain_failure(waiting[0], find_last_words(engine, waiting[0]))


def explain_failure(service: Service, log: str) -> StackError:
    """The service, its last line that is not empty, and what that means."""
    lines = [line for line in log.splitlines() if line.strip()]
    said = re.sub(r"^\S+\s*\|\s*", "", lines[-1]) if lines else "nothing"
    state = f"ended with {service.exit_code}" if service.state == "exited" else "is not ready"
    hint = next(
        (advice for pattern, advice in _HINTS if re.search(pattern, log)), "look at `make logs`."
    )
    return StackError(f"{service.name} {state}; it said: {said.strip()[:300]} To do: {hint}")


def find_last_words(engine: Engine, service: Service) -> str:
    """The end of its log, a line each."""
    return engine.ask("logs", "--no-color", "--tail", "400", service.name)
