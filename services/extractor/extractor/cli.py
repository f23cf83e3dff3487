"""The extractor's command line: run, plan, status, verify, gc."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, NoReturn

import click

from extractor.api.ledger import Ledger, find_days_of_period
from extractor.inspection.collect_garbage import collect_garbage, find_garbage
from extractor.inspection.status import COLUMNS as STATUS_COLUMNS
from extractor.inspection.status import find_manifests_between, read_status
from extractor.inspection.verify import verify_partition
from extractor.planning.choose_work import choose_run_dates, choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.judge_budget import judge_budget
from extractor.planning.plan import COLUMNS as PLAN_COLUMNS
from extractor.planning.plan import Planner
from extractor.run_endpoints import run_endpoints
from extractor.workers.bound_memory import bound_memory
from gamemarket import __version__
from gamemarket.endpoints import Endpoint, Endpoints, Source, load_endpoints
from gamemarket.errors import ExitCode, UsageError, worst_exit_code
from gamemarket.lake import Lake, open_lake
from gamemarket.run_dates import Clock, parse_moment, parse_month, parse_run_date
from gamemarket.run_summary import print_records, print_summaries
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter, run_stage

_EVER = (date.min, date.max)


class Text[Value](click.ParamType[Value]):
    """A text that is parsed; a wrong one ends with exit code 64."""

    def __init__(self, form: str, parse: Callable[[str], Value]) -> None:
        """`form` is how it looks, for people."""
        self.name = form
        self._parse = parse

    def convert(
        self,
        value: Any,  # noqa: ANN401 - as click has it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Value:
        """The value; what is no text is one already."""
        return self._parse(value) if isinstance(value, str) else value


RUN_DATE = Text("YYYY-MM-DD", parse_run_date)
MOMENT = Text("YYYY-MM-DDTHH:MM:SSZ", parse_moment)


@dataclass(frozen=True, slots=True)
class Scope:
    """What every command works on: the lake, the clock, and the endpoints that were named."""

    lake: Lake
    clock: Clock
    config: Endpoints
    endpoints: tuple[Endpoint, ...]

    def sources(self) -> Iterator[tuple[str, Source, list[Endpoint]]]:
        """Each source that endpoints were named of, with these."""
        for name, source in self.config.sources.items():
            if of_source := [e for e in self.endpoints if e.source == name]:
                yield name, source, of_source


def _open_scope(names: tuple[str, ...]) -> Scope:
    settings = load_settings()
    config = load_endpoints(settings.endpoints_file)
    endpoints = tuple(map(config.endpoint, names)) or config.endpoints
    return Scope(open_lake(settings), settings.clock, config, endpoints)


@click.group()
@click.version_option(__version__)
def extractor() -> None:
    """Reads the APIs of endpoints.json (RAWG) into the lake: page by page, each page once.

    You can stop or kill it at any time; the same command continues where it left off. Settings come from
    the environment: RAWG_API_KEY, DATA_LAKE_BUCKET or DATA_LAKE_DIR, and what .env.example lists.
    """


endpoint_option = click.option(
    "--endpoint", "names", multiple=True, help="An endpoint of endpoints.json; may be repeated."
)
from_option = click.option("--from", "first", type=RUN_DATE, help="The first run date.")
to_option = click.option("--to", "last", type=RUN_DATE, help="The last run date.")
run_date_option = click.option("--run-date", type=RUN_DATE, help="The UTC day to read.")


@extractor.command()
@endpoint_option
@click.option("--all", "all_endpoints", is_flag=True, help="All endpoints.")
@run_date_option
@click.option(
    "--day-before",
    type=MOMENT,
    help="Instead: the newest day that was over at this moment, which a scheduler names.",
)
@from_option
@to_option
@click.option(
    "--catch-up",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Also finish what is missing or open in the N days before.",
)
@click.option(
    "--max-pages", type=click.IntRange(min=-1), default=-1, help="Pages an endpoint; -1: all."
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=-1),
    default=-1,
    help="Stop after so many calls; the next run continues. -1: only the month's limit counts.",
)
@click.option("--refetch", is_flag=True, help="Read again what is committed; adds to it.")
@click.pass_obj
def run(
    reporter: Reporter,
    names: tuple[str, ...],
    all_endpoints: bool,
    run_date: date | None,
    day_before: datetime | None,
    first: date | None,
    last: date | None,
    catch_up: int,
    max_pages: int,
    max_requests: int,
    refetch: bool,
) -> ExitCode:
    """Reads one run date, or every day of a range, of some endpoints or of all.

    If a quota or a budget stops it, run the same command again later to continue.
    """
    if all_endpoints == bool(names):
        raise UsageError("Say what to read: --endpoint NAME (also several times), or --all.")
    if max_pages == 0:
        raise UsageError("--max-pages 0 would read nothing: give a number of pages, or -1 for all.")
    scope = _open_scope(names)
    options = ReadOptions(max_pages=None if max_pages < 0 else max_pages, refetch=refetch)
    run_dates = choose_run_dates(run_date, first, last, day_before)
    work = choose_work(scope.endpoints, run_dates, options, catch_up, scope.config.parents_of)
    limit = None if max_requests < 0 else max_requests
    summaries = run_endpoints(scope.lake, scope.config.sources, work, scope.clock, limit)
    reporter.summarize(summaries)
    print_summaries(summaries, title=f"Extracted into {scope.lake.uri}")
    return worst_exit_code(summary.exit_code for summary in summaries)


@extractor.command()
@endpoint_option
@run_date_option
@from_option
@to_option
@click.option("--month", metavar="YYYY-MM", help="The quota period that begins in this month.")
def plan(
    names: tuple[str, ...],
    run_date: date | None,
    first: date | None,
    last: date | None,
    month: str | None,
) -> ExitCode:
    """Says what a run would cost, in requests and minutes, without making one.

    Days that are read already cost nothing; days to come are expected to be as long as the last.
    Warns where the source's monthly_requests would not be enough.
    """
    scope = _open_scope(names)
    if month and (run_date or first or last):
        raise UsageError("--month says which days; leave out --run-date, --from and --to.")
    for name, source, endpoints in scope.sources():
        if month:
            first, last = find_days_of_period(parse_month(month), source.quota_reset_day)
        run_dates = choose_run_dates(run_date, first, last)
        lines = Planner(scope.lake, source, scope.clock).plan(
            choose_work(endpoints, run_dates, ReadOptions())
        )
        title = f"What {name} would be asked for {run_dates[0]} to {run_dates[-1]}"
        print_records(lines, PLAN_COLUMNS, title)
        today, count_spent = scope.clock.now().date(), partial(_count_spent, scope, name)
        for verdict in judge_budget(name, source, lines, today, count_spent):
            is_loud = verdict.startswith("WARNING")
            click.secho(verdict, err=True, bold=is_loud, fg="red" if is_loud else None)
    return ExitCode.DONE


def _count_spent(scope: Scope, source: str, period: date) -> int:
    return Ledger(scope.lake, source, period).count_requests()


@extractor.command()
@endpoint_option
@from_option
@to_option
def status(names: tuple[str, ...], first: date | None, last: date | None) -> ExitCode:
    """Shows the lake's partitions: those committed, and how many pages the open ones have so far.

    Without --from and --to these are the 14 latest of each endpoint, and all that are open.
    """
    scope = _open_scope(names)
    days = (first or _EVER[0], last or _EVER[1]) if first or last else None
    partitions = read_status(scope.lake, scope.endpoints, days, scope.clock.now())
    print_records(partitions, STATUS_COLUMNS, title=f"Partitions in {scope.lake.uri}")
    return ExitCode.DONE


@extractor.command()
@endpoint_option
@from_option
@to_option
def verify(names: tuple[str, ...], first: date | None, last: date | None) -> ExitCode:
    """Reads committed partitions again and compares every byte with their manifests.

    Ends with 65 and names the keys when one differs.
    """
    scope = _open_scope(names)
    days = (first or _EVER[0], last or _EVER[1])
    summaries = [
        verify_partition(scope.lake, manifest)
        for endpoint in scope.endpoints
        for manifest in find_manifests_between(scope.lake, endpoint, days)
    ]
    print_summaries(summaries, title=f"Verified in {scope.lake.uri}")
    return worst_exit_code(summary.exit_code for summary in summaries)


@extractor.command()
@click.option("--delete", is_flag=True, help="Remove them; without it they are only listed.")
def gc(delete: bool) -> ExitCode:
    """Lists parts that no manifest names: left by runs that failed, were killed, or came second."""
    scope = _open_scope(())
    garbage = [part for name in scope.config.sources for part in find_garbage(scope.lake, name)]
    for part in garbage:
        click.echo(f"{part.key} ({part.size:,} bytes)")
    if delete:
        collect_garbage(scope.lake, garbage)
    size = sum(part.size for part in garbage)
    verb = "removed" if delete else "found; --delete removes them"
    click.echo(f"{len(garbage)} parts, {size:,} bytes: {verb}.", err=True)
    return ExitCode.DONE


def main() -> NoReturn:
    """Runs the stage and ends the process."""
    bound_memory()
    run_stage(extractor, "extractor")
