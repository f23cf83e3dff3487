"""Freshness: is the newest day that is over there, by the time it should be?

The checks ask for the newest run date, so a backfill of old days makes nothing fresh.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of check functions.
from collections.abc import Iterator

import dagster as dg

from gamemarket.endpoints import Endpoints
from gamemarket.run_dates import Clock
from orchestrator.assets.lake_assets import lake_asset_key
from orchestrator.automation.daily_outcome import DAILY_OUTCOME
from orchestrator.automation.missing_days import is_read

IS_FRESH = "is_fresh"

_DESCRIPTION = "The newest run date that is over is there, to its end."


def find_fresh_asset_keys(endpoints: Endpoints) -> list[dg.AssetKey]:
    """What has something new every day: the endpoints read by the day, and the day's outcome."""
    daily = [endpoint for endpoint in endpoints.endpoints if not endpoint.is_due_by_interval]
    return [*map(lake_asset_key, daily), dg.AssetKey(DAILY_OUTCOME)]


def build_freshness_checks(endpoints: Endpoints, clock: Clock) -> dg.AssetChecksDefinition:
    """A check an asset: it fails while the newest run date that is over is not there."""
    keys = find_fresh_asset_keys(endpoints)
    specs = [dg.AssetCheckSpec(IS_FRESH, asset=key, description=_DESCRIPTION) for key in keys]

    @dg.multi_asset_check(name="freshness", specs=specs, can_subset=True)
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        newest = clock.newest_complete_day()
        for check in sorted(context.selected_asset_check_keys):
            is_there = is_read(context.instance, check.asset_key, newest)
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=IS_FRESH,
                passed=is_there,
                description=None
                if is_there
                else f"Late: {newest} is not there, or not to its end.",
                metadata={"run_date": newest.isoformat()},
            )

    return freshness
