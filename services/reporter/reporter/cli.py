"""The command line of the reporter; every command returns an ExitCode (see gamemarket.stage)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from gamemarket import __version__
from gamemarket.errors import DataError, ExitCode, UsageError
from gamemarket.lake import open_lake
from gamemarket.run_summary import RunSummary
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter, target_option
from reporter.build import build_report
from reporter.kept_reports import keep_report
from reporter.serve import ReportPages, open_server

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Makes a report of the published marts: one page of HTML that needs nothing else."""


@cli.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.  [default: report.html in GAME_MARKET_HOME]",
)
@target_option
@click.option(
    "--publish", is_flag=True, help="Also keep it in the lake, beside the marts that it is of."
)
@click.pass_obj
def build(reporter: Reporter, output: Path | None, target: str, publish: bool) -> ExitCode:
    """Write the report and print where it is."""
    settings = load_settings()
    report = build_report(settings, target)
    file = (output or settings.home / "report.html").absolute()
    write_file(file, report.html)
    click.echo(file)
    if report.pointer is None:
        raise UsageError(*report.unanswered)
    if publish:
        key = keep_report(open_lake(settings), report.pointer.build_id, report.html)
        reporter.summarize([RunSummary(endpoint=str(key), state="committed", pages=1)])
    if report.unanswered:
        raise DataError(
            f"{file} is written, and lacks answers: {'; '.join(report.unanswered)} "
            "Publish these marts anew by `transformer build --full-refresh`."
        )
    return ExitCode.DONE


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", default=8080, show_default=True, help="Where it listens.")
@target_option
def serve(host: str, port: int, target: str) -> ExitCode:
    """Serve the reports that the lake keeps, the newest at /, until Ctrl-C."""
    with open_server(ReportPages(open_lake(load_settings()), target), host, port) as server:
        click.echo(f"http://{host}:{server.server_port}/")
        server.serve_forever()
    return ExitCode.DONE


def write_file(file: Path, body: bytes) -> None:
    """Replaces the file in one step; UsageError when it can't be written."""
    aside = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(body)
        aside.replace(file)
    except OSError as error:
        with suppress(OSError):  # below what is no folder there is nothing to remove
            aside.unlink()
        raise UsageError(
            f"Could not write the report to {file}: {error.strerror}. Give another --output."
        ) from error
