"""The command line. Dagster takes seconds to import: only who runs something pays for it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from typing import NoReturn

import click

from gamemarket import __version__
from gamemarket.errors import ExitCode
from gamemarket.run_dates import days_between, parse_run_date
from gamemarket.run_summary import RunSummary, print_summaries
from gamemarket.settings import exported, load_settings
from orchestrator.stages.check_request import check_request

__all__ = ["orchestrator"]


_max_pages = click.option(
    "--max-pages",
    type=click.IntRange(min=-1),
    default=-1,
    help="Pages to read of an endpoint; -1: all.",
)


@click.group()
@click.version_option(__version__)
def orchestrator() -> None:
    """Runs Game Market's stages by Dagster: one day, a range of days, or with its web pages."""
    # Nobody can act on these: a tokenizer that sqlglot no longer takes, the steps of a migration.
    warnings.filterwarnings("ignore", message=r"sqlglot\[rs\] is deprecated")
    logging.getLogger("alembic").setLevel(logging.WARNING)


@orchestrator.command()
@click.option("--run-date", required=True, help="The UTC day to run, YYYY-MM-DD.")
@_max_pages
@click.pass_context
def run(context: click.Context, run_date: str, max_pages: int) -> ExitCode:
    """One daily run, without a server: reads every endpoint, then builds all models."""
    return _run(context, [parse_run_date(run_date)], max_pages)


@orchestrator.command()
@click.option("--from", "first", required=True, help="The first UTC day, YYYY-MM-DD.")
@click.option("--to", "last", required=True, help="The last UTC day, YYYY-MM-DD.")
@_max_pages
@click.pass_context
def backfill(context: click.Context, first: str, last: str, max_pages: int) -> ExitCode:
    """Daily runs for a range of days, the oldest first."""
    days = list(days_between(parse_run_date(first), parse_run_date(last)))
    return _run(context, days, max_pages)


@orchestrator.command()
@click.option("--port", default=3000, show_default=True, help="Where the pages are served.")
def ui(port: int) -> ExitCode:
    """Dagster's web pages, schedules and sensors on this machine, until Ctrl-C."""
    settings = load_settings()
    with without_dagsters_own():
        from orchestrator.commands.serve_ui import serve_ui

        return serve_ui(settings, port)


@orchestrator.command()
@click.option("--port", default=4000, show_default=True, help="Where the definitions are served.")
def serve_code(port: int) -> NoReturn:
    """The local stack's code location: ends what the one before it left, then serves."""
    from orchestrator.commands.serve_code import serve_code

    serve_code(load_settings(), port)


def _run(context: click.Context, run_dates: list[date], max_pages: int) -> ExitCode:
    settings = load_settings()
    check_request(run_dates, settings)
    from orchestrator.runs.run_progress import RunProgress

    progress = RunProgress()
    progress.say(f"Home: {settings.home}")
    with without_dagsters_own():
        with progress.doing("Dagster starts"):
            from orchestrator.commands.run_days import run_days
        exit_code = run_days(run_dates, settings, progress, max_pages)
    summaries = keep_latest(summary for report in progress.reports for summary in report.summaries)
    context.obj.summarize(summaries)
    print_summaries(summaries, "What was run")
    return exit_code


def without_dagsters_own() -> AbstractContextManager[None]:
    """Dagster gets what our settings say: DAGSTER_HOME and the like may be another project's.

    Each option of its commands is such a variable, too (DAGSTER_WEBSERVER_READ_ONLY).
    """
    return exported({}, hidden_prefix="DAGSTER_")


def keep_latest(summaries: Iterable[RunSummary]) -> list[RunSummary]:
    """The last word on each partition and each model: a backfill builds the models every day."""
    latest: dict[tuple[str, date | None], RunSummary] = {}
    for summary in summaries:
        key = (summary.endpoint, summary.run_date)
        latest.pop(key, None)
        latest[key] = summary
    return list(latest.values())
