"""What takes too long for a pull request runs in full by night (NIGHTLY=1), and in part otherwise.

`build-support/run_checks.py` prints what was left out.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

NIGHTLY: Final = os.environ.get("NIGHTLY") == "1"


def choose_count(request: pytest.FixtureRequest, what: str, by_night: int, otherwise: int) -> int:
    """How many of something a test does; where that is not all, its report says what it left out."""
    count = by_night if NIGHTLY else min(otherwise, by_night)
    if count < by_night:
        say_left_out(request, f"{by_night - count} of {by_night} {what}")
    return count


def say_left_out(request: pytest.FixtureRequest, what: str) -> None:
    """Into the test's report."""
    request.node.user_properties.append(("left_out", what))
