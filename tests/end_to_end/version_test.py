"""One version for all that is released together: what `make build` makes says it."""

from __future__ import annotations

import subprocess

import pytest

from config.version import VERSION
from tests.end_to_end.conftest import stage_command


@pytest.mark.parametrize(
    "program", ["extractor", "transformer", "reporter", "orchestrator", "sandbox"]
)
def test_every_program_says_the_version(program: str) -> None:
    ended = subprocess.run([*stage_command(program), "--version"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, f"{program}, version {VERSION}\n"), ended.stderr
