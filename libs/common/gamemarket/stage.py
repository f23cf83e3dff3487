"""How a stage is a program: one frame for all of them.

A stage is an executable with arguments, environment variables, an exit code and a lake. This module
turns errors into one sentence and an exit code, and tells Dagster the same through Pipes when Dagster
started the stage (dagster-pipes does nothing else and needs nothing else).
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click
from dagster_pipes import PipesContext, PipesEnvVarParamsLoader, open_dagster_pipes

from gamemarket.errors import ExitCode, GameMarketError, InterruptedRunError, exit_code_of
from gamemarket.grace import GRACE_SECONDS, ended_in_time
from gamemarket.logs import configure_logging, redact, redact_values
from gamemarket.run_summary import RunSummary

__all__ = ["Reporter", "run_stage", "target_option"]

_log = logging.getLogger(__name__)

# Of every command that builds marts or reads them.
target_option = click.option(
    "--target",
    type=click.Choice(["dev", "prod"]),
    default="dev",
    show_default=True,
    help="Whose marts: dev is DuckDB's, prod is Snowflake's.",
)

_TOLD_TO_STOP = frozenset({ExitCode.INTERRUPTED, ExitCode.TERMINATED})


class Reporter:
    """What a stage tells its orchestrator; silent when nobody started it through Pipes.

    Assets that the orchestrator did not ask for (it may run some of dbt's only) are passed over.
    """

    def __init__(self, pipes: PipesContext | None = None) -> None:
        """Takes the open Pipes context, if there is one."""
        self._pipes = pipes
        self._summaries: list[RunSummary] = []

    def summarize(self, summaries: Sequence[RunSummary]) -> None:
        """Keeps the summaries for the closing message."""
        self._summaries.extend(summaries)

    def find_reason(self, exit_code: ExitCode) -> str:
        """Why the first partition that ended with this code did; empty where nothing was told."""
        for summary in self._summaries:
            if summary.exit_code == exit_code:
                return f"{summary.endpoint} {summary.run_date}: {', '.join(summary.reasons)}"
        return ""

    def materialized(self, asset: str, metadata: Mapping[str, Any]) -> None:
        """Reports an asset (a dbt model's name) as materialized."""
        if self._pipes and self._asks_for(asset):
            self._pipes.report_asset_materialization(
                asset_key=asset, metadata=redact_values(metadata)
            )

    def checked(
        self, asset: str, check: str, *, passed: bool, error: bool, metadata: Mapping[str, Any]
    ) -> None:
        """Reports a check (a dbt test) of an asset; `error` is its severity, else a warning."""
        if self._pipes and self._asks_for(asset):
            self._pipes.report_asset_check(
                asset_key=asset,
                check_name=check,
                passed=passed,
                severity="ERROR" if error else "WARN",
                metadata=redact_values(metadata),
            )

    def _asks_for(self, asset: str) -> bool:
        pipes = self._pipes
        return pipes is not None and pipes.is_asset_step and asset in pipes.asset_keys

    def close(self, exit_code: ExitCode, message: str) -> None:
        """Sends `{exit_code, message, summaries}`: the clients tell the code in a text only."""
        if self._pipes:
            summaries = [redact_values(s.model_dump(mode="json")) for s in self._summaries]
            self._pipes.report_custom_message(
                {"exit_code": int(exit_code), "message": message, "summaries": summaries}
            )


def run_stage(
    command: click.Command, name: str, grace_seconds: float | None = GRACE_SECONDS
) -> NoReturn:
    """Runs a stage's command line (its functions return an ExitCode) and ends the process.

    The click context's `obj` is the Reporter. Usage errors end with 64; foreseen errors with their
    code and one sentence; anything else with 70 and its traceback in the log. A stage that is told to
    stop is over after `grace_seconds` (None: whoever has stages of its own to wait for).
    """
    configure_logging()
    signal.signal(signal.SIGTERM, _raise_terminated)
    # A shell's background jobs inherit SIGINT ignored, and Dagster stops its processes by SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _orchestrator() as reporter:

        def give_up(exit_code: ExitCode) -> None:
            reporter.close(*_explain(InterruptedRunError(exit_code), name))

        with ended_in_time(grace_seconds, give_up):
            exit_code, message = _invoke(command, name, reporter)
            reporter.close(exit_code, message)
    if exit_code in _TOLD_TO_STOP and grace_seconds is not None:
        _leave(exit_code)
    # On its way out Python looks through all objects for cycles: after dbt that takes half a second.
    gc.freeze()
    sys.exit(exit_code)


def _leave(exit_code: ExitCode) -> NoReturn:
    """Ends at once: Python waits for threads, and these for answers that nobody wants any more."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def _invoke(command: click.Command, name: str, reporter: Reporter) -> tuple[ExitCode, str]:
    try:
        returned = command.main(prog_name=name, standalone_mode=False, obj=reporter)
        exit_code = ExitCode(returned or ExitCode.DONE)
        if exit_code and (reason := reporter.find_reason(exit_code)):
            print(f"{name}: {redact(reason)}", file=sys.stderr)
        return exit_code, ""
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE, "no command given"
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE, error.format_message()
    except (click.Abort, KeyboardInterrupt):
        return _explain(InterruptedRunError(ExitCode.INTERRUPTED), name)
    except GameMarketError as error:
        return _explain(error, name)
    except Exception as error:
        _log.exception("%s met a defect of its own", name)
        message = f"{type(error).__name__}; the log above has the traceback, please report it."
        return _explain_text(ExitCode.DEFECT, f"A defect of ours: {message}", name)


def _explain(error: GameMarketError, name: str) -> tuple[ExitCode, str]:
    return _explain_text(exit_code_of(error), str(error), name)


def _explain_text(exit_code: ExitCode, message: str, name: str) -> tuple[ExitCode, str]:
    message = redact(message)
    print(f"{name}: {message}", file=sys.stderr)
    return exit_code, message


def _raise_terminated(_signal: int, _frame: FrameType | None) -> None:
    raise InterruptedRunError(ExitCode.TERMINATED)


@contextmanager
def _orchestrator() -> Iterator[Reporter]:
    """A Reporter that speaks to Dagster when Dagster started this process."""
    loader = PipesEnvVarParamsLoader()  # type: ignore[no-untyped-call]
    if not loader.is_dagster_pipes_process():
        yield Reporter()
        return
    with open_dagster_pipes(params_loader=loader) as pipes:
        yield Reporter(pipes)
