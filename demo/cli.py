"""The demo's command line: which of the three demos, and where its programs are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from time import monotonic

import click
from rich.console import Console

from demo.executables import Executables
from demo.run_scenario import run_scenario
from demo.scenarios import (
    RAWG_MAX_PAGES,
    SANDBOX_DAYS,
    Scenario,
    build_recorded_endpoints,
    build_sandbox_endpoints,
    count_requests_at_most,
)
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import ExitCode
from gamemarket.settings import Settings, load_settings, load_source_access

__all__ = ["demo"]


@click.command()
@click.option(
    "--recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Serve the rows of this folder of recorded responses.",
)
@click.option(
    "--dist",
    type=click.Path(path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Where `make build` left the programs.",
)
@click.option("--orchestrator-command", envvar="ORCHESTRATOR_COMMAND", hidden=True)
@click.option("--transformer-command", envvar="TRANSFORMER_COMMAND", hidden=True)
@click.option("--sandbox-command", envvar="SANDBOX_COMMAND", hidden=True)
def demo(
    recorded: Path | None,
    dist: Path,
    orchestrator_command: str | None,
    transformer_command: str | None,
    sandbox_command: str | None,
) -> ExitCode:
    """Runs two days of the whole pipeline and shows what came of it.

    Without RAWG_API_KEY it reads the bundled sandbox, with it a few pages of RAWG.
    """
    begun = monotonic()
    executables = Executables.find(
        dist,
        {
            "orchestrator": orchestrator_command,
            "transformer": transformer_command,
            "sandbox": sandbox_command,
        },
    )
    scenario = choose_scenario(load_settings(), executables, recorded)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    exit_code = run_scenario(scenario, executables, lambda text: console.print(text, markup=False))
    report = scenario.home / "report.html"
    if report.is_file():
        print(f"What the market does, to be opened in a browser: {report}")
    print(f"All of this lies in {scenario.home} and took {monotonic() - begun:.0f} s.")
    return exit_code


def choose_scenario(
    settings: Settings, executables: Executables, recorded: Path | None
) -> Scenario:
    """Recorded responses if a folder is given, RAWG if there is a key, else the sandbox."""
    homes = settings.home.absolute()
    if recorded:
        return _replay_recordings(homes / "demo-recorded", executables, recorded.absolute())
    if load_source_access(load_endpoints().sources["rawg"]).api_key:
        return _read_rawg(homes / "demo-rawg", settings)
    home = homes / "demo-sandbox"
    return Scenario(
        home=home,
        run_dates=SANDBOX_DAYS,
        intro="No RAWG_API_KEY is set: this demo reads the bundled sandbox, a server with an "
        "invented catalogue; nothing leaves this machine. Two days of it: "
        f"{SANDBOX_DAYS[0]} and {SANDBOX_DAYS[1]}.",
        endpoints_file=_write_endpoints(home, build_sandbox_endpoints(load_endpoints())),
        sandbox_command=(*executables.sandbox, "serve", "--port", "0"),
    )


def _read_rawg(home: Path, settings: Settings) -> Scenario:
    newest = settings.clock.newest_complete_day()
    run_dates = (newest - timedelta(days=1), newest)
    endpoints = load_endpoints().endpoints
    requests = count_requests_at_most(endpoints, len(run_dates), RAWG_MAX_PAGES)
    return Scenario(
        home=home,
        run_dates=run_dates,
        max_pages=RAWG_MAX_PAGES,
        intro=f"RAWG_API_KEY is set: this demo reads RAWG, {RAWG_MAX_PAGES} pages of a list, the "
        f"run dates {run_dates[0]} and {run_dates[1]}. It spends about {requests} requests "
        "(retries aside), and none for what it has read before.",
    )


def _replay_recordings(home: Path, executables: Executables, folder: Path) -> Scenario:
    return Scenario(
        home=home,
        run_dates=SANDBOX_DAYS[:1],
        intro=f"This demo serves the recorded rows of {folder} by the bundled sandbox, all games "
        "as one snapshot; nothing leaves this machine.",
        endpoints_file=_write_endpoints(home, build_recorded_endpoints(load_endpoints())),
        sandbox_command=(*executables.sandbox, "serve", "--port", "0", "--recorded", str(folder)),
    )


def _write_endpoints(home: Path, endpoints: Endpoints) -> Path:
    """Into the demo's home; what nobody said is left out, as not every kind of endpoint may say it."""
    file = home / "endpoints.json"
    home.mkdir(parents=True, exist_ok=True)
    file.write_text(
        endpoints.model_dump_json(indent=2, exclude_unset=True, exclude_none=True) + "\n"
    )
    return file
