"""Test stages: they speak Pipes as the real ones do, and end as their command line says.

    python fake_stages.py [games=65 analytics=77 ...] -- run --endpoint games --run-date 2024-01-01

`games=65` ends the endpoint `games` with 65, `nothing_committed=1` then commits nothing of it,
`games=-9` kills it, `analytics=65` ends the build, `report=65` the report (`build --publish`),
`warns=1` lets one of its tests warn, `unchanged=1` lets it find nothing new, `hang_games=60` takes
that many seconds; whatever isn't named is done. The dbt manifest is the one beside this file.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from datetime import date
from pathlib import Path

import click

from gamemarket.errors import (
    DataError,
    ExitCode,
    GameMarketError,
    KeyRefusedError,
    UpstreamError,
    worst_exit_code,
)
from gamemarket.run_dates import days_between, parse_run_date
from gamemarket.run_summary import RunState, RunSummary
from gamemarket.stage import Reporter, run_stage

MANIFEST = Path(__file__).with_name("dbt_manifest_fixture.json")
_ENDS: dict[str, int] = {}
_HANGS: dict[str, int] = {}
_ERRORS: dict[int, type[GameMarketError]] = {65: DataError, 69: UpstreamError, 77: KeyRefusedError}
_STATES: dict[int, RunState] = {0: "committed", 65: "committed", 75: "open"}


@click.group()
def stage() -> None:
    """A stage of nobody."""


@stage.command()
@click.option("--endpoint", "endpoints", required=True, multiple=True)
@click.option("--run-date")
@click.option("--from", "first")
@click.option("--to", "last")
@click.option("--max-pages", type=int)
@click.option("--refetch", is_flag=True)
@click.pass_obj
def run(
    reporter: Reporter,
    endpoints: tuple[str, ...],
    run_date: str | None,
    first: str | None,
    last: str | None,
    max_pages: int | None,
    refetch: bool,
) -> ExitCode:
    """An extraction of two pages an endpoint and day; a refetch is the second generation."""
    days = days_between(
        parse_run_date(run_date or first or ""), parse_run_date(run_date or last or "")
    )
    return worst_exit_code(
        [
            _extract(reporter, endpoint, day, max_pages or 2, 2 if refetch else 1)
            for day in days
            for endpoint in endpoints
        ]
    )


def _extract(
    reporter: Reporter, endpoint: str, run_date: date, pages: int, generation: int
) -> ExitCode:
    end = _ENDS.get(endpoint, 0)
    if end < 0:
        signal.raise_signal(-end)
    if endpoint in _HANGS:
        print("hangs", flush=True)
        time.sleep(_HANGS[endpoint])
    print("what a stage prints is not the orchestrator's output")
    is_lost = end == ExitCode.DATA and "nothing_committed" in _ENDS
    reporter.summarize(
        [
            RunSummary(
                endpoint=endpoint,
                run_date=run_date,
                state="failed" if is_lost else _STATES.get(end, "failed"),
                exit_code=ExitCode(end),
                generation=generation,
                pages=pages,
                rows=80,
                requests=4,
                reasons=("drifted",) if end == ExitCode.DATA else (),
            )
        ]
    )
    if end in _ERRORS and end != ExitCode.DATA:
        raise _ERRORS[end](f"{endpoint} met {end}.")
    return ExitCode(end)


@stage.command()
@click.option("--target", required=True)
@click.option("--full-refresh", is_flag=True)
@click.option("--accept-drift", is_flag=True)
@click.option("--select", multiple=True)
@click.option("--publish", is_flag=True)
@click.pass_obj
def build(
    reporter: Reporter,
    target: str,
    full_refresh: bool,
    accept_drift: bool,
    select: tuple[str, ...],
    publish: bool,
) -> ExitCode:
    """A build of the models of the manifest; `analytics=65` lets a test fail. Or a report."""
    if publish:
        return _report(reporter)
    end = ExitCode(_ENDS.get("analytics", 0))
    nodes = json.loads(MANIFEST.read_text())["nodes"]
    for node in nodes.values():
        if node["resource_type"] == "model":
            unchanged = {"unchanged": True} if "unchanged" in _ENDS else {}
            reporter.materialized(node["name"], {"rows": 80, **unchanged})
            reporter.summarize([RunSummary(endpoint=node["name"], state="committed", rows=80)])
    for node in nodes.values():
        if node["resource_type"] == "test" and "unchanged" not in _ENDS:
            model = node["attached_node"].split(".")[-1]
            complains = end == ExitCode.DATA or "warns" in _ENDS
            passed = not (complains and node["name"].startswith("unique"))
            is_error = "warns" not in _ENDS
            reporter.checked(model, node["name"], passed=passed, error=is_error, metadata={})
    reporter.checked("dim_games", "a_test_of_no_model", passed=True, error=True, metadata={})
    if end in _ERRORS:
        raise _ERRORS[end](f"The build met {end:d}.")
    return end


def _report(reporter: Reporter) -> ExitCode:
    end = _ENDS.get("report", 0)
    if end in _ERRORS:
        raise _ERRORS[end](f"The report met {end}.")
    key = "marts/20240102T060000-fake/report_001.html"
    reporter.summarize([RunSummary(endpoint=key, state="committed", pages=1)])
    return ExitCode(end)


@stage.command()
@click.option("--output", required=True, type=click.Path(path_type=Path))
def manifest(output: Path) -> None:
    """Gives dbt's manifest."""
    output.mkdir(parents=True, exist_ok=True)
    shutil.copy(MANIFEST, output / "manifest.json")


if __name__ == "__main__":
    cut = sys.argv.index("--")
    for name, _, number in (argument.partition("=") for argument in sys.argv[1:cut]):
        hangs = name.startswith("hang_")
        (_HANGS if hangs else _ENDS)[name.removeprefix("hang_")] = int(number)
    sys.argv[1:] = sys.argv[cut + 1 :]
    run_stage(stage, "fake")
