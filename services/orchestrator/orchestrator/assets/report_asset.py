"""The report, an asset after the marts; there where the reporter is there."""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from typing import Any

import dagster as dg
from pydantic import Field

from gamemarket.errors import ExitCode
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.outcomes import build_failure
from orchestrator.assets.resources import RawgResource
from orchestrator.stages.stage_runner import StageOutcome, StageRunner

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
        outcome = stages.run(
            context,
            "reporter",
            ["build", "--publish", "--target", config.target],
            title=REPORT,
            environment=rawg.lake_environment(),
        )
        if outcome.report.exit_code != ExitCode.DONE:
            raise build_failure(outcome.report)
        build_id = _find_build(outcome)
        return dg.MaterializeResult(
            metadata={"build_id": build_id, **links.of_run(rawg.bucket_name).find_report(build_id)}
        )

    return report


def _find_build(outcome: StageOutcome) -> str:
    for result in outcome.results:
        told = (result.metadata or {}).get("build_id")
        if isinstance(told, dg.TextMetadataValue) and told.value:
            return told.value
    raise dg.Failure("The reporter did not tell of which build its report is.", allow_retries=False)
