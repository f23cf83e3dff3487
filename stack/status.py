"""How the stack is now: its services, what Dagster works on, and the room on its disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from time import time

from stack.dagster_api import Dagster, Run
from stack.engine import Engine, Service
from stack.errors import StackError
from stack.readiness import explain_failure, find_last_words, find_start

__all__ = ["tell_status"]

# A full refresh writes about as much beside what is there; Postgres stops when it can't write.
_ROOM_BYTES = 2 * 10**9


def tell_status(engine: Engine, dagster: Dagster, say: Callable[[str], None]) -> None:
    """Says how everything is; StackError with the first thing that is not as it should be."""
    services = sorted(engine.services(), key=lambda service: service.name)
    if not services:
        raise StackError("The stack is down: `make start`.")
    now = datetime.now(timezone.utc)
    for service in services:
        say(f"  {service.name:<15}{_describe_service(service, now)}")
    troubles = [
        explain_failure(service, find_last_words(engine, service))
        for service in services
        if not service.is_ready
    ]
    troubles += _tell_dagster(dagster, find_start(services), say)
    disk = _find_disk(engine)
    if disk:
        say(f"  {'disk':<15}{disk.free_bytes / 10**9:.1f} GB free of {disk.size_bytes / 10**9:.1f}")
        if disk.free_bytes < _ROOM_BYTES:
            troubles.append(
                StackError(
                    "There is little room for the data (see disk above): `make prune`, and `docker "
                    "system df` shows what else Docker takes."
                )
            )
    if troubles:
        raise troubles[0]


def _describe_service(service: Service, now: datetime) -> str:
    if service.state != "running":
        return "done" if service.is_ready else f"{service.state}, exit code {service.exit_code}"
    return f"{service.health or 'running'}, for {_describe_span(now - service.started_at)}"


def _tell_dagster(
    dagster: Dagster, daemon_since: datetime, say: Callable[[str], None]
) -> Iterator[StackError]:
    try:
        is_reporting = dagster.is_healthy(daemon_since)
        runs = dagster.read_latest_runs()
    except StackError as error:
        yield error
        return
    for run in runs:
        say(f"  {'run':<15}{_describe_run(run)}")
    if not runs:
        say(f"  {'run':<15}none yet")
    if not is_reporting:
        yield StackError("Dagster's daemon does not report: `make logs SERVICE=daemon`.")


def _describe_run(run: Run) -> str:
    what = f"{run.job} {run.day}".strip()
    return f"{run.status.lower():<10}{what}, {_describe_span(timedelta(seconds=time() - run.changed_at))} ago"


def _describe_span(span: timedelta) -> str:
    """`40 s`, `3 min`, `5 h` or `12 days`."""
    seconds = max(span.total_seconds(), 0)
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


@dataclass(frozen=True)
class _Disk:
    size_bytes: int
    free_bytes: int


def _find_disk(engine: Engine) -> _Disk | None:
    """The file system of the volumes, as a container on it sees it; None while Postgres is away."""
    said = engine.ask("exec", "-T", "postgres", "df", "-Pk", "/var/lib/postgresql/data")
    words: Sequence[str] = said.splitlines()[-1].split() if said.strip() else ()
    if len(words) < 6 or not (words[1].isdigit() and words[3].isdigit()):
        return None
    return _Disk(int(words[1]) * 1024, int(words[3]) * 1024)
