"""Dagster's home in the embedded mode: a folder with SQLite files, `$GAME_MARKET_HOME/dagster`."""

from __future__ import annotations

from pathlib import Path

from gamemarket.errors import LakeError
from gamemarket.settings import Settings

__all__ = ["RUN_CONFIG_NAME", "dagster_home", "prepare_dagster_home"]

# One slot a pool: one process at a time reads an API, and DuckDB has one writer. A run waits in a
# process of its own (150 MB), so there are two at most, and one of a backfill: a year of days waits in
# the queue, and today's run gets in beside it.
_INSTANCE = """\
# Written once, by `orchestrator`; change it as you like.
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: dagster/backfill
        limit: 1
"""

# A run without a server keeps each stage's output in a file itself: Dagster's way of keeping it
# redirects the terminal and starts four more processes.
RUN_CONFIG_NAME = "without_server.yaml"
_RUN_INSTANCE = """\
# `orchestrator run`: the instance of dagster.yaml, whose terminal stays as it is.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def dagster_home(settings: Settings) -> Path:
    """Where Dagster keeps its runs."""
    return (settings.home / "dagster").absolute()


def prepare_dagster_home(settings: Settings) -> Path:
    """Creates the home with its dagster.yaml; LakeError when that can't be."""
    home = dagster_home(settings)
    try:
        home.mkdir(parents=True, exist_ok=True)
        instance = home / "dagster.yaml"
        if not instance.exists():
            instance.write_text(_INSTANCE)
        (home / RUN_CONFIG_NAME).write_text(instance.read_text() + _RUN_INSTANCE)
    except OSError as error:
        raise LakeError(
            f"Could not write Dagster's home {home}: {error.strerror}. Check GAME_MARKET_HOME."
        ) from None
    return home
