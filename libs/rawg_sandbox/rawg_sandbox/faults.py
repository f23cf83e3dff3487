"""Faults on demand: rules that spoil answers, and how often each did.

The first rule that takes a call spoils it; the rules behind it do not count that call. So
`[{"kind": "500", "first": 1}, {"kind": "hang", "first": 1}]` fails each request once, then lets
it hang once, then answers.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from rawg_sandbox.fault_answers import BODY_KINDS, STATUS_KINDS
from rawg_sandbox.fault_listings import CHANGED_ROWS, LIST_KINDS
from rawg_sandbox.fault_wire import WIRE_KINDS
from rawg_sandbox.trigger import Call, Trigger, TriggerState, read_rules

KINDS: Final = (*STATUS_KINDS, *WIRE_KINDS, *BODY_KINDS, *LIST_KINDS)
# A fault that takes time, where the rule does not say how much.
_USUAL_SECONDS: Final = {"hang": 60.0, "trickle": 10.0}


def _known_kind(kind: object) -> str:
    """Return the kind's name; 500 stands for "500"."""
    if str(kind) not in KINDS:
        raise ValueError(f"no such fault: {kind!r}; there are {', '.join(KINDS)}")
    return str(kind)


class FaultRule(Trigger):
    """What to do to which calls.

    `seconds`: hang (before the answer), trickle (the whole body); any other kind waits so long
    before its answer. `retry_after`: seconds, for kinds with a status. `rows`: how many are
    missing in a short page. `by`: what is added to a wrong count, or lost per call (falling).
    `fields`, `without`: what changed rows have instead of what they had, and what they lack.
    """

    kind: Annotated[str, BeforeValidator(_known_kind)]
    seconds: Annotated[float, Field(ge=0)] | None = None
    retry_after: Annotated[int, Field(ge=0)] | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"
    rows: Annotated[int, Field(ge=1)] = 1
    by: int | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    without: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_fields(self) -> "FaultRule":
        if bool(self.fields or self.without) != (self.kind == CHANGED_ROWS):
            raise ValueError("changed_rows needs `fields` or `without`, other kinds have neither")
        return self

    @model_validator(mode="after")
    def _check_by(self) -> "FaultRule":
        if self.by is not None and self.kind not in ("wrong_count", "falling_count"):
            raise ValueError("`by` is for wrong_count and falling_count")
        if self.kind == "falling_count" and (self.by or 1) < 1:
            raise ValueError("`by` of falling_count: how many are lost per call, 1 or more")
        return self

    @property
    def delay_seconds(self) -> float:
        """How long the fault takes."""
        return _USUAL_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's fault; `number` counts those of its rule from 1."""

    rule: FaultRule
    number: int

    @property
    def kind(self) -> str:
        """The rule's kind."""
        return self.rule.kind


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        """Start without any."""
        self.set([])

    def set(self, rules: object) -> None:
        """Put these rules (JSON: a list or one alone) in the place of all; counts begin anew.

        Raises RuleError.
        """
        read = read_rules(FaultRule, rules)
        self._rules = [(rule, TriggerState(rule, number)) for number, rule in enumerate(read)]

    def __bool__(self) -> bool:
        """Whether there are rules."""
        return bool(self._rules)

    def choose(self, call: Call, *, has_rows: bool) -> Fault | None:
        """Return the fault of a call; `has_rows`: it would be answered with a page of a list,
        which the kinds that change lists need."""
        for rule, state in self._rules:
            fits = has_rows or rule.kind not in LIST_KINDS
            if fits and rule.looks_at(call) and state.takes(call):
                return Fault(rule, state.taken)
        return None

    def report(self) -> dict[str, Any]:
        """Return the rules with what they did."""
        by_kind: Counter[str] = Counter()
        for rule, state in self._rules:
            by_kind[rule.kind] += state.taken
        return {
            "injected": by_kind.total(),
            "by_kind": dict(sorted(by_kind.items())),
            "rules": [_describe(rule, state) for rule, state in self._rules],
        }


def _describe(rule: FaultRule, state: TriggerState) -> dict[str, Any]:
    said = rule.model_dump(mode="json", exclude_defaults=True)
    return {"kind": rule.kind, **said, "seen": state.seen, "injected": state.taken}
