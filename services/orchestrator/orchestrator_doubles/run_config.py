"""The run configuration that docs/USER_MANUAL.md has people copy, for the tests that try it.

A copy, as those tests take long and the manual is mostly about other things: that it is the manual's,
sees tests/contract/user_manual_test.py.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["read_run_config"]


def read_run_config() -> str:
    """The run configuration of the daily job, as YAML."""
    return Path(__file__).with_name("run_config_fixture.yaml").read_text()
