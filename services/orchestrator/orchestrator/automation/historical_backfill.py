"""The maintenance job: a range of days in one run.

A backfill in Dagster's pages is a run for each day, each with a build. This job reads all days by one
process, builds once and makes the report; it is the place for a full refresh. What it read and built
stands in the asset graph, partition by partition; it has no partition itself.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of op functions.
from collections.abc import Iterator, Sequence

import dagster as dg
from pydantic import Field

from gamemarket.endpoints import Endpoints
from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary
from orchestrator.assets.dagster_events import build_failure, build_metadata, severity_of
from orchestrator.assets.dbt_assets import WAREHOUSE_POOL, BuildConfig, build_transformer_args
from orchestrator.assets.lake_assets import COMPLETE, ReadConfig, api_pool, lake_asset_key
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.report_asset import REPORT, ReportConfig, make_report
from orchestrator.assets.resources import DbtResource, RawgResource
from orchestrator.automation.failed_checks import find_checks
from orchestrator.stages.stage_report import transforms_after
from orchestrator.stages.stage_runner import StageRunner

BACKFILL_JOB = "historical_backfill"
# Not the asset's name: a code location takes each name of an op once.
REPORT_OP = "report_of_models"

Events = Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.Output[None]]


class DaysConfig(ReadConfig):
    """Which days are read, and how."""

    first: str = Field(description="The first UTC day, YYYY-MM-DD.")
    last: str = Field(description="The last UTC day, YYYY-MM-DD.")
    endpoints: list[str] = Field(
        default_factory=list, description="These endpoints only; none named: all of the source."
    )


def build_historical_backfill(
    endpoints: Endpoints,
    links: LakeLinks,
    retry_policy: dg.RetryPolicy | None,
    *,
    has_report: bool,
) -> dg.JobDefinition:
    """An op `<source>_lake__days` a source, then `models`, then the report and `outcome`."""
    readers = [_build_reader(source, links, retry_policy) for source in endpoints.sources]
    models, outcome = _build_models(retry_policy), _build_outcome()
    report = _build_report(links, retry_policy) if has_report else None

    @dg.job(
        name=BACKFILL_JOB,
        description="Maintenance: reads a range of days by one process, builds once, and makes the report.",
    )
    def historical_backfill() -> None:
        built = models([reader() for reader in readers])
        if report:
            report(built)
        outcome(built)

    return historical_backfill


def _build_reader(
    source: str, links: LakeLinks, retry_policy: dg.RetryPolicy | None
) -> dg.OpDefinition:
    of_source = [e.name for e in links.endpoints.endpoints if e.source == source]

    @dg.op(
        name=f"{source}_lake__days",
        description=f"Reads a range of days of {source}.",
        pool=api_pool(source),
        retry_policy=retry_policy,
        out=dg.Out(dg.Nothing),
    )
    def read_days(
        context: dg.OpExecutionContext,
        config: DaysConfig,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Events:
        ended = stages.run(
            context,
            "extractor",
            build_days_args(config, of_source),
            title=f"{source}_days",
            environment=rawg.environment(),
        )
        for summary in ended.report.summaries:
            yield from _describe_partition(summary, links.of_run(rawg.bucket_name))
        if not transforms_after(ended.report.exit_code):
            raise build_failure(ended.report)
        yield dg.Output(None)

    return read_days


def _build_models(retry_policy: dg.RetryPolicy | None) -> dg.OpDefinition:
    @dg.op(
        name="models",
        description="Brings all models up to date.",
        pool=WAREHOUSE_POOL,
        retry_policy=retry_policy,
        ins={"days": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
    )
    def build_models(
        context: dg.OpExecutionContext,
        config: BuildConfig,
        dbt: DbtResource,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Events:
        ended = stages.run(
            context,
            "transformer",
            build_transformer_args(config, []),
            title="analytics",
            environment=rawg.lake_environment(),
        )
        if ended.report.exit_code != ExitCode.DONE:
            raise build_failure(ended.report)
        for summary in ended.report.summaries:
            rows = {"rows": summary.rows, "dagster/row_count": summary.rows}
            yield dg.AssetMaterialization(summary.endpoint, metadata=rows)
        yield dg.Output(None)

    return build_models


def _build_report(links: LakeLinks, retry_policy: dg.RetryPolicy | None) -> dg.OpDefinition:
    @dg.op(
        name=REPORT_OP,
        description="Makes the report of the marts.",
        retry_policy=retry_policy,
        ins={"models": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
    )
    def report(
        context: dg.OpExecutionContext,
        config: ReportConfig,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Events:
        metadata = make_report(context, config, stages, links, rawg)
        yield dg.AssetMaterialization(REPORT, metadata=metadata)
        yield dg.Output(None)

    return report


def _build_outcome() -> dg.OpDefinition:
    @dg.op(
        name="outcome",
        description="Fails when a partition is not complete.",
        ins={"models": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
    )
    def find_outcome(context: dg.OpExecutionContext) -> None:
        for line in judge_days(find_days_read(context.instance, context.run)):
            context.log.warning(line)

    return find_outcome


def find_days_read(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> list[dg.AssetCheckEvaluation]:
    """The checks of the run that read the days: this one, or the one that it goes on with."""
    found = find_checks(instance, run.run_id)
    before = instance.get_run_by_id(run.parent_run_id) if run.parent_run_id else None
    return found if found or before is None else find_days_read(instance, before)


def judge_days(checks: Sequence[dg.AssetCheckEvaluation]) -> list[str]:
    """The partitions that were stopped early; Failure when one is incomplete for good."""
    failed = [check for check in checks if not check.passed]
    incomplete = [check for check in failed if check.severity == dg.AssetCheckSeverity.ERROR]
    if incomplete:
        names = "; ".join(map(_explain, incomplete))
        raise dg.Failure(f"Not complete: {names}", allow_retries=False)
    return [_explain(check) for check in failed]


def _explain(check: dg.AssetCheckEvaluation) -> str:
    return f"{check.asset_key.path[-1]}: {check.description}"


def build_days_args(config: DaysConfig, of_source: Sequence[str]) -> list[str]:
    """The extractor's arguments for a range of days."""
    names = [word for name in config.endpoints or of_source for word in ("--endpoint", name)]
    return ["run", *names, "--from", config.first, "--to", config.last, *config.to_args()]


def _describe_partition(summary: RunSummary, links: LakeLinks) -> Events:
    """The events that a daily run would have for this partition; none when nothing came of it."""
    if summary.run_date is None or not transforms_after(summary.exit_code):
        return
    if summary.state == "not_tried":  # the exit code is that of the run, which ended before it
        return
    key = lake_asset_key(links.endpoints.endpoint(summary.endpoint))
    if summary.state != "failed":  # else nothing was committed: only its check tells of it
        yield dg.AssetMaterialization(
            key,
            partition=summary.run_date.isoformat(),
            metadata={**build_metadata([summary]), **links.find(summary)},
        )
    reasons = ", ".join(summary.reasons) or f"ended with exit code {summary.exit_code:d}"
    yield dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=COMPLETE,
        partition=summary.run_date.isoformat(),
        passed=summary.exit_code == ExitCode.DONE,
        severity=severity_of(summary.exit_code),
        description=None
        if summary.exit_code == ExitCode.DONE
        else f"{summary.run_date}: {reasons}",
        metadata={"exit_code": int(summary.exit_code)},
    )
