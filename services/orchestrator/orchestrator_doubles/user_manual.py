"""What docs/USER_MANUAL.md has people copy, for the tests that try it as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

__all__ = ["read_run_config"]


def read_run_config() -> str:
    """The run configuration of the daily job, as YAML."""
    manual = (Path.cwd() / "docs/USER_MANUAL.md").read_text()  # named in the tests' BUILD files
    [block] = re.findall(r"^    ops:\n(?:    .*\n)+", manual, re.MULTILINE)
    return dedent(block)
