"""From a stage's report to Dagster's events: exit code -> materialized, checked, failed.

| exit code | extractor                            | transformer          |
|-----------|--------------------------------------|----------------------|
| 0         | materialized, check passed           | done                 |
| 75        | materialized, check failed (warning) | failed, not retried  |
| 65        | materialized, check failed (error);  | failed, not retried  |
|           | nothing committed: failed            |                      |
| others    | failed; 64, 77 are not retried       | the same             |
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from gamemarket.errors import ExitCode
from gamemarket.run_summary import RunSummary
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.stages.stage_report import StageReport, is_retryable, transforms_after

__all__ = ["build_failure", "build_metadata", "describe_extraction", "severity_of"]


def describe_extraction(
    report: StageReport, check_name: str, links: LakeLinks
) -> dg.MaterializeResult[Any]:
    """The materialization of a partition with its check; raises Failure when there is none."""
    if not transforms_after(report.exit_code) or any(s.state == "failed" for s in report.summaries):
        raise build_failure(report)
    metadata = build_metadata(report.summaries)
    for summary in report.summaries:
        metadata |= links.find(summary)
    check = dg.AssetCheckResult(
        check_name=check_name,
        passed=report.exit_code == ExitCode.DONE,
        severity=severity_of(report.exit_code),
        description=None if report.exit_code == ExitCode.DONE else report.sentence,
        metadata={"exit_code": int(report.exit_code)},
    )
    return dg.MaterializeResult(metadata=metadata, check_results=[check])


def build_failure(report: StageReport) -> dg.Failure:
    """The error that ends a step; whether it is retried depends on the class of the exit code."""
    return dg.Failure(
        description=report.sentence,
        metadata={"exit_code": int(report.exit_code), **build_metadata(report.summaries)},
        allow_retries=is_retryable(report.exit_code),
    )


def build_metadata(summaries: Sequence[RunSummary]) -> dict[str, Any]:
    """The figures of a stage's summaries, as Dagster shows them."""
    if not summaries:
        return {}
    figures = {
        "pages": sum(summary.pages for summary in summaries),
        "dagster/partition_row_count": sum(summary.rows for summary in summaries),
        "requests": sum(summary.requests for summary in summaries),
    }
    if len(summaries) > 1:
        return figures
    [summary] = summaries
    reasons = {"reasons": ", ".join(summary.reasons)} if summary.reasons else {}
    return {
        "state": summary.state,
        "exit_code": int(summary.exit_code),
        "generation": summary.generation,
        **figures,
        **reasons,
    }


def severity_of(exit_code: ExitCode) -> dg.AssetCheckSeverity:
    """How bad an end of an extraction is that does not pass the check."""
    stopped_early = exit_code == ExitCode.STOPPED_EARLY
    return dg.AssetCheckSeverity.WARN if stopped_early else dg.AssetCheckSeverity.ERROR
