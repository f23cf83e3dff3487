"""Lists that move while they are read: rules that change a list right before a call is answered.

"Between the third call and the fourth" is `"after": 3`; "when page 5 is asked a second time" is
`"page": 5, "asked": 2`.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from rawg_sandbox.api import LISTS
from rawg_sandbox.mover import Move, MoveError, MoveKind
from rawg_sandbox.source import Source
from rawg_sandbox.trigger import Call, FromOne, Trigger, TriggerState, read_rules


def _known_list(name: str) -> str:
    if name not in LISTS:
        raise ValueError(f"no such list: {name!r}; there are {', '.join(sorted(LISTS))}")
    return name


class MoveRule(Trigger):
    """What to do to the list that is asked for, once if `times` says nothing else.

    `positions` are places in the list as it is then, from 0, negative ones from its end; for a
    swap always two and two, for an insertion where the new rows come to stand. Without them
    `rows` rows are drawn, and new ones stand where the list's order puts them (in
    `ordering=created`: at the end).
    """

    kind: MoveKind
    endpoint: Annotated[str, AfterValidator(_known_list)] = "games"
    times: FromOne | None = 1
    positions: Annotated[list[int], Field(min_length=1)] | None = None
    rows: FromOne = 1

    @model_validator(mode="after")
    def _check(self) -> "MoveRule":
        if self.kind == "edit" and self.endpoint != "games":
            raise ValueError("only games can be edited: other rows have no `updated`")
        if self.kind == "swap" and len(self.positions or ()) % 2:
            raise ValueError("a swap takes positions two and two")
        return self


class MoveRules:
    """The rules in force, and what they have moved."""

    def __init__(self, source: Source) -> None:
        """Start without any."""
        self._source = source
        self.set([])
        self._done: list[dict[str, Any]] = []

    def set(self, rules: object) -> None:
        """Put these rules (JSON: a list or one alone) in the place of all; what has moved stays.

        Raises RuleError.
        """
        read = read_rules(MoveRule, rules)
        self._rules = [(rule, TriggerState(rule, number)) for number, rule in enumerate(read)]

    def clear(self) -> None:
        """End all rules and bring the pure catalogue back."""
        self.set([])
        self._done = []
        self._source.forget_moves()

    def __bool__(self) -> bool:
        """Whether there are rules."""
        return bool(self._rules)

    def apply(self, call: Call, moment: int) -> None:
        """Move the list that a call is about to read, if a rule takes the call."""
        for rule, state in self._rules:
            if rule.looks_at(call) and state.takes(call):
                done = {"kind": rule.kind, "endpoint": rule.endpoint, "before": call.identity}
                self._done.append(done | self._move(rule, state, call, moment))

    def _move(self, rule: MoveRule, state: TriggerState, call: Call, moment: int) -> dict[str, Any]:
        fired = state.taken

        def draw(what: object) -> float:
            return state.draw(fired, what)

        move = Move(rule.kind, rule.positions, rule.rows, draw)
        try:
            return {"ids": self._source.move(rule.endpoint, call.parameters, moment, move)}
        except MoveError as error:
            return {"ids": [], "error": str(error)}

    def report(self) -> dict[str, Any]:
        """Return the rules with how often each took effect, and all that has moved, in order."""
        rules = [
            {
                "kind": rule.kind,
                **rule.model_dump(mode="json", exclude_defaults=True),
                "seen": state.seen,
                "moved": state.taken,
            }
            for rule, state in self._rules
        ]
        return {"rules": rules, "moves": self._done}
