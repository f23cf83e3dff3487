"""Which calls a rule takes."""

import random
import re
from typing import Any

import pytest

from rawg_sandbox.calls import request_identity
from rawg_sandbox.trigger import Call, RuleError, Rules, Trigger


def _call(page: int = 1, endpoint: str = "games", **parameters: str) -> Call:
    query = {"page": str(page), **parameters}
    path = f"/api/{endpoint}"
    return Call(endpoint, path, query, request_identity(path, query.items()))


def _read(given: object) -> Trigger:
    rules = Rules(Trigger)
    rules.put(given)
    (rule,) = rules.rules
    return rule


def _taken(calls: list[Call], **rule: object) -> list[bool]:
    read = _read(rule)
    return [read.takes(call) for call in calls]


@pytest.mark.parametrize(
    ("rule", "call", "looks"),
    [
        ({}, _call(), True),
        ({"endpoint": "games"}, _call(), True),
        ({"endpoint": "tags"}, _call(), False),
        ({"path": "/api/games"}, _call(), True),
        ({"path": "/api/tags"}, _call(), False),
        ({"query": {"ordering": "created"}}, _call(ordering="created"), True),
        ({"query": {"ordering": "created"}}, _call(ordering="name"), False),
        ({"query": {"ordering": "created"}}, _call(), False),
        ({"page": 3}, _call(3), True),
        ({"page": 3}, _call(4), False),
        ({"page": [3, 5]}, _call(5), True),
        ({"page": [3, 5]}, _call(4), False),
    ],
)
def test_a_rule_looks_at_the_calls_that_it_names(
    rule: dict[str, Any], call: Call, looks: bool
) -> None:
    assert _read(rule).looks_at(call) is looks


def test_a_call_without_a_page_asks_for_the_first() -> None:
    call = Call("games", "/api/games", {}, "/api/games")
    assert _read({"page": 1}).looks_at(call)


def test_first_and_asked_count_each_request_by_itself() -> None:
    calls = [_call(1), _call(2), _call(1), _call(1), _call(2)]
    assert _taken(calls, first=1) == [True, True, False, False, False]
    assert _taken(calls, first=2) == [True, True, True, False, True]
    assert _taken(calls, asked=2) == [False, False, True, False, True]
    assert _taken(calls, asked=[1, 3]) == [True, True, False, True, False]


def test_after_every_and_times_count_all_calls_together() -> None:
    calls = [_call(page) for page in range(1, 8)]
    assert _taken(calls, after=5) == [False] * 5 + [True] * 2
    assert _taken(calls, every=3) == [False, False, True, False, False, True, False]
    assert _taken(calls, after=1, every=3) == [False, False, False, True, False, False, True]
    assert _taken(calls, times=2) == [True, True] + [False] * 5


def test_chance_depends_on_the_request_and_not_on_the_order_of_calls() -> None:
    calls = [_call(page) for page in range(1, 201) for _ in range(2)]
    shuffled = calls.copy()
    random.Random(5).shuffle(shuffled)

    def outcomes(order: list[Call], seed: int) -> dict[tuple[str, int], bool]:
        rule, asked, taken = _read({"probability": 0.3, "seed": seed}), dict[str, int](), {}
        for call in order:
            asked[call.identity] = asked.get(call.identity, 0) + 1
            taken[call.identity, asked[call.identity]] = rule.takes(call)
        return taken

    assert outcomes(calls, 1) == outcomes(shuffled, 1) != outcomes(calls, 2)
    assert 80 < sum(outcomes(calls, 1).values()) < 160


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"pages": 3}, "rule 0: pages: "),
        ([{}, {"probability": 2}], "rule 1: probability: "),
        ({"endpoint": "game"}, "no such endpoint: 'game'; there are"),
        ({"every": 0}, "rule 0: every: "),
        (["oops"], "rule 0: it: "),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rules: object, sentence: str) -> None:
    with pytest.raises(RuleError, match=re.escape(sentence)):
        Rules(Trigger).put(rules)
