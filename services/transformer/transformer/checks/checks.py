"""One thing that a build looked at, and what it found: a dbt test, a drift finding, the build itself.

What is kept in the warehouse and shown by `transformer quality`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from transformer.checks.drift import Finding
from transformer.dbt_runner.dbt_results import DbtResults, TestStatus, one_line

__all__ = ["Check", "check_findings", "check_mart_rows", "check_results", "count_statuses"]

# A mart grows, or stays; it shrinks a little when a full refresh leaves out superseded parts.
_SMALLEST_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Check:
    """`severity` is what a complaint would be, `failures` the rows that are not as they should be."""

    test: str
    model: str
    severity: Literal["error", "warn"]
    status: TestStatus
    failures: int = 0
    message: str = ""


def check_results(results: DbtResults, samples: Mapping[str, str]) -> list[Check]:
    """dbt's tests, and models that could not be built; `samples` by test show failing rows."""
    return [
        *(
            Check("is_built", model.name, "error", "error", 0, one_line(model.message))
            for model in results.broken_models
        ),
        *(
            Check(
                test=test.name,
                model=test.model,
                severity="error" if test.is_error else "warn",
                status=test.status,
                failures=test.failures,
                message="" if test.passed else samples.get(test.name) or one_line(test.message),
            )
            for test in results.tests
        ),
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


def check_mart_rows(before: Mapping[str, int], now: Mapping[str, int]) -> list[Check]:
    """Marts that have lost more than a tenth of their rows since the last build that passed."""
    checks = []
    for mart, rows in sorted(now.items()):
        known = before.get(mart, 0)
        if rows >= _SMALLEST_SHARE * known:
            checks.append(Check("keeps_its_rows", mart, "warn", "pass"))
        else:
            message = f"{rows:,} rows, {known:,} in the last build that passed"
            checks.append(Check("keeps_its_rows", mart, "warn", "warn", known - rows, message))
    return checks


def count_statuses(statuses: Iterable[str]) -> dict[str, int]:
    """How many passed, warned, failed (or could not be run)."""
    found = Counter(statuses)
    return {
        "passed": found["pass"],
        "warned": found["warn"],
        "failed": found["fail"] + found["error"],
    }
