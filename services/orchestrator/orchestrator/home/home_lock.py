"""One run without a server at a time in a home: the next one waits, and says so.

The lock also tells a run that works from one that was killed: the kernel lets go of it when its
process dies, however that happens. A process id can't tell: a container's is 1 every time, and the
name of its host is another one in the next. It is flock(2)'s; a home is on a file system with
locks anyway, for SQLite's sake.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.runs.run_progress import RunProgress

__all__ = ["hold_home"]


@contextmanager
def hold_home(home: Path, progress: RunProgress) -> Iterator[None]:
    """Holds Dagster's home while the block runs; waits for whoever holds it before."""
    with (home / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            progress.say(
                f"Another run works in this home ({lock.read()}): this one waits for its end; "
                "Ctrl-C gives up."
            )
            with progress.doing("waits for the other run"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} of {socket.gethostname()}")
        lock.flush()
        yield
