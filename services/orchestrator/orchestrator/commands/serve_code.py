"""`orchestrator serve-code`: the local stack's code location, which executes its runs.

Runs are executed in this container and nowhere else. So when it starts, none is alive, whatever
Dagster believes: the one before it was killed with its runs, which can't tell. Their stages can be
alive, in containers of their own: an extractor would go on asking the API beside the next run's, a
transformer keep DuckDB's lock. These are ended here, before any run can begin; the runs once the
definitions are served, since they are run again (code_server). Never two of it in a stack: one would
end the runs of the other.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import Settings
from orchestrator.runs.abandoned_runs import UNFINISHED
from orchestrator.stages.stage_containers import StageContainers, remove_stages

__all__ = ["serve_code"]

_log = logging.getLogger(__name__)


def serve_code(settings: Settings, port: int) -> NoReturn:
    """Becomes Dagster's server of our definitions, once nothing of an earlier one is left.

    UsageError outside of the local stack, UpstreamError when the engine or Postgres is away.
    """
    containers = StageContainers.find(settings)
    if containers is None:
        raise UsageError(
            "serve-code is for the local stack (docker-compose.yml), where stages run as "
            "containers; on this machine `orchestrator ui` serves Dagster."
        )
    for name in remove_stages(containers.network):
        _log.warning("%s was left by an earlier code location: removed", name)
    lost = _prepare_storage()
    words = ["api", "grpc", "-m", "orchestrator.definitions", "-h", "0.0.0.0", "-p", str(port)]
    server = [sys.executable, "-m", "orchestrator.commands.code_server", *lost, "--", *words]
    os.execv(sys.executable, server)  # in place of this process: signals reach the server


def _prepare_storage() -> list[str]:
    """Brings the storage of DAGSTER_HOME to this version's schema; the ids of runs that are begun."""
    try:
        with dg.DagsterInstance.get() as instance:
            instance.upgrade()
            return [run.run_id for run in instance.get_runs(UNFINISHED)]
    except Exception as error:  # dagster-postgres wraps what SQLAlchemy raises
        cause = error if isinstance(error, SQLAlchemyError) else error.__cause__
        if not isinstance(cause, SQLAlchemyError):
            raise
        said = " ".join(str(getattr(cause, "orig", cause)).split())
        raise UpstreamError(f"Dagster's storage can't be used: {said}") from None
