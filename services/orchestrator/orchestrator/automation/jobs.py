"""Jobs over the asset graph: what is run together, a run date at a time."""

from __future__ import annotations

from typing import Any

import dagster as dg

from gamemarket.endpoints import Endpoints
from orchestrator.assets.lake_assets import lake_asset_key
from orchestrator.automation.freshness import IS_FRESH, find_fresh_asset_keys

__all__ = ["DAILY_JOB", "FRESHNESS_JOB", "INGESTION_JOB", "build_jobs"]

DAILY_JOB = "daily_game_market_update"
INGESTION_JOB = "game_ingestion_job"
FRESHNESS_JOB = "check_freshness"


def build_jobs(endpoints: Endpoints) -> list[Any]:  # their class has no public name
    """The daily job, its first half, and the look at whether there was one."""
    fresh = [dg.AssetCheckKey(key, IS_FRESH) for key in find_fresh_asset_keys(endpoints)]
    # Of today, whatever day is run: they have a job of their own.
    freshness = dg.AssetSelection.checks(*fresh)
    lake = dg.AssetSelection.assets(*map(lake_asset_key, endpoints.endpoints))
    return [
        dg.define_asset_job(
            DAILY_JOB,
            selection=dg.AssetSelection.all() - freshness,
            description="Reads one run date of every endpoint, then brings all models up to date.",
        ),
        dg.define_asset_job(
            INGESTION_JOB,
            selection=lake - freshness,
            description="Reads one run date of every endpoint into the lake, and builds nothing.",
        ),
        dg.define_asset_job(
            FRESHNESS_JOB,
            selection=freshness,
            description="Looks whether the newest day that is over was read and built.",
        ),
    ]
