"""docs/USER_MANUAL.md has people copy a run configuration: the orchestrator's tests launch the same."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from orchestrator_doubles.run_config import read_run_config

MANUAL = Path.cwd() / "docs/USER_MANUAL.md"  # in Pants' sandbox (see the BUILD file)


def test_the_run_configuration_of_the_manual_is_the_one_that_is_launched() -> None:
    [block] = re.findall(r"^    ops:\n(?:    .*\n)+", MANUAL.read_text(), re.MULTILINE)
    # services/orchestrator/orchestrator_doubles/run_config_fixture.yaml
    assert dedent(block) == read_run_config()
