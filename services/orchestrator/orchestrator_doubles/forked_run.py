"""`orchestrator run` in a process that need not import Dagster first: it is forked from one that has."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess

from gamemarket.settings import child_environment

__all__ = ["fork_run"]

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["orchestrator.commands.run_days"])


def fork_run(run_date: str, process_id: int, host: str) -> BaseProcess:
    """Starts it, as a process that takes itself for the one with this id, on this host."""
    words = ["orchestrator", "run", "--run-date", run_date]
    run = _FORKED.Process(target=_run, args=(words, child_environment(), process_id, host))
    run.start()
    return run


def _run(words: list[str], environment: Mapping[str, str], process_id: int, host: str) -> None:
    os.environ.clear()  # noqa: TID251 - it was another test's
    os.environ.update(environment)  # noqa: TID251
    os.getpid = lambda: process_id
    socket.gethostname = lambda: host
    sys.argv = words
    runpy.run_module("orchestrator", run_name="__main__")
