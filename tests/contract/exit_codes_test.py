"""README's table of exit codes is the one that the stages use."""

from __future__ import annotations

import re
from pathlib import Path

from gamemarket.errors import ExitCode

README = Path.cwd() / "README.md"  # in Pants' sandbox for this test (see the BUILD file)
ROW = re.compile(r"\| ([\d, ]+) \|")


def test_readme_lists_every_exit_code_and_no_other() -> None:
    _, _, section = README.read_text().partition("## Exit codes")
    table = section.partition("\n## ")[0]
    listed = [code for row in ROW.findall(table) for code in map(int, row.split(","))]
    assert sorted(listed) == sorted(ExitCode)
