"""The programs that the demo starts: dist/*.pex, or what the development's variables name."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gamemarket.errors import DefectError, ExitCode, UsageError
from gamemarket.settings import child_environment

__all__ = ["Executables", "run_to_its_end"]

# A stage keeps its pages in flight when it is stopped, and Dagster waits 20 s for it.
_STOP_SECONDS = 40.0


@dataclass(frozen=True)
class Executables:
    """The words that start each program, before its arguments."""

    orchestrator: tuple[str, ...]
    transformer: tuple[str, ...]
    sandbox: tuple[str, ...]

    @classmethod
    def find(cls, dist: Path, commands: Mapping[str, str | None]) -> Self:
        """From `dist`, but for those that `commands` gives; UsageError for what is not built."""
        names = ("orchestrator", "transformer", "sandbox")
        return cls(*(_find(name, dist, commands.get(name)) for name in names))


def _find(name: str, dist: Path, command: str | None) -> tuple[str, ...]:
    if command:
        return tuple(shlex.split(command))
    pex = (dist / f"{name}.pex").absolute()
    if not pex.is_file():
        raise UsageError(f"{pex} is not built yet: run `make build` first, or `make demo`.")
    # By this interpreter: a pyenv shim breaks the shebang of a PEX.
    return (sys.executable, str(pex))


def run_to_its_end(
    command: tuple[str, ...], environment: Mapping[str, str], *, home: Path
) -> tuple[ExitCode, str]:
    """Runs a program whose standard error is ours; its exit code and standard output.

    It has a session of its own: Ctrl-C reaches it once, through us, and it is waited for.
    """
    home.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command,
        env=child_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        _stop(process)
        raise
    return _exit_code(process.returncode, command), output


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _exit_code(returncode: int, command: tuple[str, ...]) -> ExitCode:
    try:
        return ExitCode(returncode)
    except ValueError:
        raise DefectError(f"{' '.join(command)} ended with code {returncode}.") from None
