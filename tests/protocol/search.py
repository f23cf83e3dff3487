"""Every order in which actors can make their calls, and every step checked.

A state is the store, the list, and every actor's node. States are met in the order of their
distance from the beginning, each once, however many schedules lead to it; so the first violation comes
with a shortest schedule. A kill is an actor whose turn does not come again: from every store that is
reached, a last run goes on alone, and then all must be well.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import NamedTuple

from extractor.pages.parts import PART_BYTES
from gamemarket.lake_keys import ManifestKey
from gamemarket.run_summary import RunSummary
from tests.inflight_keys import parse_inflight_key
from tests.protocol.actors import Actor, gc, run
from tests.protocol.catalogue import Catalogue
from tests.protocol.histories import Node, explore_node
from tests.protocol.invariants import TORN, find_damage, find_litter, find_problem
from tests.protocol.store import Answer, Call, Failure, Store, Stores


@dataclass(frozen=True)
class Scenario:
    """Who works at the same time on which lake; `first` have worked before, or made so many calls.

    In one schedule `faults` of the store's calls go wrong, and an actor is interrupted by another
    `switches` times at most (None: any number). The checkpoints whose keys end as `torn` says are torn
    by a power cut before it all begins. `may_fail` are those who may end with an error. A part is full
    with `part_bytes` of JSON, of which whoever searches tells the extractor. To walk all of a `long` one
    takes many seconds.
    """

    name: str
    actors: Sequence[Actor]
    catalogue: Catalogue
    first: Sequence[tuple[Actor, int | None]] = ()
    torn: Sequence[str] = ()
    faults: int = 0
    switches: int | None = None
    last: Actor = field(default_factory=lambda: run("last"))
    again: Actor = field(default_factory=lambda: run("again"))
    may_fail: Sequence[str] = ()
    counts_late_calls: bool = False
    part_bytes: int = PART_BYTES
    kills: bool = True
    long: bool = False

    def __str__(self) -> str:
        return self.name


class State(NamedTuple):
    """Where everything stands.

    `late` are puts that are still under way after their time-out, `overtaken` the runs that began a
    reading of a generation which was committed by then.
    """

    store: Store
    catalogue: Catalogue
    nodes: tuple[Node, ...]
    faults: int
    late: tuple[Call, ...] = ()
    overtaken: frozenset[int] = frozenset()
    turn: int = -1
    switches: int = 0


class Step(NamedTuple):
    """One step of a schedule."""

    who: str
    what: Call | str
    state: State
    problem: str
    went_wrong: str = ""

    def __str__(self) -> str:
        return f"{self.what}{self.went_wrong}"


class Effect(NamedTuple):
    """What a call can come to."""

    went_wrong: str
    answer: Answer
    store: Store
    late: tuple[Call, ...] = ()


class ViolationError(AssertionError):
    """A schedule after which something is wrong."""

    def __init__(self, problem: str, steps: Sequence[Step]) -> None:
        self.problem = problem
        self.steps = steps
        lines = [
            f"  {who}: " + ", ".join(map(str, turn))
            for who, turn in groupby(steps, lambda step: step.who)
        ]
        super().__init__("\n".join([problem, f"after {len(steps)} steps:", *lines]))


@dataclass
class Report:
    """What a search has seen."""

    states: int = 0
    schedules: int = 0
    stores: int = 0


class Search:
    """One scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._stores = Stores()
        self._known_end: dict[tuple[Store, Catalogue], list[Step]] = {}
        self._roots = {actor.name: Node(actor) for actor in scenario.actors}
        self._last = [Node(actor) for actor in (scenario.last, gc("last gc"), scenario.again)]
        self._known_problems: dict[tuple[Store, Call, Catalogue], str] = {}
        self._came_from: dict[State, tuple[State, Step]] = {}

    def walk_all(self) -> Report:
        """Every schedule within the scenario's bounds; ViolationError for the shortest bad one."""
        begin = self.begin()
        layer = {begin: 1}
        report = Report()
        self._check_end(begin)
        while layer:
            following: dict[State, int] = defaultdict(int)
            for state, ways in layer.items():
                report.states += 1
                ended = True
                for step in self.steps(state):
                    ended = False
                    if step.state not in following:
                        self._came_from.setdefault(step.state, (state, step))
                        self._check(state, step)
                    following[step.state] += ways
                report.schedules += ways * ended
            layer = following
        report.stores = len(self._known_end)
        return report

    def walk_at_random(self, seed: int) -> None:
        """One schedule."""
        dice = random.Random(seed)
        state = self.begin()
        steps: list[Step] = []
        stay = dice.choice((0.0, 0.5, 0.9))
        while following := list(self.steps(state)):
            same = [
                s
                for s in following
                if s.state.turn == state.turn and s.state.faults == state.faults
            ]
            step = dice.choice(same if same and dice.random() < stay else following)
            steps.append(step)
            if step.problem:
                raise ViolationError(step.problem, steps)
            state = step.state
            if dice.random() < 0.01:
                break  # everybody is killed
        self._check_end(state, steps)

    def begin(self) -> State:
        """Everybody is about to begin."""
        store = self._stores.make({})
        for actor, calls in self.scenario.first:
            done = self._walk_alone(Node(actor), store, self.scenario.catalogue)[:calls]
            store = done[-1].state.store
        torn = {key: TORN for key in store.objects if key.endswith(tuple(self.scenario.torn))}
        store = self._stores.make(store.objects | torn)
        nodes = tuple(self._roots.values())
        return State(store, self.scenario.catalogue, nodes, self.scenario.faults)

    def steps(self, state: State) -> Iterator[Step]:
        """Whatever can happen next.

        The list moves just before it is asked for, which is all that can be seen of it. Asking a
        list that moves no more gives the same at any time: it is done at once.
        """
        asking = None
        for index, node in enumerate(state.nodes):
            explore_node(node, state.store, state.catalogue)
            if node.call is not None and node.call.verb == "ask":
                asking = index
        if asking is not None and not state.catalogue.moves and self.scenario.switches is None:
            yield from self._steps_of(state, asking)
            return
        for index, node in enumerate(state.nodes):
            if node.call is not None:
                yield from self._steps_of(state, index)
        for what, moved in state.catalogue.after_a_move() if asking is not None else ():
            yield Step("list", what, state._replace(catalogue=moved), "")
        for call in state.late:
            late = tuple(other for other in state.late if other is not call)
            _, store = state.store.apply(call)
            problem = self._find_problem(state, call, store)
            after = state._replace(store=store, late=late)
            yield Step("network", f"{call} arrives after all", after, problem)

    def _steps_of(self, state: State, index: int) -> Iterator[Step]:
        """What one actor's next call can come to."""
        node = state.nodes[index]
        assert node.call
        turn, switches = self._take_turn(state, index)
        if self.scenario.switches is not None and switches > self.scenario.switches:
            return
        overtaken = state.overtaken
        if self.scenario.counts_late_calls:
            overtaken = _find_overtaken(state, index, node.call)
        known_problem = node.problem
        if node.call.verb == "ask" and index in overtaken:
            known_problem = f"{node.call}, of a generation that was committed before it was begun"
        for number, effect in enumerate(self._effects(state, node.call)):
            after = node.follow(effect.answer)
            explore_node(after, effect.store, state.catalogue)
            problem = (
                known_problem
                or self._find_problem(state, node.call, effect.store)
                or self._find_bad_end(after)
            )
            reached = State(
                effect.store,
                state.catalogue,
                (*state.nodes[:index], after, *state.nodes[index + 1 :]),
                state.faults - (number > 0),
                state.late + effect.late,
                overtaken,
                turn,
                switches,
            )
            yield Step(node.actor.name, node.call, reached, problem, effect.went_wrong)

    def _take_turn(self, state: State, index: int) -> tuple[int, int]:
        """Whose turn it is, and how many interruptions there were; both stay as they are unbounded."""
        if self.scenario.switches is None:
            return state.turn, state.switches
        interrupts = state.turn not in (-1, index) and state.nodes[state.turn].call is not None
        return index, state.switches + interrupts

    def _effects(self, state: State, call: Call) -> Iterator[Effect]:
        """The usual one first, then what can go wrong."""
        if call.verb == "ask":
            yield Effect("", state.catalogue.answer(call.key), state.store)
            return
        answer, store = state.store.apply(call)
        yield Effect("", answer, store)
        if not state.faults:
            return
        yield Effect(" [refused]", Failure.REFUSED, state.store)
        if call.verb == "put" and store is not state.store:
            yield Effect(" [done, but no answer]", Failure.REFUSED, store)
            yield Effect(" [done, repeated by the client: 412]", False, store)
            yield Effect(" [no answer, under way]", Failure.REFUSED, state.store, (call,))

    def _find_problem(self, state: State, call: Call, store: Store) -> str:
        if store is state.store:
            return ""
        change = (state.store, call, state.catalogue)
        if change not in self._known_problems:
            self._known_problems[change] = find_problem(
                state.store, call, store, self.scenario.catalogue, state.catalogue
            )
        return self._known_problems[change]

    def _find_bad_end(self, node: Node) -> str:
        may_fail = node.actor.name in self.scenario.may_fail
        if node.error is None or node.was_refused or may_fail:
            return ""
        return f"{node.actor.name} met no fault, but ends with {type(node.error).__name__}: {node.error}"

    def _check(self, before: State, step: Step) -> None:
        if step.problem:
            raise ViolationError(step.problem, [*self._schedule(before), step])
        self._check_end(step.state)

    def _check_end(self, state: State, steps: Sequence[Step] | None = None) -> None:
        """Everybody is killed here: one more run, alone, and all must be well."""
        key = (state.store, state.catalogue)
        ended = all(node.call is None for node in state.nodes)
        if key in self._known_end or not (ended or self.scenario.kills):
            return
        self._known_end[key] = []
        tail: list[Step] = []
        store = state.store
        for number, node in enumerate(self._last):
            before = store
            tail += self._walk_alone(node, store, state.catalogue)
            store = tail[-1].state.store
            problem = next((step.problem for step in tail if step.problem), "")
            if number == 2 and not problem:
                problem = self._find_work_done_twice(tail, before)
            if problem:
                so_far = self._schedule(state) if steps is None else steps
                raise ViolationError(problem, [*so_far, *tail])

    def _find_work_done_twice(self, tail: Sequence[Step], before: Store) -> str:
        again = [step for step in tail if step.who == "again"]
        if any(isinstance(step.what, Call) and step.what.verb == "ask" for step in again):
            return "a run of a committed partition asks the API"
        if again[-1].state.store is not before:
            return "a run of a committed partition changes the lake"
        return find_damage(before) or find_litter(before)

    def _walk_alone(self, node: Node, store: Store, catalogue: Catalogue) -> list[Step]:
        """An actor's whole work, while nobody else does anything."""
        state = State(store, catalogue, (node,), 0)
        steps: list[Step] = []
        while following := next(self._steps_alone(state), None):
            steps.append(following)
            state = following.state
        returned, error = state.nodes[0].returned, state.nodes[0].error
        if not steps:
            raise AssertionError(f"{node.actor.name} asks for nothing") from error
        if isinstance(returned, RunSummary) and returned.state not in (
            "committed",
            "done",
            "not_due",
        ):
            steps.append(
                Step(node.actor.name, "ends", state, f"the last run ends {returned.state}")
            )
        return steps

    def _steps_alone(self, state: State) -> Iterator[Step]:
        explore_node(state.nodes[0], state.store, state.catalogue)
        if state.nodes[0].call is not None:
            yield from self._steps_of(state, 0)

    def _schedule(self, state: State) -> list[Step]:
        steps: list[Step] = []
        while state in self._came_from:
            state, step = self._came_from[state]
            steps.append(step)
        return steps[::-1]


def walk_all(scenario: Scenario) -> Report:
    """Every schedule of a scenario within its bounds."""
    return Search(scenario).walk_all()


def _find_overtaken(state: State, index: int, call: Call) -> frozenset[int]:
    if call.verb != "put" or not call.key.endswith("/request.json"):
        return state.overtaken
    if _commit_of(call.key) in state.store.objects:
        return state.overtaken | {index}
    return state.overtaken - {index}


@cache
def _commit_of(request: str) -> str:
    key = parse_inflight_key(request)
    return str(ManifestKey(partition=key.partition, generation=key.generation))
