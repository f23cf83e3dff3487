"""The report, an asset after the marts; there where the reporter is there."""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from gamemarket.errors import ExitCode
from gamemarket.lake_keys import ReportKey
from orchestrator.assets.dagster_events import build_failure
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.resources import RawgResource
from orchestrator.stages.stage_runner import StageContext, StageRunner

REPORT = "report"


class ReportConfig(dg.Config):
    """Of which marts the report is."""

    target: str = Field(default="dev", description="dev is DuckDB's marts, prod is Snowflake's.")


def build_report_asset(
    models: dg.AssetsDefinition, links: LakeLinks, retry_policy: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    """One page of HTML, kept in the lake beside the marts that it is of."""

    @dg.asset(
        name=REPORT,
        deps=[key for key in models.keys if models.get_asset_spec(key).group_name == "marts"],
        group_name="report",
        description="Ten questions of the market, answered of the published marts on one page.",
        retry_policy=retry_policy,
    )
    def report(
        context: dg.AssetExecutionContext,
        config: ReportConfig,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata=make_report(context, config, stages, links, rawg))

    return report


def make_report(
    context: StageContext,
    config: ReportConfig,
    stages: StageRunner,
    links: LakeLinks,
    rawg: RawgResource,
) -> Mapping[str, dg.MetadataValue]:
    """Lets the reporter make it, and tells where it is; Failure when it did not."""
    ended = stages.run(
        context,
        "reporter",
        ["build", "--publish", "--target", config.target],
        title=REPORT,
        environment=rawg.lake_environment(),
    )
    if ended.report.exit_code != ExitCode.DONE:
        raise build_failure(ended.report)
    for summary in ended.report.summaries:
        if key := ReportKey.parse(summary.endpoint):
            return links.of_run(rawg.bucket_name).find_report(key)
    raise dg.Failure("The reporter did not tell which report it kept.", allow_retries=False)
