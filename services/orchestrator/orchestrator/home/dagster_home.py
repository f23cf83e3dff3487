"""Dagster's home in the embedded mode: a folder with SQLite files, `$GAME_MARKET_HOME/dagster`.

Its instance is described here and nowhere else, for the pages and for runs without a server. The
files are written at every start, so a home that is there already gets what is new.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import DBAPIError

from gamemarket.errors import LakeError, UsageError
from gamemarket.settings import Settings

__all__ = ["OWN_SETTINGS", "dagster_home", "open_instance", "prepare_dagster_home"]

_NAME = "dagster.yaml"
_WITHOUT_SERVER_NAME = "without_server.yaml"
# The version of Dagster that has brought the files to its schema.
_UPGRADED_NAME = "upgraded_to"
# What a user wants otherwise; the last word on every setting.
OWN_SETTINGS = "own_settings.yaml"

_HEADER = f"""\
# Written by `orchestrator` at every start: changes are lost. What you want otherwise stands in
# {OWN_SETTINGS} beside this file, which it does not touch.
"""

# One slot a pool: one process at a time reads an API, and DuckDB has one writer. A run waits in a
# process of its own (150 MB), so there are two at most, and one of a backfill: a year of days waits in
# the queue, and today's run gets in beside it.
_INSTANCE = """\
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
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 180
  free_slots_after_run_end_seconds: 60
"""

# A run without a server keeps each stage's output in a file itself: Dagster's way of keeping it
# redirects the terminal and starts four more processes.
_WITHOUT_SERVER = """\
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def dagster_home(settings: Settings) -> Path:
    """Where Dagster keeps its runs."""
    return (settings.home / "dagster").absolute()


def prepare_dagster_home(settings: Settings) -> Path:
    """Creates the home with its instance; LakeError when that can't be."""
    home = dagster_home(settings)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _keep_former_settings(home)
        own = _read_own_settings(home)
        _write(home / _NAME, own)
        _write(home / _WITHOUT_SERVER_NAME, own, _WITHOUT_SERVER)
    except OSError as error:
        raise LakeError(
            f"Could not write Dagster's home {home}: {error.strerror}. Check GAME_MARKET_HOME."
        ) from None
    return home


@contextmanager
def open_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The home's instance in this process, without a server.

    UsageError for settings that it can't have, LakeError when its files can't be used.
    """
    try:
        with dg.DagsterInstance.from_config(str(home), _WITHOUT_SERVER_NAME) as instance:
            _upgrade(instance, home / _UPGRADED_NAME)
            with _kept_open(home / "history"):
                yield instance
    except dg.DagsterInvalidConfigError as error:
        raise _refuse(home, error) from None
    except DBAPIError as error:  # a full disk, files of another user
        raise LakeError(
            f"Dagster's files in {home} can't be used: {error.orig}. Check the folder's owner and free "
            "space (GAME_MARKET_HOME); what was read is kept."
        ) from error


@contextmanager
def _kept_open(history: Path) -> Iterator[None]:
    """Spares a run hundreds of checkpoints: Dagster connects anew for each event.

    Whoever is last to close a database of SQLite's brings its log (WAL) into it, and waits for the disk.
    """
    with ExitStack() as connections:
        for name in ("runs.db", "runs/index.db"):
            with suppress(sqlite3.Error):  # own settings may have the storage elsewhere
                uri = f"{(history / name).as_uri()}?mode=rw"
                kept = connections.enter_context(closing(sqlite3.connect(uri, uri=True)))
                kept.execute("PRAGMA schema_version").fetchone()  # the first question opens it
        yield


def _upgrade(instance: dg.DagsterInstance, upgraded: Path) -> None:
    """Brings an older Dagster's files to this one's schema; once a version, since every run has a file."""
    if upgraded.exists() and upgraded.read_text() == dg.__version__:
        return
    with redirect_stdout(StringIO()):
        instance.upgrade()
    upgraded.write_text(dg.__version__)


def _keep_former_settings(home: Path) -> None:
    """A dagster.yaml that is not ours was written for its user to change: it becomes theirs."""
    file, own = home / _NAME, home / OWN_SETTINGS
    if file.exists() and not own.exists() and not file.read_text().startswith(_HEADER):
        file.rename(own)


def _read_own_settings(home: Path) -> str:
    own = home / OWN_SETTINGS
    lines = own.read_text().splitlines() if own.exists() else []
    return "\n".join(line for line in lines if not line.lstrip().startswith("#")).strip()


def _write(file: Path, *layers: str) -> None:
    """A later layer has the last word. JSON is YAML, too."""
    try:
        merged = dg.config_from_yaml_strings([_INSTANCE, *filter(None, layers)])
    except Exception as error:  # what is no mapping meets a check that has no public name
        raise _refuse(file.parent, error) from None
    file.write_text(f"{_HEADER}{json.dumps(merged, indent=2)}\n")


def _refuse(home: Path, error: Exception) -> UsageError:
    return UsageError(
        f"Dagster can't take {home / OWN_SETTINGS}: {' '.join(str(error).split())[:300]}"
    )
