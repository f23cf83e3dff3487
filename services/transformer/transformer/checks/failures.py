"""Why a build did not succeed, as one sentence and an exit code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gamemarket.errors import DataError, DefectError, GameMarketError, UsageError
from transformer.checks.checks import Check
from transformer.checks.data_tests import name_query_file
from transformer.checks.drift import Finding
from transformer.dbt_runner.dbt_results import one_line
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
    checks: Sequence[Check], warehouse: Warehouse, queries: Path, log_file: Path, *, some_only: bool
) -> GameMarketError | None:
    """Models or tests that could not run (70, or what the warehouse makes of it), failed tests (65), or None.

    With `some_only`, a table that is missing is the selection's fault (64). `queries` is the folder of
    failed tests' queries.
    """
    if broken := [check for check in checks if check.status == "error"]:
        return _explain_broken(broken, warehouse, log_file, some_only=some_only)
    failed = [check for check in checks if check.status == "fail"]
    if not failed:
        return None
    named = [f"{check.test} ({check.failures} rows)" for check in failed[:_MOST_TESTS_NAMED]]
    more = f", and {len(failed) - len(named)} more" if len(failed) > len(named) else ""
    return DataError(
        f"{len(failed)} test(s) failed: {', '.join(named)}{more}. The marts published before stay. "
        f"The query in {name_query_file(queries, failed[0].test)} shows the rows; {log_file} has "
        "the rest."
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
    broken: Sequence[Check], warehouse: Warehouse, log_file: Path, *, some_only: bool
) -> GameMarketError:
    first = broken[0]
    if foreseen := warehouse.explain(first.message):
        return foreseen
    is_model = first.test == "is_built"
    name = first.model if is_model else first.test
    if some_only and _MISSING_TABLE.search(first.message):
        return UsageError(
            f"{name} needs a table that was never built: {first.message} "
            "Build everything once by `transformer build`, or select what it needs, too (+name)."
        )
    kind = "model(s)" if is_model else "test(s)"
    alike = [check for check in broken if (check.test == "is_built") == is_model]
    return DefectError(
        f"{len(alike)} {kind} could not be run, first {name}: {first.message} "
        f"The marts published before stay; {log_file} has the rest."
    )
