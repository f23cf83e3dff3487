"""Daily partitions: a partition key is a run date, a UTC day as YYYY-MM-DD."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from gamemarket.settings import load_settings

__all__ = ["daily_partitions", "read_partition"]

# Of a process for good: assets, jobs and backfills must mean the same days.
daily_partitions = dg.DailyPartitionsDefinition(
    start_date=load_settings().first_run_date.isoformat(), timezone="UTC"
)


def read_partition(
    instance: dg.DagsterInstance, key: dg.AssetKey, partition: str
) -> Mapping[str, object] | None:
    """The metadata of a partition's latest materialization, in whatever run; None for none."""
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition]), limit=1
    ).records
    event = records[0].asset_materialization if records else None
    return {name: value.value for name, value in event.metadata.items()} if event else None
