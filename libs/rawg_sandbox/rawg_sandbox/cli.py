"""The command `sandbox`: options, help and usage errors."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from config.version import VERSION
from rawg_sandbox.clock import SandboxClock, moment_iso, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.recorded_source import RecordedSource, RecordingError
from rawg_sandbox.running import run_until_signal
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.source import Source
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World

EXIT_USAGE: Final = 64
# No word that a catalogue could hold: who redacts the key would redact the word.
DEFAULT_KEY: Final = "the-sandbox-key"

_EXAMPLES: Final = """
\b
Examples:
  sandbox serve
      5,000 games at http://127.0.0.1:8765/api, key "the-sandbox-key", the clock at the real time
  sandbox serve --port 0 --now 2024-01-02T06:00:00Z --seed 7
      a free port (see the ready line), always the same answers
  sandbox serve --games 200000 --popular-percent 15 --latency-ms 150 --warm --cache-mb 2000
      for benchmarks: 5,000 pages of 40 rows, above 100 kB each on average
  sandbox serve --games 60000 --updated-per-day 40000
      days behind the `updated` filter that are far above RAWG's 10,000 rows
  sandbox serve --recorded ~/rawg-recordings
      the rows of recorded responses, as they are

\b
While it runs:
  curl 'http://127.0.0.1:8765/api/games?key=the-sandbox-key&updated=2024-01-01,2024-01-01&page_size=40'
  curl -d '{"now": "2024-01-03T06:00:00Z"}' http://127.0.0.1:8765/_sandbox/clock
  curl http://127.0.0.1:8765/_sandbox/calls
  curl -d '[{"kind": "502", "first": 1}]' http://127.0.0.1:8765/_sandbox/faults
      every request fails once; README.md lists all faults, from resets to wrong counts
  curl -d '[{"kind": "delete", "after": 3}]' http://127.0.0.1:8765/_sandbox/moves
      a game disappears between the third call of /games and the fourth
  curl http://127.0.0.1:8765/_sandbox/            (all control calls)

The ready line on standard output is readable on a terminal and one JSON object elsewhere:
{"url": "http://127.0.0.1:8765/api", "key": "the-sandbox-key", ...}.

Exit codes: 64 usage, 69 port taken, 130 and 143 ended by SIGINT and SIGTERM.
"""


def _read_moment(_: click.Context, __: click.Parameter, text: str | None) -> int:
    try:
        return int(time.time()) if text is None else parse_moment(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _number[F: Callable[..., Any]](
    name: str, default: float, text: str, low: int = 0, high: int | None = None
) -> Callable[[F], F]:
    """An option for a number between two, a whole one if the default is whole."""
    kind = (click.IntRange if isinstance(default, int) else click.FloatRange)(low, high)
    return click.option(name, default=default, type=kind, help=text)


@click.group(context_settings={"max_content_width": 100})
@click.version_option(VERSION)
def cli() -> None:
    """A server that behaves like the RAWG API, with an invented catalogue of games."""


@cli.command(epilog=_EXAMPLES, context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen at.")
@_number("--port", 8765, "Port to listen at; 0: a free one, told in the ready line.", high=65535)
@click.option(
    "--now",
    metavar="TIME",
    callback=_read_moment,
    help="What the sandbox's clock says, like 2024-01-02T06:00:00Z.  [default: the real time]",
)
@click.option("--tick", is_flag=True, help="Let the clock run; else it stands until it is moved.")
@click.option("--seed", default=1, help="Another seed, another catalogue.")
@_number("--games", 5_000, "Games on 2023-12-01; a few are added every day.", high=5_000_000)
@_number("--updated-per-day", 300, "About how many games carry a day in `updated` when it ends.")
@_number("--new-per-day", 4, "New ones a day; half are deleted or merged later.", high=10_000)
@_number("--popular-percent", 5.0, "Games with rows as rich as RAWG's first pages.", high=100)
@_number("--undated-percent", 27.0, "Share of the other games without a release date.", high=100)
@click.option(
    "--key", "keys", multiple=True, default=[DEFAULT_KEY], help="API key to accept; repeatable."
)
@_number("--latency-ms", 0, "Wait so long before each answer.")
@_number("--cached-counts", 0, "`count` may be so many minutes old on the sandbox's clock.")
@click.option("--warm", is_flag=True, help="Encode rows before the ready line (for benchmarks).")
@_number("--cache-mb", 512, "Memory for encoded rows, half for each of the last two moments.", 1)
@click.option(
    "--recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Serve the recorded responses of a folder instead of the invented catalogue.",
)
def serve(
    host: str,
    port: int,
    now: int,
    tick: bool,
    keys: tuple[str, ...],
    latency_ms: int,
    cached_counts: int,
    warm: bool,
    cache_mb: int,
    recorded: Path | None,
    **catalogue: Any,  # noqa: ANN401 - the options of the same names
) -> None:
    """Serve until interrupted: lists, details, refusals and oddities of the RAWG API, for demos,
    tests and benchmarks without a key and without the network.

    The catalogue is invented; it is the same for the same options and the same time on the
    sandbox's clock, which moves its counters, edits, adds, deletes and merges games.
    """
    clock = SandboxClock(now, ticks=tick)
    if recorded:
        source: Source = _open_recordings(recorded)
    else:
        options = CatalogueOptions(**catalogue)
        source = _open_catalogue(options, cache_mb, clock.catalogue_moment(), warm)
    server = RawgServer(
        source, clock, ServerOptions(frozenset(keys), cached_counts * 60, latency_ms / 1000)
    )
    # A key that somebody chose may be a real one: only the default is ever printed.
    known_key = {"key": DEFAULT_KEY} if keys == (DEFAULT_KEY,) else {}
    about = {**known_key, "now": moment_iso(clock.now()), **source.describe()}
    sys.exit(asyncio.run(run_until_signal(server, host, port, about)))


def _open_recordings(folder: Path) -> RecordedSource:
    try:
        return RecordedSource(folder)
    except RecordingError as error:
        raise click.UsageError(str(error)) from error


def _open_catalogue(
    options: CatalogueOptions, cache_mb: int, moment: int, warm: bool
) -> SyntheticSource:
    source = SyntheticSource(World(options), cache_mb * 1_000_000)
    # The first request should not pay for the sorting of a million games.
    source.list_rows("games", {}, moment)
    if warm:
        source.at(moment).rows.warm_up()
    gc.freeze()  # The catalogue stays: no collection need look at it again.
    return source


def main() -> None:
    """Run the command; usage errors end with 64 and one sentence."""
    try:
        cli.main(prog_name="sandbox", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(EXIT_USAGE)
    except click.UsageError as error:
        click.echo(f"sandbox: {error.format_message()} (see --help)", err=True)
        sys.exit(EXIT_USAGE)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
