"""`transformer quality`: what builds looked at and what they found, from the warehouse's own record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from gamemarket.errors import UsageError
from gamemarket.run_summary import print_records
from transformer.checks.results import CheckRecord, RunRecord, read_checks, read_runs
from transformer.warehouse.warehouse import Warehouse

__all__ = ["print_history", "print_quality", "read_history", "read_quality"]

_STYLES: Final = {
    "published": "green",
    "passed": "green",
    "failed": "red",
    "fail": "red",
    "error": "red",
    "warn": "yellow",
    "skipped": "yellow",
}


def read_history(warehouse: Warehouse, runs: int) -> list[RunRecord]:
    """The latest runs, newest first; UsageError when there is none."""
    warehouse.remember()
    with warehouse.session() as db:
        found = read_runs(db, runs)
    if not found:
        raise UsageError("This warehouse keeps no results yet: run `transformer build` first.")
    return found


def read_quality(warehouse: Warehouse, runs: int) -> list[CheckRecord]:
    """The checks of the latest runs, newest first."""
    with warehouse.session() as db:
        return read_checks(db, runs)


def print_quality(
    run: RunRecord, checks: Sequence[CheckRecord], stream: TextIO | None = None
) -> None:
    """One run: on a terminal what did not pass, elsewhere a JSON line a check."""
    stream = stream or sys.stdout
    if not stream.isatty():
        print_records(checks, (), "", stream)
        return
    console = Console(file=stream, highlight=False)
    console.print(f"Build {run.run}, {run.started_at:%Y-%m-%d %H:%M} UTC: ", end="")
    console.print(run.state, style=_STYLES[run.state])
    if run.state != "published":
        console.print(Padding(escape(run.outcome), (0, 0, 0, 2)))
    for check in checks:
        if check.status != "pass" and check.test != "build":
            _print_complaint(console, check)
    console.print(f"{run.passed} checks passed, {run.warned} warned, {run.failed} failed.")


def print_history(runs: Sequence[RunRecord], stream: TextIO | None = None) -> None:
    """Several runs: a line each."""
    columns = ("run", "started_at", "state", "passed", "warned", "failed")
    print_records(runs, columns, "Builds", stream)


def _print_complaint(console: Console, check: CheckRecord) -> None:
    console.print(f"{check.status:5}", style=_STYLES.get(check.status, ""), end=" ")
    console.print(f"{check.model}: {check.test} ({check.failures})", soft_wrap=True)
    if check.message:
        console.print(Padding(escape(check.message), (0, 0, 0, 6)))
