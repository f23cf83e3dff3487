"""The command line of the transformer; every command returns an ExitCode (see gamemarket.stage)."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import date
from itertools import pairwise
from pathlib import Path

import click

from gamemarket import __version__
from gamemarket.errors import DefectError, ExitCode, UsageError
from gamemarket.lake import find_lake_access, open_lake
from gamemarket.run_dates import parse_run_date
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter, target_option
from transformer.build import BuildOptions, build_warehouse
from transformer.checks.differences import accept_seen_fields, list_differences, print_differences
from transformer.checks.drift import read_seen_fields
from transformer.checks.quality import (
    print_history,
    print_quality,
    read_history,
    read_quality,
)
from transformer.dbt_runner.dbt_environment import check_target
from transformer.dbt_runner.dbt_files import MANIFEST, PARSED
from transformer.dbt_runner.dbt_project import open_project
from transformer.dbt_runner.run_dbt import DbtFolders, build_dbt_args, run_dbt, run_dbt_loudly
from transformer.docs import write_docs
from transformer.publishing.query import ask_marts, print_answer
from transformer.warehouse.warehouse import Warehouse, open_warehouse

__all__ = ["cli"]

# dbt's commands that do not open the warehouse.
_OFFLINE_COMMANDS = ("clean", "deps", "list", "ls", "parse")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Loads the lake into the warehouse, builds and tests the marts by dbt, and publishes them."""


@cli.command()
@click.option("--run-date", metavar="YYYY-MM-DD", help="Load the parts of this run date only.")
@target_option
@click.option("--full-refresh", is_flag=True, help="Build every mart anew from the whole lake.")
@click.option(
    "--select", multiple=True, help="Build these models only (dbt's syntax); publishes nothing."
)
@click.option(
    "--accept-drift",
    is_flag=True,
    help="Load rows also when fields that models read have gone, lost their values or changed type.",
)
@click.option(
    "--publish/--no-publish",
    default=True,
    help="Whether the lake's readers see the marts.  [default: --publish]",
)
@click.pass_obj
def build(
    reporter: Reporter,
    run_date: str | None,
    target: str,
    full_refresh: bool,
    select: tuple[str, ...],
    accept_drift: bool,
    publish: bool,
) -> ExitCode:
    """Bring the warehouse up to date with the lake, test it, publish the marts."""
    day: date | None = parse_run_date(run_date) if run_date else None
    options = BuildOptions(day, target, full_refresh, select, accept_drift, publish)
    settings = load_settings()
    exit_code = build_warehouse(settings, options, reporter)
    if publish and settings.marts_postgres_url:
        # psycopg takes a tenth of a second to import: only who serves marts there pays for it.
        from transformer.publishing.postgres_marts import serve_marts

        serve_marts(settings, target)
    return exit_code


@cli.command()
@click.argument("sql")
@target_option
def query(sql: str, target: str) -> ExitCode:
    """Ask the published marts, e.g. "select name, rating from dim_games limit 10"."""
    settings = load_settings()
    print_answer(ask_marts(open_lake(settings), sql, find_lake_access(settings), target))
    return ExitCode.DONE


@cli.command()
@click.option(
    "--history", type=click.IntRange(min=1), metavar="N", help="The last N builds, a line each."
)
@target_option
def quality(history: int | None, target: str) -> ExitCode:
    """Show what the last build tested, and what it found: also a build that failed."""
    warehouse = _open(target)
    runs = read_history(warehouse, history or 1)
    if history:
        print_history(runs)
    else:
        print_quality(runs[0], read_quality(warehouse, 1))
    return ExitCode.DONE


@cli.command()
@click.option(
    "--contract",
    metavar="ENDPOINT",
    help="Print this endpoint's contract with everything that was seen in it, to be checked in.",
)
@target_option
def drift(contract: str | None, target: str) -> ExitCode:
    """Show in what rows that builds have looked at differ from their endpoint's contract."""
    warehouse = _open(target)
    warehouse.remember()
    with warehouse.session() as db:
        seen = read_seen_fields(db)
    if contract:
        click.echo(accept_seen_fields(contract, seen).to_text(), nl=False)
    else:
        print_differences(list_differences(seen))
    return ExitCode.DONE


@cli.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write index.html to.  [default: docs in GAME_MARKET_HOME]",
)
@target_option
def docs(output: Path | None, target: str) -> ExitCode:
    """Write dbt's documentation of all models, columns and tests as one page of HTML."""
    settings = load_settings()
    check_target(target, settings)
    click.echo(write_docs(settings, target, output or settings.home / "docs"))
    return ExitCode.DONE


def _open(target: str) -> Warehouse:
    settings = load_settings()
    check_target(target, settings)
    return open_warehouse(target, settings)


@cli.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write manifest.json to.",
)
def manifest(output: Path) -> ExitCode:
    """Write dbt's manifest.json, which tells an orchestrator of the models and tests."""
    settings = load_settings()
    folders = DbtFolders(output.resolve(), settings.home.resolve() / "dbt" / "logs")
    args = build_dbt_args(["parse"], open_project(settings), folders, "dev")
    outcome = run_dbt(args, settings, folders)
    if not outcome.success:
        raise DefectError(f"dbt could not parse the project: {outcome.exception}")
    parsed = DbtFolders.below(settings.home, "dev").target / PARSED
    if not parsed.exists():  # the first build need not parse it once more
        parsed.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folders.target / PARSED, parsed)
    click.echo(output / MANIFEST)
    return ExitCode.DONE


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def dbt(arguments: tuple[str, ...]) -> ExitCode:
    """Run any dbt command on the project: transformer dbt -- ls --select marts."""
    if not arguments:
        raise UsageError("Give dbt a command, for example `transformer dbt -- ls`.")
    settings = load_settings()
    target = _find_target(arguments)
    folders = DbtFolders.below(settings.home, target)
    with ExitStack() as held:
        if arguments[0] not in _OFFLINE_COMMANDS:
            check_target(target, settings)
            warehouse = open_warehouse(target, settings)
            held.enter_context(warehouse.hold(f"transformer dbt {arguments[0]}"))
            warehouse.remember()  # 69 when it can't be used, before dbt starts
        # Always named: one that is given and the default void each other's partial parse.
        args = build_dbt_args(arguments, open_project(settings), folders, target)
        outcome = run_dbt_loudly(args, settings)
    if outcome.success:
        return ExitCode.DONE
    if outcome.exception is None:
        return ExitCode.DATA
    # dbt itself is silent of an option that it does not take.
    click.echo(f"transformer: dbt refused: {outcome.exception}", err=True)
    return ExitCode.USAGE


def _find_target(arguments: tuple[str, ...]) -> str:
    """The target among dbt's own arguments, for the folder's name."""
    for option, value in pairwise(arguments):
        if option in ("--target", "-t"):
            return value
    return "dev"
