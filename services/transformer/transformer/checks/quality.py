"""`transformer quality`: what builds looked at and what they found, from the warehouse's own record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, Literal, TextIO

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from gamemarket.errors import UsageError
from gamemarket.run_summary import print_records
from transformer.checks.checks import count_statuses
from transformer.checks.quality_store import read_checks
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.warehouse import Warehouse

__all__ = [
    "CheckRecord",
    "RunRecord",
    "print_history",
    "print_quality",
    "read_quality",
    "read_records",
    "sum_up_runs",
]


_STYLES: Final = {
    "published": "green",
    "passed": "green",
    "failed": "red",
    "fail": "red",
    "error": "red",
    "warn": "yellow",
    "skipped": "yellow",
}


class CheckRecord(BaseModel):
    """One check of one run; `build_id` is None when the run published nothing."""

    model_config = ConfigDict(frozen=True)

    run_number: int
    started_at: datetime
    build_id: str | None
    test: str
    model: str
    severity: str
    status: str
    failures: int
    message: str


class RunRecord(BaseModel):
    """One run: how many of its checks passed, warned, failed (or could not be run)."""

    model_config = ConfigDict(frozen=True)

    run: int
    started_at: datetime
    state: Literal["published", "passed", "failed"]
    passed: int
    warned: int
    failed: int
    build_id: str | None
    outcome: str


def read_quality(warehouse: Warehouse, runs: int) -> list[CheckRecord]:
    """The checks of the latest runs, newest first; UsageError when there is none."""
    warehouse.remember()
    with warehouse.session() as db:
        checks = read_records(db, runs)
    if not checks:
        raise UsageError("This warehouse keeps no results yet: run `transformer build` first.")
    return checks


def read_records(db: Database, runs: int) -> list[CheckRecord]:
    """The checks of the latest runs, newest first."""
    names = list(CheckRecord.model_fields)
    rows = read_checks(db, runs)
    return [CheckRecord.model_validate(dict(zip(names, row, strict=True))) for row in rows]


def print_quality(checks: Sequence[CheckRecord], stream: TextIO | None = None) -> None:
    """One run: on a terminal what did not pass, elsewhere a JSON line a check."""
    stream = stream or sys.stdout
    if not stream.isatty():
        print_records(checks, (), "", stream)
        return
    (run,) = sum_up_runs(checks)
    console = Console(file=stream, highlight=False)
    console.print(f"Build {run.run}, {run.started_at:%Y-%m-%d %H:%M} UTC: ", end="")
    console.print(run.state, style=_STYLES[run.state])
    if run.state != "published":
        console.print(Padding(escape(run.outcome), (0, 0, 0, 2)))
    for check in checks:
        if check.status != "pass" and check.test != "build":
            _print_complaint(console, check)
    console.print(f"{run.passed} checks passed, {run.warned} warned, {run.failed} failed.")


def print_history(checks: Sequence[CheckRecord], stream: TextIO | None = None) -> None:
    """Several runs: a line each."""
    columns = ("run", "started_at", "state", "passed", "warned", "failed")
    print_records(sum_up_runs(checks), columns, "Builds", stream)


def _print_complaint(console: Console, check: CheckRecord) -> None:
    console.print(f"{check.status:5}", style=_STYLES.get(check.status, ""), end=" ")
    console.print(f"{check.model}: {check.test} ({check.failures})", soft_wrap=True)
    if check.message:
        console.print(Padding(escape(check.message), (0, 0, 0, 6)))


def sum_up_runs(checks: Sequence[CheckRecord]) -> list[RunRecord]:
    """A record of all checks of each run, in their order."""
    return [_sum_up(list(run)) for _, run in groupby(checks, lambda check: check.run_number)]


def _sum_up(checks: Sequence[CheckRecord]) -> RunRecord:
    build = next(check for check in checks if check.test == "build")
    ended_well = "published" if build.build_id else "passed"
    return RunRecord(
        run=build.run_number,
        started_at=build.started_at,
        state=ended_well if build.status == "pass" else "failed",
        **count_statuses(check.status for check in checks if check.test != "build"),
        build_id=build.build_id,
        outcome=build.message,
    )
