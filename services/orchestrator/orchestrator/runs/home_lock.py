"""Who works in a home: one run without a server at a time, and one server. The next one waits, aloud.

The locks also tell a run that works from one that was killed: the kernel lets go of a lock when its
last process dies, however that happens. A process id can't tell: a container's is 1 every time, and
the name of its host is another one in the next. They are flock(2)'s; a home is on a file system with
locks anyway, for SQLite's sake.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from gamemarket.errors import LakeError
from orchestrator.runs.run_progress import RunProgress

__all__ = ["Holder", "hold_home", "is_at_work"]


class Holder(Enum):
    """Who executes runs in a home, by the file that it locks."""

    RUN = "run.lock"
    # All of the server's processes write their log into it, so each of them holds the lock.
    SERVER = "ui.log"


@contextmanager
def hold_home(home: Path, holder: Holder, progress: RunProgress) -> Iterator[BinaryIO]:
    """Holds Dagster's home while the block runs; waits for another such holder before.

    The open file is for processes that hold it as well: it is locked until the last one closes it.
    """
    with _open(home / holder.value) as file:
        if not _try_to_lock(file):
            _wait_for(file, holder, progress)
        file.truncate(0)
        file.write(f"process {os.getpid()} of {socket.gethostname()}\n".encode())
        yield file


@contextmanager
def is_at_work(home: Path, holder: Holder) -> Iterator[bool]:
    """Whether the home has such a holder; while the block runs no other one begins."""
    with _open(home / holder.value) as file:
        yield not _try_to_lock(file)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("a+b", buffering=0)
    except OSError as error:
        raise LakeError(
            f"Could not write {file}: {error.strerror}. Check the folder's owner (GAME_MARKET_HOME)."
        ) from None


def _try_to_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(file: BinaryIO, holder: Holder, progress: RunProgress) -> None:
    file.seek(0)
    who = file.readline().decode(errors="replace").strip()
    what = "run" if holder is Holder.RUN else "`orchestrator ui`"
    progress.say(
        f"Another {what} works in this home ({who}): this one waits for its end; Ctrl-C gives up."
    )
    with progress.doing(f"waits for the other {what}"):
        fcntl.flock(file, fcntl.LOCK_EX)
