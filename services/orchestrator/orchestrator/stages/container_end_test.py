from __future__ import annotations

from typing import Any

import pytest

from orchestrator.stages.container_end import explain_end


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (
            {"OOMKilled": True, "ExitCode": 137},
            "for want of memory: EXTRACTOR_MEMORY in .env is 64m",
        ),
        # The kernel chose a child of it.
        ({"OOMKilled": True, "ExitCode": 70}, "for want of memory"),
        ({"OOMKilled": False, "ExitCode": 137}, "was killed (137)"),
        ({"OOMKilled": False, "ExitCode": 1}, "ended with 1"),
    ],
)
def test_an_end_has_a_name_and_a_place_where_its_log_is(state: dict[str, Any], says: str) -> None:
    told = explain_end(state, "extractor", "64m")
    assert says in told
    assert "stdout in the run's page" in told
