"""Lists that move while they are read: rules that change a list right before a call is answered.

"Between the third call and the fourth" is `"after": 3`; "when page 5 is asked a second time" is
`"page": 5, "asked": 2`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field, model_validator

from rawg_sandbox.api import LISTS
from rawg_sandbox.mover import Move, MoveError, MoveKind
from rawg_sandbox.source import Source
from rawg_sandbox.trigger import Call, FromOne, Rules, Trigger, one_of


class MoveRule(Trigger):
    """What to do to the list that is asked for, once if `times` says nothing else.

    `positions` are places in the list as it is then, from 0, negative ones from its end; for a
    swap always two and two, for an insertion where the new rows come to stand. Without them
    `rows` rows are drawn, and new ones stand where the list's order puts them (in
    `ordering=created`: at the end).
    """

    kind: MoveKind
    endpoint: Annotated[str, one_of(sorted(LISTS), "list")] = "games"
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


class MoveRules(Rules[MoveRule]):
    """The rules in force, and what they have moved: what has moved stays when rules are set."""

    def __init__(self, source: Source) -> None:
        super().__init__(MoveRule)
        self._source = source
        self._done: list[dict[str, Any]] = []

    def clear(self) -> None:
        """End all rules and bring the pure catalogue back."""
        self.put([])
        self._done = []
        self._source.forget_moves()

    def apply(self, call: Call, moment: int) -> None:
        """Move the list that a call is about to read, as the rules say that take the call."""
        for rule in self.taking(call):
            done = {"kind": rule.kind, "endpoint": rule.endpoint, "before": call.identity}
            self._done.append(done | self._move(rule, call, moment))

    def _move(self, rule: MoveRule, call: Call, moment: int) -> dict[str, Any]:
        move = Move(rule.kind, rule.positions, rule.rows, partial(rule.draw, rule.taken))
        try:
            return {"ids": self._source.move(rule.endpoint, call.parameters, moment, move)}
        except MoveError as error:
            return {"ids": [], "error": str(error)}

    def report(self) -> dict[str, Any]:
        """Return the rules with how often each took effect, and all that has moved, in order."""
        return {"rules": [rule.describe("moved") for rule in self.rules], "moves": self._done}
