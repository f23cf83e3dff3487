"""The errors that people see, and the exit codes that orchestrators decide by.

    GameMarketError
    ├── UsageError          64  a wrong argument, setting or endpoints.json
    ├── DataError           65  committed, but not complete; a data test failed
    ├── UpstreamError       69  the API or the warehouse can't be reached
    ├── DefectError         70  an assumption of ours does not hold
    ├── LakeError           74  the lake refused a read or a write
    │   └── MissingObjectError
    ├── StoppedEarlyError   75  quota or budget spent; progress kept
    ├── KeyRefusedError     77  the API does not accept the key
    └── InterruptedRunError 130/143  SIGINT or SIGTERM; progress kept

The codes follow sysexits.h. A message says what was tried, what came back and what to do next, in one
sentence or two; it never holds a key or a signed URL.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar

__all__ = [
    "DataError",
    "DefectError",
    "ExitCode",
    "GameMarketError",
    "InterruptedRunError",
    "KeyRefusedError",
    "LakeError",
    "MissingObjectError",
    "StoppedEarlyError",
    "UpstreamError",
    "UsageError",
    "exit_code_of",
    "worst_exit_code",
]


class ExitCode(IntEnum):
    """How a stage ended, after sysexits.h."""

    DONE = 0
    USAGE = 64
    DATA = 65
    UNAVAILABLE = 69
    DEFECT = 70
    LAKE = 74
    STOPPED_EARLY = 75
    KEY_REFUSED = 77
    INTERRUPTED = 130
    TERMINATED = 143


# Of several endpoints together the first of these that occurred is the run's exit code.
_PRECEDENCE = (
    ExitCode.TERMINATED,
    ExitCode.INTERRUPTED,
    ExitCode.KEY_REFUSED,
    ExitCode.USAGE,
    ExitCode.DEFECT,
    ExitCode.LAKE,
    ExitCode.UNAVAILABLE,
    ExitCode.DATA,
    ExitCode.STOPPED_EARLY,
    ExitCode.DONE,
)


def worst_exit_code(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code of a run over several endpoints; DONE for none."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.DONE)


class GameMarketError(Exception):
    """Every error that is foreseen; `str(error)` is the sentence for the user."""

    exit_code: ClassVar[ExitCode] = ExitCode.DEFECT


class UsageError(GameMarketError):
    """The caller asked for something that can't be: argument, setting, endpoints.json."""

    exit_code = ExitCode.USAGE


class DataError(GameMarketError):
    """What was read is not what it should be, and more of the same won't help."""

    exit_code = ExitCode.DATA


class UpstreamError(GameMarketError):
    """The API or the warehouse did not answer as it should, after the retries."""

    exit_code = ExitCode.UNAVAILABLE


class DefectError(GameMarketError):
    """A defect of ours: an assumption of the code does not hold."""

    exit_code = ExitCode.DEFECT


class LakeError(GameMarketError):
    """The lake refused a read or a write, or holds what it should not."""

    exit_code = ExitCode.LAKE


class MissingObjectError(LakeError):
    """No object has this key. Never raised for a refused request (403, 5xx)."""

    def __init__(self, key: str) -> None:
        """Names the key that is missing."""
        super().__init__(f"The lake has no object {key}.")
        self.key = key


class StoppedEarlyError(GameMarketError):
    """A quota or budget is spent: progress is kept, the same command goes on later."""

    exit_code = ExitCode.STOPPED_EARLY


class KeyRefusedError(GameMarketError):
    """The API does not accept the key."""

    exit_code = ExitCode.KEY_REFUSED


class InterruptedRunError(GameMarketError):
    """SIGINT or SIGTERM; pages in flight were stored before this is raised."""

    def __init__(self, exit_code: ExitCode) -> None:
        """Takes INTERRUPTED or TERMINATED."""
        super().__init__("Stopped by a signal; what was read is kept, run the same command again.")
        self.interrupt_code = exit_code


def exit_code_of(error: BaseException) -> ExitCode:
    """The exit code an error stands for; DEFECT for what nobody foresaw."""
    if isinstance(error, InterruptedRunError):
        return error.interrupt_code
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    return error.exit_code if isinstance(error, GameMarketError) else ExitCode.DEFECT
