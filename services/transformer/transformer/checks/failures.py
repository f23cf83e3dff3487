"""Why a build did not succeed, as one sentence and an exit code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gamemarket.errors import DataError, DefectError, GameMarketError, UsageError
from transformer.checks.drift import Finding
from transformer.dbt_runner.dbt_results import DbtResults, ModelResult, TestResult, one_line
from transformer.warehouse.warehouse import Warehouse

__all__ = ["explain_drift", "explain_exception", "explain_failures"]

_MOST_TESTS_NAMED = 5
# DuckDB and Snowflake of a table that is not there.
_MISSING_TABLE = re.compile("does not exist")


def explain_exception(
    error: BaseException, warehouse: Warehouse, log_file: Path
) -> GameMarketError:
    """An invocation that did not come to running models."""
    return warehouse.explain(str(error)) or DefectError(
        f"dbt could not start: {one_line(str(error))} {log_file} has the rest."
    )


def explain_failures(
    results: DbtResults, warehouse: Warehouse, log_file: Path, *, some_only: bool
) -> GameMarketError:
    """Models or tests that could not run (70, or what the warehouse makes of it), else 65.

    With `some_only`, a table that is missing is the selection's fault (64).
    """
    broken: list[ModelResult | TestResult] = [*results.broken_models, *results.broken_tests]
    if broken:
        return _explain_broken(broken, warehouse, log_file, some_only=some_only)
    failed = results.failed_tests
    named = [f"{test.name} ({test.failures} rows)" for test in failed[:_MOST_TESTS_NAMED]]
    more = f", and {len(failed) - len(named)} more" if len(failed) > len(named) else ""
    return DataError(
        f"{len(failed)} test(s) failed: {', '.join(named)}{more}. The marts published before stay. "
        f"The query in {failed[0].compiled_file} shows the rows; {log_file} has the rest."
    )


def explain_drift(findings: Sequence[Finding]) -> GameMarketError:
    """Fields that models read have gone or have become something else (65)."""
    errors = [finding for finding in findings if finding.is_error]
    named = "; ".join(
        f"{finding.endpoint} {finding.kind.replace('_', ' ')}: {finding.describe()}"
        for finding in errors[:_MOST_TESTS_NAMED]
    )
    unnamed = len(errors) - _MOST_TESTS_NAMED
    more = f"; and {unnamed} more" if unnamed > 0 else ""
    return DataError(
        f"The source's rows have changed in fields that models read: {named}{more}. Nothing was "
        "loaded, the marts published before stay. What can't be typed would be in "
        "rejected_values, and null in the marts: `transformer build --accept-drift` loads it so, "
        "until models and contracts (`transformer drift`) have followed the change."
    )


def _explain_broken(
    broken: Sequence[ModelResult | TestResult],
    warehouse: Warehouse,
    log_file: Path,
    *,
    some_only: bool,
) -> GameMarketError:
    first = broken[0]
    if foreseen := warehouse.explain(first.message):
        return foreseen
    if some_only and _MISSING_TABLE.search(first.message):
        return UsageError(
            f"{first.name} needs a table that was never built: {one_line(first.message)} "
            "Build everything once by `transformer build`, or select what it needs, too (+name)."
        )
    kind = "model(s)" if isinstance(first, ModelResult) else "test(s)"
    alike = [one for one in broken if type(one) is type(first)]
    return DefectError(
        f"{len(alike)} {kind} could not be run, first {first.name}: {one_line(first.message)} "
        f"The marts published before stay; {log_file} has the rest."
    )
