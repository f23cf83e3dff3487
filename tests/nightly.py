"""What takes too long for a pull request runs in full by night (NIGHTLY=1), and in part otherwise.

`build-support/run_checks.py` prints what was left out, and so does a skip.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

NIGHTLY: Final = os.environ.get("NIGHTLY") == "1"

only_nightly = pytest.mark.skipif(not NIGHTLY, reason="runs by night: NIGHTLY=1")


def choose_count(request: pytest.FixtureRequest, what: str, by_night: int, otherwise: int) -> int:
    """How many of something a test does; where that is not all, its report says what it left out."""
    count = by_night if NIGHTLY else min(otherwise, by_night)
    if count < by_night:
        left_out = ("left_out", f"{by_night - count} of {by_night} {what}")
        request.node.user_properties.append(left_out)
    return count
