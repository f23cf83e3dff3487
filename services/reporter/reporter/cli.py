"""The command line of the reporter; every command returns an ExitCode (see gamemarket.stage)."""

from __future__ import annotations

from pathlib import Path

import click

from gamemarket.errors import DataError, ExitCode, UsageError
from gamemarket.settings import load_settings
from reporter.build import NO_MARTS, build_report

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Makes a report of the published marts: one page of HTML that needs nothing else."""


@cli.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.  [default: report.html in GAME_MARKET_HOME]",
)
@click.option(
    "--target",
    type=click.Choice(["dev", "prod"]),
    default="dev",
    show_default=True,
    help="Whose marts: dev is DuckDB's, prod is Snowflake's.",
)
def build(output: Path | None, target: str) -> ExitCode:
    """Write the report and print where it is."""
    settings = load_settings()
    report = build_report(settings, target)
    file = (output or settings.home / "report.html").absolute()
    write_file(file, report.html)
    click.echo(file)
    if report.pointer is None:
        raise UsageError(NO_MARTS)
    if report.unanswered:
        raise DataError(
            f"{file} is written, and lacks answers: {'; '.join(report.unanswered)} "
            "Publish these marts anew by `transformer build --full-refresh`."
        )
    return ExitCode.DONE


def write_file(file: Path, body: bytes) -> None:
    """Replaces the file in one step; UsageError when it can't be written."""
    aside = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(body)
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UsageError(
            f"Could not write the report to {file}: {error.strerror}. Give another --output."
        ) from error
