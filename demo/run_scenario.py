"""The flow of a demo: the source, each day through Dagster, then what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from pydantic import ValidationError

from demo.executables import Executables, run_to_its_end
from demo.lake_contents import Contents, read_contents
from demo.sandbox_process import Sandbox
from demo.scenarios import Scenario, moment_after
from demo.top_games import TopGame, read_top_games
from demo.what_happened import print_contents, print_top_games
from gamemarket.errors import ExitCode, worst_exit_code
from gamemarket.run_summary import RunSummary

__all__ = ["run_scenario"]

Say = Callable[[str], None]

# After these a later day can still succeed, and there is something to show.
_GOES_ON_AFTER = frozenset({ExitCode.DONE, ExitCode.DATA, ExitCode.STOPPED_EARLY})


def run_scenario(scenario: Scenario, executables: Executables, say: Say) -> ExitCode:
    """Runs every day of the scenario and prints the result; the worst exit code of the days."""
    say(scenario.intro)
    before = read_contents(scenario.home)
    codes: list[ExitCode] = []
    calls = 0
    with scenario.source() as sandbox:
        for run_date in scenario.run_dates:
            if sandbox:
                sandbox.set_clock(moment_after(run_date))
            exit_code, summaries = _run_day(scenario, executables, sandbox, run_date)
            codes.append(exit_code)
            calls += sum(summary.requests for summary in summaries)
            if exit_code not in _GOES_ON_AFTER:
                return worst_exit_code(codes)
        calls = sandbox.count_calls() if sandbox else calls
    contents = read_contents(scenario.home)
    print_contents(before, contents, calls)
    print_top_games(_ask_top_games(scenario, executables, contents))
    return worst_exit_code(codes)


def _run_day(
    scenario: Scenario, executables: Executables, sandbox: Sandbox | None, run_date: date
) -> tuple[ExitCode, list[RunSummary]]:
    arguments = ("run", "--run-date", str(run_date), "--max-pages", str(scenario.max_pages))
    exit_code, output = run_to_its_end(
        (*executables.orchestrator, *arguments),
        scenario.environment(sandbox, run_date),
        home=scenario.home,
    )
    return exit_code, list(parse_summaries(output.splitlines()))


def parse_summaries(lines: Iterable[str]) -> Iterable[RunSummary]:
    """The JSON lines of a run; other lines are ignored."""
    for line in lines:
        try:
            yield RunSummary.model_validate_json(line)
        except ValidationError:
            continue


def _ask_top_games(
    scenario: Scenario, executables: Executables, contents: Contents
) -> list[TopGame]:
    if not contents.marts:
        return []
    environment = scenario.environment(None, scenario.run_dates[-1])
    return read_top_games(executables.transformer, environment, scenario.home)
