"""What a build says of itself: to Dagster, model by model and test by test, and to people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table

from gamemarket.errors import ExitCode
from gamemarket.published_marts import MartsPointer
from gamemarket.run_summary import RunState, RunSummary, print_summaries
from gamemarket.stage import Reporter
from transformer.dbt_runner.dbt_results import DbtResults, one_line

__all__ = ["print_marts", "report_build", "report_unchanged", "summarize_failures"]


def report_build(reporter: Reporter, results: DbtResults, rows: Mapping[str, int]) -> None:
    """Reports each model that was built (rows by relation) or stands, and each test that ran."""
    for model in results.models:
        if model.is_unchanged:
            reporter.materialized(model.name, {"unchanged": True})
        if model.succeeded:
            counted = {"rows": rows[model.built_relation]} if model.built_relation in rows else {}
            reporter.materialized(model.name, {**counted, "seconds": round(model.seconds, 2)})
    _report_tests(reporter, results)


def report_unchanged(
    reporter: Reporter, last_build: DbtResults, pointer: MartsPointer
) -> list[RunSummary]:
    """Reports models and tests as the last build left them; returns a summary a mart."""
    for model in last_build.models:
        published = pointer.models.get(model.name)
        counted = {"rows": published.rows} if published else {}
        reporter.materialized(model.name, {**counted, "unchanged": True})
    _report_tests(reporter, last_build)
    return summarize_published(reporter, pointer, "done")


def _report_tests(reporter: Reporter, results: DbtResults) -> None:
    for test in results.tests:
        reporter.checked(
            test.model,
            test.name,
            passed=test.passed,
            error=test.is_error,
            metadata={"status": test.status, "failing_rows": test.failures},
        )


def summarize_published(
    reporter: Reporter, pointer: MartsPointer, state: RunState = "committed"
) -> list[RunSummary]:
    """Reports a summary a mart, of those that readers have, and returns them."""
    summaries = [
        RunSummary(endpoint=name, state=state, rows=mart.rows)
        for name, mart in sorted(pointer.models.items())
    ]
    reporter.summarize(summaries)
    return summaries


def summarize_failures(results: DbtResults) -> list[RunSummary]:
    """A summary per model that is broken, or of which a test failed."""
    reasons: dict[str, list[str]] = {}
    for model in results.broken_models:
        reasons.setdefault(model.name, []).append(one_line(model.message))
    for test in results.failed_tests:
        reasons.setdefault(test.model, []).append(f"{test.name}: {test.failures} failing rows")
    for test in results.broken_tests:
        said = f"{test.name} could not run: {one_line(test.message)}"
        reasons.setdefault(test.model, []).append(said)
    broken = {model.name for model in results.broken_models}
    broken |= {test.model for test in results.broken_tests}
    return [
        RunSummary(
            endpoint=name,
            state="failed",
            exit_code=ExitCode.DEFECT if name in broken else ExitCode.DATA,
            reasons=tuple(why),
        )
        for name, why in sorted(reasons.items())
    ]


def print_marts(summaries: Sequence[RunSummary], stream: TextIO | None = None) -> None:
    """A closing table of marts on a terminal, a JSON line a mart elsewhere."""
    stream = stream or sys.stdout
    if not stream.isatty():
        print_summaries(summaries, "marts", stream)
        return
    table = Table(title="Marts", title_justify="left")
    table.add_column("mart")
    table.add_column("rows", justify="right")
    table.add_column("state")
    for summary in summaries:
        state = {"committed": "[green]published[/]", "done": "unchanged"}.get(
            summary.state, f"[red]{summary.state}[/]: {'; '.join(summary.reasons)}"
        )
        rows = f"{summary.rows:,}" if summary.state != "failed" else ""
        table.add_row(summary.endpoint, rows, state)
    Console(file=stream).print(table)
