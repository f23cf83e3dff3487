"""Forgetting runs that ended long ago: a day leaves some 2 MB of events, and nothing else removes them.

A run itself stays, and so does what Dagster knows of assets and partitions: materializations, the
latest result of each check, how the run ended and why its steps failed. What goes is the run's log, the
output of its steps, and the results of checks that newer ones have replaced. Such a run can't be
re-executed from where it failed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

__all__ = ["Pruned", "prune_runs"]

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_AT_A_TIME = 200
_KEPT = ("ASSET_MATERIALIZATION", "ASSET_OBSERVATION", "STEP_FAILURE")
# Of the run as a whole: PIPELINE_START, PIPELINE_FAILURE ...
_KEPT_LIKE = "PIPELINE_%"

_events = SqlEventLogStorageTable.c
_checks = AssetCheckExecutionsTable.c
_LATEST_CHECKS = sa.select(sa.func.max(_checks.id)).group_by(
    _checks.asset_key, _checks.check_name, _checks.partition
)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was forgotten: of how many runs, and rows of Dagster's storage."""

    runs: int
    rows: int


def prune_runs(instance: dg.DagsterInstance, before: datetime) -> Pruned:
    """Forgets what the runs left that were created before a moment and are over."""
    counts = [_prune(instance, run_id) for run_id in _find_runs(instance, before)]
    return Pruned(runs=sum(map(bool, counts)), rows=sum(counts))


def _find_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    wanted = dg.RunsFilter(statuses=_ENDED, created_before=before)
    cursor = None
    while found := instance.get_run_ids(wanted, cursor=cursor, limit=_AT_A_TIME):
        yield from found
        cursor = found[-1]


def _prune(instance: dg.DagsterInstance, run_id: str) -> int:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    forget_events = sa.delete(SqlEventLogStorageTable).where(
        _events.run_id == run_id,
        sa.or_(
            _events.dagster_event_type.is_(None),
            sa.and_(
                _events.dagster_event_type.not_in(_KEPT),
                _events.dagster_event_type.not_like(_KEPT_LIKE),
            ),
        ),
    )
    forget_checks = sa.delete(AssetCheckExecutionsTable).where(
        _checks.run_id == run_id, _checks.id.not_in(_LATEST_CHECKS)
    )
    with storage.run_connection(run_id) as connection:
        rows: int = connection.execute(forget_events).rowcount
    with storage.index_connection() as connection:
        rows += connection.execute(forget_checks).rowcount
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
    return rows
