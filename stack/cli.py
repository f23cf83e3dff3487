"""The stack's commands: each is one function, and its errors are one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from stack.api import SANDBOX_HOST, find_host
from stack.backup import check_backup, restore, save
from stack.dagster_api import JOB, LOCATION, Backfill, Dagster, patiently
from stack.days import find_newest_day, read_range
from stack.demo import run_demo
from stack.engine import Engine, find_engine
from stack.env_file import REQUIRED, EnvFile
from stack.errors import SettingError, StackError
from stack.preflight import read_port
from stack.prepare import prepare
from stack.readiness import explain_refusal, wait_until_ready
from stack.status import tell_status

__all__ = ["find_stack", "main"]

ROOT: Final = Path(__file__).resolve().parent.parent
_USAGE: Final = 64
_FAILED: Final = 65
_LOST: Final = "What was read can't be read again in full."


def main(arguments: Sequence[str] | None = None, folder: Path = ROOT) -> int:
    """Runs one command on the stack of a checkout; its exit code."""
    options = _build_parser().parse_args(arguments)
    try:
        engine, variables = find_stack(folder, os.environ)
        if options.command in (down, clean, logs, status):
            engine = _although_unset(engine, variables)
        return int(options.command(engine, variables, options))
    except StackError as error:
        print(f"{options.name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def find_stack(folder: Path, environment: Mapping[str, str]) -> tuple[Engine, dict[str, str]]:
    """The engine in the stack's folder, and the variables as they stand there."""
    file = EnvFile.read(folder / ".env")
    variables = file.all(environment)
    project = variables.get("COMPOSE_PROJECT_NAME") or "game-market"
    return find_engine(folder, file.clean(environment), project), variables


def _although_unset(engine: Engine, variables: Mapping[str, str]) -> Engine:
    """For commands that make nothing: compose refuses these too while a password has no value."""
    unset = {name: "unset" for name in REQUIRED if not variables.get(name)}
    project = {"COMPOSE_PROJECT_NAME": engine.project}
    return replace(engine, environment={**engine.environment, **unset, **project})


def start(engine: Engine, _variables: Mapping[str, str], _options: argparse.Namespace) -> int:
    """Starts what does not run, and returns when all of it is healthy."""
    began = monotonic()
    variables = prepare(engine, engine.environment)
    if engine.run("up", "-d", "--remove-orphans") != 0:
        raise explain_refusal(engine)
    _remove_unused_sandbox(engine, variables)
    dagster = Dagster(read_port(variables, "DAGSTER_PORT"))
    print("Ready:")
    wait_until_ready(engine, dagster.is_healthy, lambda line: print(line, flush=True))
    print(f"All healthy after {monotonic() - began:.0f} s.\n{describe(variables)}")
    return 0


def _remove_unused_sandbox(engine: Engine, variables: Mapping[str, str]) -> None:
    """To compose a service whose profile is off is no orphan."""
    if "sandbox" not in variables.get("COMPOSE_PROFILES", "") and any(
        one.name == "sandbox" for one in engine.services()
    ):
        engine.run("--profile", "sandbox", "rm", "--stop", "--force", "sandbox")


def describe(variables: Mapping[str, str]) -> str:
    """Where things are; passwords stand in .env and nowhere else."""
    dagster, report, console, postgres = (
        read_port(variables, f"{name}_PORT")
        for name in ("DAGSTER", "REPORT", "S3_CONSOLE", "POSTGRES")
    )
    is_sandbox = find_host(variables) == SANDBOX_HOST
    pages, newest = f"http://127.0.0.1:{dagster}", find_newest_day(variables)
    return "\n".join(
        (
            f"  Dagster        {pages}",
            f"  Report         http://127.0.0.1:{report}  (after the first day)",
            f"  Object store   http://127.0.0.1:{console}  (STORE_USER, STORE_PASSWORD of .env)",
            f"  Marts          psql -h 127.0.0.1 -p {postgres} -U reporter marts  (REPORTER_PASSWORD)",
            f"  API            {'the sandbox: no RAWG_API_KEY in .env' if is_sandbox else 'RAWG'}",
            "Nothing is read until a day is run. Do it here:",
            f"  make backfill FROM={newest} TO={newest}",
            "or by Materialize all on this page:",
            f"  {pages}/locations/{LOCATION}/jobs/{JOB}",
        )
    )


def down(engine: Engine, _variables: Mapping[str, str], _options: argparse.Namespace) -> int:
    """Stops and removes the containers; the data stays."""
    _end_work(engine)
    return engine.run("--profile", "sandbox", "--profile", "stages", "down", "--remove-orphans")


def _end_work(engine: Engine) -> None:
    """First who starts stages, then the stages: they hold the network and the volumes."""
    engine.run("stop", "code-location")
    engine.remove_stages()


