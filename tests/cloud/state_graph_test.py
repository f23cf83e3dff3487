from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.state_graph import find_faults

END = {"Type": "Pass", "End": True}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": "first", "States": states}


def test_a_whole_machine_has_no_fault() -> None:
    inner = {"StartAt": "inside", "States": {"inside": END}}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "map"}], "Default": "last"}
    tried = {"Type": "Map", "ItemProcessor": inner, "Catch": [{"Next": "caught"}], "Next": "last"}
    assert find_faults(machine(first=choice, map=tried, last=END, caught={"Type": "Fail"})) == []


@pytest.mark.parametrize(
    ("states", "fault"),
    [
        ({"first": {"Type": "Pass", "Next": "gone"}}, "first leads to gone, which is not there"),
        ({"first": END, "left": END}, "nothing leads to left"),
        ({"first": {"Type": "Pass"}}, "first leads nowhere and is no end"),
        (
            {"first": {"Type": "Task", "Catch": [{"Next": "gone"}], "End": True}},
            "first leads to gone, which is not there",
        ),
        (
            {"first": {"Type": "Map", "ItemProcessor": machine(first=END), "End": True}},
            "first stands 2 times",
        ),
        (
            {"first": {"Type": "Parallel", "Branches": [machine(other=END)], "End": True}},
            "nothing leads to other",
        ),
    ],
)
def test_what_is_wrong_is_named(states: dict[str, Any], fault: str) -> None:
    assert fault in find_faults(machine(**states))
