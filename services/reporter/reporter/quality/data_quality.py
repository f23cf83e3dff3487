"""The part of the page that says how good the data are: what is red comes first."""

from __future__ import annotations

from collections import Counter

from gamemarket.build_quality import BuildQuality
from reporter.marts.published import MissingMartError, PublishedMarts
from reporter.marts.state import DataState
from reporter.page.finding import LEVELS, DataQuality, Finding, find
from reporter.quality.build_findings import (
    find_checks,
    find_details,
    find_rejected,
    find_runs,
    find_slow_models,
)
from reporter.quality.lake_findings import (
    find_completeness,
    find_freshness,
    find_quota,
    find_row_counts,
)

__all__ = ["judge_quality"]


def judge_quality(
    marts: PublishedMarts, state: DataState | None, quality: BuildQuality | None
) -> DataQuality:
    """Of the published build; what an older version did not publish is not judged, and said so."""
    findings = []
    if quality is None:
        said = (
            "This build was published without a record of its quality: the next one brings it. "
            "The warehouse has it meanwhile."
        )
        findings.append(find("amber", "Record of the build", said, "transformer quality"))
    else:
        findings += [
            find_freshness(quality),
            find_completeness(quality, marts.pointer.row_counts),
            find_row_counts(quality),
            find_checks(quality, is_drift=False),
            find_checks(quality, is_drift=True),
            *(find_quota(quota, quality.built_at.date()) for quota in quality.quotas),
            find_runs(quality),
            find_slow_models(quality),
        ]
    try:
        findings.append(find_rejected(marts))
    except MissingMartError as error:
        findings.append(find("amber", "Rejected values", str(error), "transformer build"))
    if state:
        findings.append(find_details(state))
    ordered = tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))
    return DataQuality(_sum_up(ordered), ordered)


def _sum_up(findings: tuple[Finding, ...]) -> str:
    counted = Counter(finding.level for finding in findings)
    if counted["red"]:
        titles = ", ".join(one.title.lower() for one in findings if one.level == "red")
        return f"The data need somebody: {titles}."
    if counted["amber"]:
        titles = ", ".join(one.title.lower() for one in findings if one.level == "amber")
        return f"The data can be used; worth a look: {titles}."
    return "The data are fresh, complete and as they should be."