def clean(engine: Engine, _variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Removes containers and data, after a question."""
    return _remove_data(engine) if _may_remove_data(engine, options) else 0


def _may_remove_data(engine: Engine, options: argparse.Namespace) -> bool:
    volumes = "lake, warehouse, Postgres and Dagster's history"
    print(f"This removes all data of the stack {engine.project}: {volumes}.")
    try:
        is_agreed = options.yes or input(f"{_LOST} Type yes: ") == "yes"
    except EOFError:
        raise SettingError(
            "nobody is there to say yes: YES=1 behind the command asks nothing."
        ) from None
    if not is_agreed:
        print("Nothing was removed.")
    return is_agreed


def _remove_data(engine: Engine) -> int:
    _end_work(engine)
    all_of_it = ("--profile", "sandbox", "--profile", "stages")
    return engine.run(*all_of_it, "down", "--volumes", "--remove-orphans")


def logs(engine: Engine, _variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Follows the logs, of one service or of all."""
    return engine.run("logs", "--follow", "--tail", "100", *options.services)


def status(engine: Engine, variables: Mapping[str, str], _options: argparse.Namespace) -> int:
    """Shows how everything is now; fails if something is not as it should be."""
    dagster = Dagster(read_port(variables, "DAGSTER_PORT"))
    tell_status(engine, dagster, lambda line: print(line, flush=True))
    return 0


def demo(engine: Engine, variables: Mapping[str, str], _options: argparse.Namespace) -> int:
    """Runs the newest day through the containers, twice: the second costs no call."""
    dagster = Dagster(read_port(variables, "DAGSTER_PORT"))
    return 0 if run_demo(engine, dagster, str(find_newest_day(variables))) else _FAILED


def backfill(_engine: Engine, variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Runs the daily job for a range of days, and watches it."""
    days = read_range(options.first, options.last, variables)
    dagster = Dagster(read_port(variables, "DAGSTER_PORT"))
    backfill_id = dagster.launch_backfill(days)
    print(f"Backfill {backfill_id}: {len(days)} days. Ctrl-C leaves it running.")
    return report(watch(dagster, backfill_id), days)


def back_up(engine: Engine, _variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Writes all data into a folder, from which `restore` makes a stack again."""
    named = f"{datetime.now(timezone.utc):%Y-%m-%dT%H%M%SZ}"
    folder = Path(options.folder) if options.folder else ROOT / "backups" / named
    print(f"Back up to {folder}. Dagster is stopped meanwhile.", flush=True)
    save(engine, folder, lambda line: print(line, flush=True))
    print("Keep .env elsewhere, too: it has your settings, and is not among these files.")
    return 0


def put_back(engine: Engine, variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Replaces all data by a backup's, after a question, and starts the stack."""
    folder = Path(options.folder)
    check_backup(folder)
    if not _may_remove_data(engine, options):
        return 0
    prepare(engine, engine.environment)  # where there was no stack, too
    _remove_data(engine)
    print(f"Restore from {folder}:", flush=True)
    restore(engine, folder, lambda line: print(line, flush=True))
    return start(engine, variables, options)


def prune(engine: Engine, variables: Mapping[str, str], options: argparse.Namespace) -> int:
    """Removes what Dagster keeps of runs older than some days, and images that newer ones replaced."""
    dagster = Dagster(read_port(variables, "DAGSTER_PORT"))
    config = {"ops": {"forget_old_runs": {"config": {"keep_days": options.days}}}}
    ended = dagster.wait_for_run(dagster.launch_job("prune_history", config, {}))
    print(f"Runs of the last {options.days} days stay whole; the others: {ended.lower()}.")
    engine.remove_replaced_images()
    return 0 if ended == "SUCCESS" else _FAILED


def watch(dagster: Dagster, backfill_id: str) -> Backfill:
    """Waits until the backfill is over, and says of each day how it went on."""
    told: dict[str, str] = {}
    now: Backfill | None = None
    while True:
        now = patiently(partial(dagster.read_backfill, backfill_id, now))
        for day, status in now.days.items():
            if told.get(day) != status:
                told[day] = status
                print(f"  {day} {status.lower()}", flush=True)
        if now.is_over:
            return now
        sleep(2)


def report(ended: Backfill, days: Sequence[str]) -> int:
    """The closing line; 65 when a day did not succeed."""
    bad = [day for day in days if ended.days.get(day) != "SUCCESS"]
    print(f"{len(days) - len(bad)} of {len(days)} days succeeded.")
    if bad:
        print(f"Not: {', '.join(bad)}. Dagster's pages say why; the same command runs all again,")
        print("and what has been read is not read again.")
    return _FAILED if bad else 0


def _parse_days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of days: give one, DAYS=90")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(_USAGE, f"{self.prog}: {message}\n")


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="stack", description="The local stack in containers.")
    commands = parser.add_subparsers(required=True, dest="name")
    plain = {"start": start, "status": status, "down": down, "demo": demo, "logs": logs}
    for name, command in plain.items():
        commands.add_parser(name, help=command.__doc__).set_defaults(command=command)
    commands.choices["logs"].add_argument("services", nargs="*")
    cleaning = commands.add_parser("clean", help=clean.__doc__)
    cleaning.add_argument("--yes", action="store_true", help="without the question")
    cleaning.set_defaults(command=clean)
    pruning = commands.add_parser("prune", help=prune.__doc__)
    pruning.add_argument("--days", type=_parse_days, default=90)
    pruning.set_defaults(command=prune)
    saving = commands.add_parser("backup", help=back_up.__doc__)
    saving.add_argument("folder", nargs="?", default="")
    saving.set_defaults(command=back_up)
    restoring = commands.add_parser("restore", help=put_back.__doc__)
    restoring.add_argument("folder")
    restoring.add_argument("--yes", action="store_true", help="without the question")
    restoring.set_defaults(command=put_back)
    filling = commands.add_parser("backfill", help=backfill.__doc__)
    filling.add_argument("--from", dest="first", required=True)
    filling.add_argument("--to", dest="last", required=True)
    filling.set_defaults(command=backfill)
    return parser
