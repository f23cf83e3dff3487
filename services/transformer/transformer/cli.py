"""The command line of the transformer; every command returns an ExitCode (see gamemarket.stage)."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from itertools import pairwise
from pathlib import Path

import click

from gamemarket.errors import DefectError, ExitCode, UsageError
from gamemarket.lake import open_lake
from gamemarket.run_dates import parse_run_date
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter
from transformer.build import BuildOptions, build_warehouse, open_project
from transformer.duckdb_warehouse import DuckDbWarehouse
from transformer.query import ask_marts, print_answer
from transformer.run_dbt import DbtFolders, build_dbt_args, run_dbt, run_dbt_loudly
from transformer.warehouse_lock import hold_warehouse

__all__ = ["cli"]

# dbt's commands that do not open the warehouse.
_OFFLINE_COMMANDS = ("clean", "deps", "list", "ls", "parse")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Loads the lake into the warehouse, builds and tests the marts by dbt, and publishes them."""


@cli.command()
@click.option("--run-date", metavar="YYYY-MM-DD", help="Load the parts of this run date only.")
@click.option(
    "--target",
    type=click.Choice(["dev", "prod"]),
    default="dev",
    show_default=True,
    help="dev is DuckDB, prod is Snowflake.",
)
@click.option("--full-refresh", is_flag=True, help="Build every mart anew from the whole lake.")
@click.option(
    "--select", multiple=True, help="Build these models only (dbt's syntax); publishes nothing."
)
@click.pass_obj
def build(
    reporter: Reporter,
    run_date: str | None,
    target: str,
    full_refresh: bool,
    select: tuple[str, ...],
) -> ExitCode:
    """Bring the warehouse up to date with the lake, test it, publish the marts."""
    day: date | None = parse_run_date(run_date) if run_date else None
    options = BuildOptions(day, target, full_refresh, select)
    return build_warehouse(load_settings(), options, reporter)


@cli.command()
@click.argument("sql")
def query(sql: str) -> ExitCode:
    """Ask the published marts, e.g. "select name, rating from dim_games limit 10"."""
    print_answer(ask_marts(open_lake(load_settings()), sql))
    return ExitCode.DONE


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
    click.echo(output / "manifest.json")
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
        if target == "dev" and arguments[0] not in _OFFLINE_COMMANDS:
            command = f"transformer dbt {arguments[0]}"
            held.enter_context(hold_warehouse(settings.duckdb_path, command))
            DuckDbWarehouse(settings.duckdb_path).remember()  # 69 when DuckDB's own lock is taken
        # Always named: one that is given and the default void each other's partial parse.
        args = build_dbt_args(arguments, open_project(settings), folders, target)
        outcome = run_dbt_loudly(args, settings)
    if outcome.success:
        return ExitCode.DONE
    return ExitCode.USAGE if outcome.exception is not None else ExitCode.DATA


def _find_target(arguments: tuple[str, ...]) -> str:
    """The target among dbt's own arguments, for the folder's name."""
    for option, value in pairwise(arguments):
        if option in ("--target", "-t"):
            return value
    return "dev"
