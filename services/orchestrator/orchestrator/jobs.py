"""Jobs: what is run together."""

import dagster as dg

DAILY_JOB = "daily_game_market_update"

daily_game_market_update = dg.define_asset_job(
    DAILY_JOB,
    selection=dg.AssetSelection.all(),
    description="Reads one run date of every endpoint, then brings all models up to date.",
)
