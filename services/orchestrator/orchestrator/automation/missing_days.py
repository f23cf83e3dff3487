"""What Dagster's instance knows of the run dates of an asset: read, missing, left open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import dagster as dg

from gamemarket.endpoints import Endpoints
from gamemarket.run_dates import days_between
from orchestrator.assets.lake_assets import lake_asset_key
from orchestrator.assets.partitions import daily_partitions, read_partition

__all__ = ["FORTNIGHT", "find_missing_days", "is_read"]

FORTNIGHT = timedelta(days=14)
_NEVER = date.max.isoformat()


def find_missing_days(
    instance: dg.DagsterInstance, endpoints: Endpoints, newest: date
) -> list[date]:
    """The run dates of the fortnight before `newest` that were to be read and are not, in order.

    A day counts from the first one on that the endpoint has or was tried for, so nobody's first day
    costs a fortnight. Lists that are read when they are due have no days to miss. What was
    committed with rows missing is not here: asked again it would give the same.
    """
    days = list(days_between(newest - FORTNIGHT, newest - timedelta(days=1)))
    missing: set[date] = set()
    for endpoint in endpoints.endpoints:
        if not endpoint.is_due_by_interval:
            missing.update(_find_missing(instance, lake_asset_key(endpoint), days))
    return sorted(missing)


def is_read(instance: dg.DagsterInstance, key: dg.AssetKey, day: date) -> bool:
    """Whether the asset has this run date, to its end: not stopped by a quota or a budget."""
    found = read_partition(instance, key, day.isoformat())
    return found is not None and found.get("state") != "open"


def _find_missing(
    instance: dg.DagsterInstance, key: dg.AssetKey, days: list[date]
) -> Iterable[date]:
    keys = [day.isoformat() for day in days]
    known = instance.get_status_by_partition(key, keys, daily_partitions) or {}
    begun = instance.get_materialized_partitions(key) | {name for name in keys if known.get(name)}
    return (
        day
        for name, day in zip(keys, days, strict=True)
        if name >= min(begun, default=_NEVER)
        and known.get(name) is not dg.AssetPartitionStatus.IN_PROGRESS
        and not is_read(instance, key, day)
    )
