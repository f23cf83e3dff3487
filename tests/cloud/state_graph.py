"""Looks a state machine's definition over for what neither AWS' validation nor a parser looks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["find_faults", "walk_machines"]

Machine = Mapping[str, Any]


def find_faults(definition: Machine) -> list[str]:
    """Targets that do not exist, states that nothing leads to or that lead nowhere, names used twice."""
    machines = list(walk_machines(definition))
    names = Counter(name for machine in machines for name in machine["States"])
    twice = [f"{name} stands {count} times" for name, count in names.items() if count > 1]
    return [*twice, *(fault for machine in machines for fault in _judge(machine))]


def walk_machines(machine: Machine) -> Iterator[Machine]:
    """The machine and those inside its Map and Parallel states."""
    yield machine
    for state in machine["States"].values():
        inside = [state["ItemProcessor"]] if "ItemProcessor" in state else state.get("Branches", [])
        for inner in inside:
            yield from walk_machines(inner)


def _judge(machine: Machine) -> Iterator[str]:
    states = machine["States"]
    for name, state in states.items():
        targets = list(_targets(state))
        yield from (
            f"{name} leads to {target}, which is not there"
            for target in targets
            if target not in states
        )
        if not targets and not state.get("End") and state["Type"] not in ("Succeed", "Fail"):
            yield f"{name} leads nowhere and is no end"
    reached = _reach(machine["StartAt"], states)
    yield from (f"nothing leads to {name}" for name in states if name not in reached)


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    choices = [*state.get("Choices", []), *state.get("Catch", [])]
    yield from (one[key] for one in (state, *choices) for key in ("Next", "Default") if key in one)


def _reach(start: str, states: Mapping[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached:
            reached.add(name)
            waiting.extend(_targets(states[name]))
    return reached
