"""dbt in this process: one invocation a build, because starting it costs seconds.

People see a compact line per model and each test that did not pass, through our logs; everything
that dbt says of an invocation goes to `dbt.log` in its log folder, which holds the latest one.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO, cast

from gamemarket.errors import InterruptedRunError
from gamemarket.settings import Settings
from transformer.dbt_runner.data_tests import SQL_FILE
from transformer.dbt_runner.dbt_environment import dbt_environment
from transformer.dbt_runner.dbt_files import RUN_RESULTS
from transformer.dbt_runner.dbt_project import DbtProject

if TYPE_CHECKING:
    # dbt takes seconds to import, and `query` and `--help` do without.
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

__all__ = ["DbtFolders", "build_dbt_args", "run_dbt", "run_dbt_loudly", "run_models"]

_log = logging.getLogger(__name__)

# Ours alone speaks: dbt's own console lines would mix with our standard output, its file logger
# leaves the file open.
_QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-print")


@dataclass(frozen=True, slots=True)
class DbtFolders:
    """Where dbt writes: its manifest, run results and partial parse; its logs."""

    target: Path
    logs: Path

    @classmethod
    def below(cls, home: Path, target: str) -> DbtFolders:
        """The usual folders, one set a target: partial parsing does not survive a change of it."""
        return cls(home.resolve() / "dbt" / target, home.resolve() / "dbt" / "logs")

    @property
    def log_file(self) -> Path:
        """What dbt said in its latest invocation."""
        return self.logs / "dbt.log"


def build_dbt_args(
    command: Sequence[str], project: DbtProject, folders: DbtFolders, target: str
) -> list[str]:
    """dbt's arguments with the project's folders; what the caller gave comes last and wins."""
    places = {
        "--project-dir": project.folder,
        "--profiles-dir": project.folder,
        "--target-path": folders.target,
        "--log-path": folders.logs,
    }
    if command[0] == "debug":  # the one command that writes nothing and refuses the option
        del places["--target-path"]
    given = [text for name, path in places.items() for text in (name, str(path.absolute()))]
    return [command[0], *given, "--target", target, *command[1:]]


def run_dbt(args: Sequence[str], settings: Settings, folders: DbtFolders) -> dbtRunnerResult:
    """Runs dbt and returns its dbtRunnerResult; standard output stays untouched.

    Raises what a signal raises: dbt has cancelled its queries then.
    """
    folders.logs.mkdir(parents=True, exist_ok=True)
    with folders.log_file.open("w") as log:
        heard = [_report_progress, _write_to(log), _keep_data_tests(folders.target)]
        return _invoke([*_QUIET, *args], settings, heard)


def run_models(
    args: Sequence[str], settings: Settings, folders: DbtFolders, *, manifest_stands: bool
) -> BaseException | None:
    """Runs models, leaves run_results.json and returns what ended the run before its end, if anything did.

    `manifest_stands`: it is this project's already, and is left as it is: half a second of CPU time.
    """
    for name in (RUN_RESULTS, SQL_FILE):
        (folders.target / name).unlink(missing_ok=True)
    if not manifest_stands:
        return run_dbt(args, settings, folders).exception
    outcome = run_dbt([*args, "--no-write-json"], settings, folders)
    if outcome.exception is None:
        results = cast("RunExecutionResult", outcome.result)
        results.write(str(folders.target / RUN_RESULTS))
    return outcome.exception


def run_dbt_loudly(args: Sequence[str], settings: Settings) -> dbtRunnerResult:
    """Runs dbt as its own command line would, for people who know it."""
    return _invoke(["--log-level-file", "none", *args], settings, [])


def _invoke(
    args: Sequence[str], settings: Settings, callbacks: list[Callable[[EventMsg], None]]
) -> dbtRunnerResult:
    with dbt_environment(settings), _rare_collections():
        from dbt.cli.main import dbtRunner

        try:
            outcome = dbtRunner(callbacks=callbacks).invoke(list(args))
        finally:
            _let_go_of_warehouse()
    if isinstance(outcome.exception, KeyboardInterrupt | InterruptedRunError):
        raise outcome.exception
    return outcome


@contextmanager
def _rare_collections() -> Iterator[None]:
    """dbt makes some hundred thousand objects that stay: looking through them all for garbage again and
    again is a tenth of a build's CPU time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _let_go_of_warehouse() -> None:
    """dbt-duckdb keeps its connection for the next invocation; we open the file ourselves."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    reset_adapters()  # type: ignore[no-untyped-call]
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _report_progress(event: EventMsg) -> None:
    """A line per table as it ends, and per view that did not go well."""
    if event.info.name == "LogModelResult":
        data = event.data
        if data.node_info.materialized == "view" and data.status == "OK":
            return
        _log.info("%s %s (%.1f s)", data.node_info.node_name, data.status, data.execution_time)


def _keep_data_tests(target: Path) -> Callable[[EventMsg], None]:
    """What the macro log_data_tests says."""

    def keep(event: EventMsg) -> None:
        if event.info.name == "JinjaLogDebug" and event.data.msg.startswith('{"data_tests"'):
            (target / SQL_FILE).write_text(event.data.msg)

    return keep


def _write_to(log: TextIO) -> Callable[[EventMsg], None]:
    """dbt's threads speak at once, and a text file of Python's loses or garbles what two of them write."""
    one_at_a_time = Lock()

    def write(event: EventMsg) -> None:
        info: Any = event.info  # a protobuf message; its Protocol leaves msg out
        if info.level != "debug" and info.msg.strip():
            line = f"{info.ts.ToJsonString()} {info.level:5} {info.msg}\n"
            with one_at_a_time:
                log.write(line)

    return write
