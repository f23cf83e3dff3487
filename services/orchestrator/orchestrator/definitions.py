"""The table of contents: what Dagster is told."""

from pathlib import Path

import dagster as dg

from gamemarket.endpoints import load_endpoints
from gamemarket.settings import Settings, load_settings
from orchestrator.assets.dbt_assets import build_dbt_assets
from orchestrator.assets.lake_assets import build_lake_assets, lake_asset_key
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.report_asset import build_report_asset
from orchestrator.assets.resources import DbtResource, RawgResource
from orchestrator.automation.alerts import build_sensors
from orchestrator.automation.daily_outcome import build_daily_outcome
from orchestrator.automation.freshness import build_freshness_checks
from orchestrator.automation.historical_backfill import build_historical_backfill
from orchestrator.automation.jobs import build_jobs
from orchestrator.automation.pruning import build_pruning
from orchestrator.automation.schedules import build_schedules
from orchestrator.home.dbt_manifest import make_dbt_manifest
from orchestrator.stages.stage_commands import has_reporter
from orchestrator.stages.stage_containers import StageContainers
from orchestrator.stages.stage_runner import StageRunner

# Behind a server nobody sits and waits: an API or a warehouse that is away gets some minutes.
PATIENT = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL)


def build_definitions(
    settings: Settings,
    dbt_manifest: Path,
    stages: StageRunner,
    retry_policy: dg.RetryPolicy | None = None,
) -> dg.Definitions:
    """All definitions, from endpoints.json and dbt's manifest."""
    endpoints = load_endpoints(settings.endpoints_file)
    links = LakeLinks.from_settings(settings, endpoints)
    lake_keys = [lake_asset_key(endpoint) for endpoint in endpoints.endpoints]
    models = build_dbt_assets(dbt_manifest, retry_policy)
    pipeline = [*build_lake_assets(endpoints, links, retry_policy), models]
    has_report = has_reporter(settings)
    reports = [build_report_asset(models, links, retry_policy)] if has_report else []
    pruning, pruning_schedule = build_pruning()
    return dg.Definitions(
        assets=[*pipeline, *reports, build_daily_outcome(pipeline, lake_keys)],
        asset_checks=[build_freshness_checks(endpoints, settings.clock)],
        jobs=[
            *build_jobs(endpoints),
            build_historical_backfill(endpoints, links, retry_policy, has_report=has_report),
            pruning,
        ],
        schedules=[
            *build_schedules(endpoints, is_on=settings.daily_schedule),
            pruning_schedule,
        ],
        sensors=build_sensors(settings.alert_webhook_url, settings.heartbeat_url),
        resources={"rawg": RawgResource(), "dbt": DbtResource(), "stages": stages},
        # The steps only wait for their processes, and the pools let one of them run at a time.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's own processes load, by `-m orchestrator.definitions`."""
    settings = load_settings()
    return build_definitions(
        settings,
        make_dbt_manifest(settings),
        StageRunner(settings, containers=StageContainers.find(settings)),
        retry_policy=PATIENT,
    )
