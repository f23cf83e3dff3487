"""What the build found: checks that did not pass, values that it could not take, how long it took."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Final

from pydantic import BaseModel

from gamemarket.build_quality import BuildQuality
from reporter.marts.published import PublishedMarts
from reporter.marts.state import DataState
from reporter.page.finding import Finding, find
from reporter.page.writing import number, share

__all__ = ["find_checks", "find_details", "find_rejected", "find_runs", "find_slow_models"]

_DRIFT: Final = "schema_drift_"
_SLOWEST: Final = 10


class _Rejected(BaseModel):
    endpoint: str
    field: str
    reason: str
    rows_count: int
    example: str | None


class _Model(BaseModel):
    model: str
    seconds: float


class _Run(BaseModel):
    started_at: datetime
    state: str
    passed: int
    warned: int
    failed: int


def find_checks(quality: BuildQuality, is_drift: bool) -> Finding:
    """Checks of the last build that did not pass: schema drift, or all others."""
    rows = [check for check in quality.failed if check.test.startswith(_DRIFT) == is_drift]
    title = "Schema drift" if is_drift else "Checks of the last build"
    command = "transformer drift" if is_drift else "transformer quality"
    if not rows:
        said = (
            "Rows have the fields and types that their contracts say."
            if is_drift
            else f"{number(quality.passed)} checks passed, none complained."
        )
        return find("fine", title, said, command)
    is_red = any(check.status != "warn" for check in rows)
    what = "differences from the contracts" if is_drift else "checks complained"
    said = f"{len(rows)} {what}; {number(quality.passed)} checks passed."
    return find("red" if is_red else "amber", title, said, command, rows)


def find_rejected(marts: PublishedMarts) -> Finding:
    """Values that could not be typed, or can't be."""
    sql = (files("reporter.quality") / "rejected.sql").read_text()
    rows = marts.ask(sql, _Rejected)
    command = 'transformer query "select * from rejected_values"'
    if not rows:
        return find("fine", "Rejected values", "Every value was what it should be.", command)
    values = sum(row.rows_count for row in rows)
    said = f"{number(values)} values could not be taken, and are null."
    return find("amber", "Rejected values", said, command, rows)


def find_details(state: DataState) -> Finding:
    """Games whose detail was not read yet."""
    waiting = state.games_count - state.detailed_games_count
    said = (
        f"{number(waiting)} of {number(state.games_count)} games "
        f"({share(waiting / state.games_count)}) have no detail yet: their makers are not known. "
        "Details are read within a day's budget, the most wanted first."
        if waiting
        else "Every game has its detail."
    )
    return find("fine", "Details that wait", said, "extractor plan")


def find_runs(quality: BuildQuality) -> Finding:
    """The last builds, the newest first."""
    rows = [_Run(**run.model_dump()) for run in reversed(quality.runs)]
    failed = sum(run.state == "failed" for run in rows)
    said = (
        f"Of the last {len(rows)} builds {failed or 'none'} failed."
        if len(rows) > 1
        else f"The only build so far {'failed' if failed else 'succeeded'}."
    )
    return find("fine", "Builds", said, f"transformer quality --history {len(rows)}", rows)


def find_slow_models(quality: BuildQuality) -> Finding:
    """The models that took longest."""
    slowest = sorted(quality.model_seconds.items(), key=lambda item: (-item[1], item[0]))[:_SLOWEST]
    rows = [_Model(model=name, seconds=seconds) for name, seconds in slowest]
    took = sum(quality.model_seconds.values())
    said = f"{len(quality.model_seconds)} models took {number(took)} seconds together."
    return find("fine", "Slowest models", said, "", rows)
