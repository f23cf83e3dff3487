"""One thing that a build looked at, and what it found: a data test, a drift finding, the build itself.

What is kept in the warehouse (see results), told to Dagster, and published with the marts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from transformer.checks.drift import Finding
from transformer.dbt_runner.dbt_results import ModelResult, one_line

__all__ = ["Check", "CheckStatus", "Severity", "check_findings", "check_models"]

Severity = Literal["error", "warn"]
# error: it could not be run, so it says nothing of the data; skipped: something before it failed.
CheckStatus = Literal["pass", "warn", "fail", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """`severity` is what a complaint would be, `failures` the rows that are not as they should be."""

    test: str
    model: str
    severity: Severity
    status: CheckStatus
    failures: int = 0
    message: str = ""


def check_models(models: Iterable[ModelResult]) -> list[Check]:
    """Models that ended in an error of their own; those skipped behind them are not here."""
    return [
        Check("is_built", model.name, "error", "error", 0, one_line(model.message))
        for model in models
        if model.status == "error"
    ]


def check_findings(findings: Iterable[Finding]) -> list[Check]:
    """Schema drift: a check a difference."""
    return [
        Check(
            test=f"schema_drift_{finding.kind}",
            model=finding.endpoint,
            severity="error" if finding.is_error else "warn",
            status="fail" if finding.is_error else "warn",
            failures=finding.part_count,
            message=finding.describe(),
        )
        for finding in findings
    ]
