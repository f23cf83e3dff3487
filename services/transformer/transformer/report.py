"""What a build says of itself: to Dagster, model by model and test by test, and to people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TextIO

from rich.console import Console
from rich.table import Table

from gamemarket.errors import ExitCode
from gamemarket.published_marts import MartsPointer
from gamemarket.run_summary import RunState, RunSummary, print_summaries
from gamemarket.stage import Reporter
from transformer.checks.checks import Check
from transformer.dbt_runner.dbt_results import ModelResult

__all__ = ["print_marts", "report_build", "report_unchanged", "summarize_failures"]


def report_build(
    reporter: Reporter,
    models: Iterable[ModelResult],
    checks: Iterable[Check],
    rows: Mapping[str, int],
) -> None:
    """Reports each model that was built (rows by relation) or stands, and each test that ran."""
    for model in models:
        if model.is_unchanged:
            reporter.materialized(model.name, {"unchanged": True})
        if model.succeeded:
            counted = {"rows": rows[model.built_relation]} if model.built_relation in rows else {}
            reporter.materialized(model.name, {**counted, "seconds": round(model.seconds, 2)})
    _report_tests(reporter, checks)


def report_unchanged(
    reporter: Reporter, models: Iterable[str], checks: Iterable[Check], pointer: MartsPointer
) -> list[RunSummary]:
    """Reports models and tests as the last build left them; returns a summary a mart."""
    for model in models:
        published = pointer.models.get(model)
        counted = {"rows": published.rows} if published else {}
        reporter.materialized(model, {**counted, "unchanged": True})
    _report_tests(reporter, checks)
    return summarize_published(reporter, pointer, "done")


def _report_tests(reporter: Reporter, checks: Iterable[Check]) -> None:
    for check in checks:
        reporter.checked(
            check.model,
            check.test,
            passed=check.status == "pass",
            error=check.severity == "error",
            metadata={"status": check.status, "failing_rows": check.failures},
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


def summarize_failures(checks: Iterable[Check]) -> list[RunSummary]:
    """A summary per model that is broken, or of which a test failed."""
    complaints = sorted(
        (check for check in checks if check.status in ("error", "fail")), key=_model_of
    )
    return [_summarize(model, list(those)) for model, those in groupby(complaints, _model_of)]


def _model_of(check: Check) -> str:
    return check.model


def _summarize(model: str, complaints: Sequence[Check]) -> RunSummary:
    is_broken = any(check.status == "error" for check in complaints)
    return RunSummary(
        endpoint=model,
        state="failed",
        exit_code=ExitCode.DEFECT if is_broken else ExitCode.DATA,
        reasons=tuple(map(_describe, complaints)),
    )


def _describe(complaint: Check) -> str:
    if complaint.test == "is_built":
        return complaint.message
    if complaint.status == "error":
        return f"{complaint.test} could not run: {complaint.message}"
    return f"{complaint.test}: {complaint.failures} failing rows"


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
