"""How the stages' executables are found.

A stage is another program: nothing of it is imported here. In order: the command that the settings
give, the PEX beside the one that runs us, the executable on PATH.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Literal

from gamemarket.errors import UsageError
from gamemarket.settings import Settings

__all__ = ["StageName", "find_stage_command", "has_reporter"]

StageName = Literal["extractor", "transformer", "reporter"]


def find_stage_command(stage: StageName, settings: Settings) -> tuple[str, ...]:
    """The words that start a stage, before its arguments; UsageError says where it looked."""
    given = {
        "extractor": settings.extractor_command,
        "transformer": settings.transformer_command,
        "reporter": settings.reporter_command,
    }[stage]
    if given:
        return _split_command(given, stage)
    beside = settings.pex_file and settings.pex_file.absolute().parent / f"{stage}.pex"
    if beside and beside.is_file():
        return build_pex_command(beside)
    on_path = shutil.which(stage)
    if on_path:
        return (on_path,)
    looked = f"not at {beside}, not on PATH" if beside else "not on PATH"
    raise UsageError(
        f"The {stage} is not there ({looked}): run `make build`, or give its command in "
        f"{stage.upper()}_COMMAND, for example `python3.12 dist/{stage}.pex`."
    )


def has_reporter(settings: Settings) -> bool:
    """Whether reports are made: the one stage that a run can do without.

    UsageError when its command is given, and can't be run.
    """
    if settings.reporter_image or settings.reporter_command:
        return True
    if settings.extractor_image:  # stages are containers, and the reporter has no image
        return False
    try:
        find_stage_command("reporter", settings)
    except UsageError:
        return False
    return True


def build_pex_command(pex: Path) -> tuple[str, ...]:
    """Starts a PEX with the interpreter that runs us: a pyenv shim breaks its shebang."""
    return (sys.executable, str(pex))


def _split_command(text: str, stage: StageName) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{stage.upper()}_COMMAND can't be split into words: {error}.") from None
    if not words or not shutil.which(words[0]):
        first = words[0] if words else text
        raise UsageError(f"{stage.upper()}_COMMAND begins with '{first}', which can't be run.")
    return words
