"""The command `sandbox`: options, help and usage errors."""

import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import Final

import click

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


class _Moment(click.ParamType[int]):
    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group(context_settings={"max_content_width": 100})
def cli() -> None:
    """A server that behaves like the RAWG API, with an invented catalogue of games."""


@cli.command(epilog=_EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    default=8765,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen at; 0 takes a free one and tells it in the ready line.",
)
@click.option(
    "--now",
    type=_Moment(),
    default=None,
    help="What the sandbox's clock says, like 2024-01-02T06:00:00Z.  [default: the real time]",
)
@click.option("--tick", is_flag=True, help="Let the clock run; else it stands until it is moved.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another catalogue.")
@click.option(
    "--games",
    default=5_000,
    show_default=True,
    type=click.IntRange(0, 5_000_000),
    help="Games at the beginning of sandbox time (2023-12-01); a few are added every day.",
)
@click.option(
    "--updated-per-day",
    default=300,
    show_default=True,
    type=click.IntRange(0),
    help="About how many games carry a day in `updated` when it ends.",
)
@click.option(
    "--new-per-day",
    default=4,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="New games a day; a quarter is deleted later, a quarter merged.",
)
@click.option(
    "--popular-percent",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Share of games with rows as rich as RAWG's first pages.",
)
@click.option(
    "--undated-percent",
    default=27.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Share of the other games without a release date.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    default=[DEFAULT_KEY],
    show_default=True,
    help="API key to accept; may be repeated.",
)
@click.option("--quota", type=click.IntRange(0), help="Calls until the monthly limit is reached.")
@click.option(
    "--rate-limit",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="Calls per second; beyond them 429 with Retry-After.  [default: any number]",
)
@click.option(
    "--retry-after",
    default=1,
    show_default=True,
    metavar="SECONDS",
    type=click.IntRange(0),
    help="How long nobody is answered after that.",
)
@click.option(
    "--latency-ms",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Wait so long before each answer.",
)
@click.option(
    "--cached-counts",
    default=0,
    show_default=True,
    metavar="MINUTES",
    type=click.IntRange(0),
    help="`count` may be so old on the sandbox's clock.",
)
@click.option(
    "--warm",
    is_flag=True,
    help="Encode rows before the ready line, until --cache-mb is used (for benchmarks).",
)
@click.option("--gzip", is_flag=True, help="Compress for clients that accept it (costs CPU).")
@click.option(
    "--cache-mb",
    default=512,
    show_default=True,
    type=click.IntRange(1),
    help="Memory for encoded rows, half of it for each of the last two moments served.",
)
@click.option(
    "--recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Serve the recorded responses of a folder instead of the invented catalogue.",
)
def serve(
    host: str,
    port: int,
    now: int | None,
    tick: bool,
    seed: int,
    games: int,
    updated_per_day: int,
    new_per_day: int,
    popular_percent: float,
    undated_percent: float,
    keys: tuple[str, ...],
    quota: int | None,
    rate_limit: float | None,
    retry_after: int,
    latency_ms: int,
    cached_counts: int,
    warm: bool,
    gzip: bool,
    cache_mb: int,
    recorded: Path | None,
) -> None:
    """Serve until interrupted: lists, details, refusals and oddities of the RAWG API, for demos,
    tests and benchmarks without a key and without the network.

    The catalogue is invented; it is the same for the same options and the same time on the
    sandbox's clock, which moves its counters, edits, adds, deletes and merges games.
    """
    clock = SandboxClock(int(time.time()) if now is None else now, ticks=tick)
    catalogue = CatalogueOptions(
        seed, games, updated_per_day, new_per_day, popular_percent, undated_percent
    )
    source = (
        _open_recordings(recorded)
        if recorded
        else _open_catalogue(catalogue, cache_mb, clock.catalogue_moment(), warm)
    )
    options = ServerOptions(frozenset(keys), cached_counts * 60, latency_ms / 1000, gzip)
    server = RawgServer(source, clock, options)
    server.api.quota.set(quota)
    server.rate_limit.set(rate_limit, retry_after)
    # A key that somebody chose may be a real one: only the default is ever printed.
    known_key = {"key": DEFAULT_KEY} if keys == (DEFAULT_KEY,) else {}
    about = {**known_key, "now": moment_iso(clock.now()), **source.describe()}
    sys.exit(asyncio.run(run_until_signal(server, host, port, about)))


def _open_recordings(folder: Path) -> Source:
    try:
        return RecordedSource(folder)
    except RecordingError as error:
        raise click.UsageError(str(error)) from error


def _open_catalogue(catalogue: CatalogueOptions, cache_mb: int, moment: int, warm: bool) -> Source:
    source = SyntheticSource(World(catalogue), cache_mb * 1_000_000)
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
