"""Why a build did not succeed, as one sentence and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gamemarket.errors import DataError, DefectError, GameMarketError
from transformer.dbt_results import DbtResults, ModelResult
from transformer.duckdb_warehouse import explain_duckdb_error, is_lock_conflict

__all__ = ["explain_exception", "explain_failures"]

_MOST_TESTS_NAMED = 5
_LONGEST_MESSAGE = 500


def explain_exception(error: BaseException, duckdb_path: Path, log_file: Path) -> GameMarketError:
    """An invocation that did not come to running models."""
    if is_lock_conflict(str(error)):
        return explain_duckdb_error(str(error), duckdb_path)
    return DefectError(f"dbt could not start: {_one_line(str(error))} {log_file} has the rest.")


def explain_failures(results: DbtResults, duckdb_path: Path, log_file: Path) -> GameMarketError:
    """Models that could not be built (70, or 69 for a held file), else tests that failed (65)."""
    if results.broken_models:
        return _explain_broken_models(results.broken_models, duckdb_path, log_file)
    failed = results.failed_tests
    named = [f"{test.name} ({test.failures} rows)" for test in failed[:_MOST_TESTS_NAMED]]
    more = f", and {len(failed) - len(named)} more" if len(failed) > len(named) else ""
    return DataError(
        f"{len(failed)} test(s) failed: {', '.join(named)}{more}. The marts published before stay. "
        f"The query in {failed[0].compiled_file} shows the rows; {log_file} has the rest."
    )


def _explain_broken_models(
    broken: Sequence[ModelResult], duckdb_path: Path, log_file: Path
) -> GameMarketError:
    message = broken[0].message
    if is_lock_conflict(message):
        return explain_duckdb_error(message, duckdb_path)
    return DefectError(
        f"{len(broken)} model(s) could not be built, first {broken[0].name}: {_one_line(message)} "
        f"The marts published before stay; {log_file} has the rest."
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_MESSAGE]
