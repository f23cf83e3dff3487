"""The extractor's command line: `extractor run`, `extractor status`."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

import click

from extractor import __version__
from extractor.decide import Wanted
from extractor.run_endpoints import run_endpoints
from extractor.status import read_status
from gamemarket.endpoints import Endpoint, Endpoints, load_endpoints
from gamemarket.errors import ExitCode, UsageError, worst_exit_code
from gamemarket.lake import open_lake
from gamemarket.run_dates import parse_run_date
from gamemarket.run_summary import print_summaries
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter, run_stage


class RunDate(click.ParamType[date]):
    """A UTC day as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Parses the text; a wrong one ends with exit code 64."""
        return value if isinstance(value, date) else parse_run_date(str(value))


@click.group()
@click.version_option(__version__)
def extractor() -> None:
    """Reads the RAWG API into the lake: page by page, each page once.

    It can be stopped or killed anywhere; the same command goes on where it was. Settings come from
    the environment: RAWG_API_KEY, DATA_LAKE_BUCKET or DATA_LAKE_DIR, and what .env.example lists.
    """


@extractor.command()
@click.option("--endpoint", "names", multiple=True, help="An endpoint of endpoints.json.")
@click.option("--all", "all_endpoints", is_flag=True, help="All endpoints.")
@click.option("--run-date", type=RunDate(), required=True, help="The UTC day to read.")
@click.option(
    "--max-pages", type=click.IntRange(min=-1), default=-1, help="Pages an endpoint; -1: all."
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=-1),
    default=-1,
    help="API calls of this run; what is left is read by the next one. -1: no limit but the month's.",
)
@click.option("--refetch", is_flag=True, help="Read again what is committed; adds to it.")
@click.pass_obj
def run(
    reporter: Reporter,
    names: tuple[str, ...],
    all_endpoints: bool,
    run_date: date,
    max_pages: int,
    max_requests: int,
    refetch: bool,
) -> ExitCode:
    """Reads one run date of one endpoint, of several, or of all."""
    if max_pages == 0:
        raise UsageError("--max-pages 0 would read nothing: give a number of pages, or -1 for all.")
    settings = load_settings()
    wanted = Wanted(max_pages=max_pages if max_pages > 0 else None, refetch=refetch)
    endpoints = load_endpoints(settings.endpoints_file)
    chosen = _choose(endpoints, names, all_endpoints)
    lake = open_lake(settings)
    summaries = [
        summary
        for source_name, source in endpoints.sources.items()
        if (of_source := [e for e in chosen if e.source == source_name])
        for summary in run_endpoints(
            lake,
            source_name,
            source,
            of_source,
            run_date,
            wanted,
            settings.clock,
            max_requests if max_requests >= 0 else None,
        )
    ]
    reporter.summarize(summaries)
    print_summaries(summaries, title=f"Extracted into {lake.uri}")
    return worst_exit_code(summary.exit_code for summary in summaries)


@extractor.command()
@click.option("--endpoint", "names", multiple=True, help="An endpoint; all without it.")
@click.option("--from", "first", type=RunDate(), help="The first run date to show.")
@click.option("--to", "last", type=RunDate(), help="The last run date to show.")
def status(names: tuple[str, ...], first: date | None, last: date | None) -> ExitCode:
    """Shows the partitions of the lake: committed, or open with so many pages stored."""
    settings = load_settings()
    endpoints = _choose(load_endpoints(settings.endpoints_file), names, not names)
    lake = open_lake(settings)
    print_summaries(read_status(lake, endpoints, first, last), title=f"Partitions in {lake.uri}")
    return ExitCode.DONE


def _choose(
    endpoints: Endpoints, names: tuple[str, ...], all_endpoints: bool
) -> tuple[Endpoint, ...]:
    if all_endpoints == bool(names):
        raise UsageError("Say what to read: --endpoint NAME (also several times), or --all.")
    return endpoints.endpoints if all_endpoints else tuple(map(endpoints.endpoint, names))


def main() -> NoReturn:
    """Runs the stage and ends the process."""
    run_stage(extractor, "extractor")
