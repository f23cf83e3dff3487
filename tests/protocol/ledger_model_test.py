"""The ledger in every order of events: two runs at the limit, kills, puts that time out and land later.

Never are more requests made than the limit, and never does the ledger say less than were made. Without
any of its rules the search finds a schedule that breaks a promise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple, cast

import pytest

from extractor.api import ledger
from extractor.api.ledger import BudgetSpentError, Ledger, RequestBudget
from extractor.api.rawg_client import Request
from gamemarket.endpoints import load_endpoints
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock
from tests.protocol.actors import Actor, Client
from tests.protocol.catalogue import Catalogue
from tests.protocol.histories import Node, explore_node
from tests.protocol.store import Answer, ApiAnswer, Call, Failure, Store, Stores

PERIOD = date(2024, 1, 1)
Patch = pytest.MonkeyPatch


class _Api:
    def answer(self, _: str) -> ApiAnswer:
        return ApiAnswer(200, b"")


REQUEST = Request("/spent", {}, frozenset({200}), "whatever it asks")
API = cast(Catalogue, _Api())


def spender(name: str, requests: int, limit: int) -> Actor:
    """A run that wants so many requests, and asks on after a refusal, as its other threads do."""
    source = load_endpoints().sources["rawg"].model_copy(update={"monthly_requests": limit})

    def act(lake: Lake, client: Client) -> int:
        clock = Clock(datetime(2024, 1, 20, tzinfo=UTC))
        budget = RequestBudget(partial(Ledger, lake, "rawg"), source, name, clock)
        with closing(budget):
            for _ in range(requests):
                try:
                    budget.take()
                except (BudgetSpentError, LakeError):
                    continue
                client.ask(REQUEST)
        return budget.total_spent

    return Actor(name, act)


@dataclass(frozen=True)
class Scenario:
    """Runs at once, which want so many requests each, of which so many calls of the store fail.

    Each may be killed at any of its calls. They reserve `block` requests at a time: what is left at the
    limit can be less than that.
    """

    name: str
    wants: tuple[int, ...]
    limit: int
    faults: int = 0
    block: int = 2

    def __str__(self) -> str:
        return self.name


class State(NamedTuple):
    """Where everything stands; `late` are puts under way after their time-out."""

    store: Store
    nodes: tuple[Node, ...]
    faults: int
    late: tuple[Call, ...] = ()


class OverspentError(AssertionError):
    """A schedule that breaks a promise."""


class Search:
    """Every schedule of a scenario, each state once, shortest first."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.states = 0
        self._says: dict[Store, int] = {}
        self._stores = Stores()
        self._came_from: dict[State, tuple[State, str]] = {}
        self._last = Node(spender("last", scenario.limit + 1, scenario.limit))

    def walk_all(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("MIN_BLOCK_REQUESTS", "MAX_BLOCK_REQUESTS"):
                patch.setattr(ledger, name, self.scenario.block)
            self._walk_all()

    def _walk_all(self) -> None:
        limit = self.scenario.limit
        actors = [spender(f"run{n}", want, limit) for n, want in enumerate(self.scenario.wants)]
        begin = State(self._stores.make({}), tuple(map(Node, actors)), self.scenario.faults)
        queue, met = deque([begin]), {begin}
        while queue:
            state = queue.popleft()
            self._check(state)
            for what, following in self._steps(state):
                if following not in met:
                    met.add(following)
                    self._came_from[following] = (state, what)
                    queue.append(following)
        self.states = len(met)

    def _steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Whatever can happen next; a request to the API changes nothing for others, and is made first."""
        for node in state.nodes:
            explore_node(node, state.store, API)
        asking = [node for node in state.nodes if node.call and node.call.verb == "ask"][:1]
        for index, node in enumerate(state.nodes):
            if node.call is None or (asking and node is not asking[0]):
                continue
            for what, answer, store, late in self._effects(state, node.call):
                after = node.follow(answer)
                explore_node(after, store, API)
                nodes = (*state.nodes[:index], after, *state.nodes[index + 1 :])
                faults = state.faults - bool(what)
                called = f"{node.actor.name}: {node.call.verb} {node.call.key}{what}"
                yield called, State(store, nodes, faults, state.late + late)
        for call in () if asking else state.late:
            _, store = state.store.apply(call)
            left = tuple(other for other in state.late if other is not call)
            yield f"{call.key} arrives after all", state._replace(store=store, late=left)

    def _effects(
        self, state: State, call: Call
    ) -> Iterator[tuple[str, Answer, Store, tuple[Call, ...]]]:
        if call.verb == "ask":
            yield "", ApiAnswer(200, b""), state.store, ()
            return
        answer, store = state.store.apply(call)
        yield "", answer, store, ()
        if not state.faults:
            return
        yield " [refused]", Failure.REFUSED, state.store, ()
        if store is not state.store:
            yield " [done, but no answer]", Failure.REFUSED, store, ()
        if call.verb == "put" and store is not state.store:
            yield " [done, repeated by the client: 412]", False, store, ()
            yield " [no answer, under way]", Failure.REFUSED, state.store, (call,)

    def _check(self, state: State) -> None:
        """Everybody may be killed here: what the ledger then says must cover what was made."""
        made = sum(_count_made(node) for node in state.nodes)
        says = self._count(state.store)
        if made > self.scenario.limit:
            self._fail(state, f"{made} requests were made of {self.scenario.limit}")
        if says < made:
            self._fail(state, f"{made} requests were made, the ledger says {says}")
        if self._all_went_well(state):
            if not made and len(state.nodes) == 2:
                self._fail(state, "two runs at the edge leave each other nothing")
            if says != made:
                self._fail(state, f"all runs ended well: {made} made, the ledger says {says}")
            self._check_last_run(state, made)
        for node in state.nodes:
            if node.error is not None:
                self._fail(state, f"{node.actor.name} ends with {node.error!r}")

    def _all_went_well(self, state: State) -> bool:
        unharmed = state.faults == self.scenario.faults and not state.late
        return unharmed and all(node.returned is not None for node in state.nodes)

    def _check_last_run(self, state: State, made: int) -> None:
        """What is left is there for whoever comes next, to the last request."""
        node, store = self._last, state.store
        explore_node(node, store, API)
        while node.call is not None:
            if node.call.verb == "ask":
                answer: Answer = ApiAnswer(200, b"")
            else:
                answer, store = store.apply(node.call)
            node = node.follow(answer)
            explore_node(node, store, API)
        if (has := node.returned) != self.scenario.limit - made:
            self._fail(state, f"{has} requests were to be had, {self.scenario.limit - made} left")

    def _count(self, store: Store) -> int:
        if store not in self._says:
            lake = cast(Lake, _Reading(store))
            self._says[store] = Ledger(lake, "rawg", PERIOD).count_requests()
        return self._says[store]

    def _fail(self, state: State, problem: str) -> None:
        steps = []
        while state in self._came_from:
            state, what = self._came_from[state]
            steps.append(what)
        raise OverspentError("\n  ".join([f"{problem}, after", *reversed(steps)]))


class _Reading:
    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, prefix: str) -> object:
        return self._store.apply(Call("list", prefix))[0]

    def get(self, key: object) -> object:
        return self._store.apply(Call("get", str(key)))[0]


def _count_made(node: Node) -> int:
    return sum(isinstance(one.answer, ApiAnswer) for one in node.path())


SCENARIOS = [
    Scenario("one run, one fault", (4,), limit=3, faults=1),
    Scenario("one run, two faults", (3,), limit=3, faults=2),
    Scenario("two runs at the limit", (4, 4), limit=3),
    Scenario("two runs with room for one block", (2, 2), limit=2),
    Scenario("two runs, one fault", (3, 2), limit=3, faults=1),
    Scenario("two runs, two faults", (1, 1), limit=2, faults=2),
    Scenario("three runs of a request each", (1, 1, 1), limit=2, block=1),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_no_schedule_overspends_or_understates(scenario: Scenario) -> None:
    search = Search(scenario)
    search.walk_all()
    print(f"{search.states:,} states")
    assert search.states > 10


def _named(words: str) -> Scenario:
    return next(one for one in SCENARIOS if one.name == words)


@dataclass(frozen=True)
class Rule:
    """A rule of the ledger; `remove` takes it out of the code, `broken` is what then goes wrong."""

    name: str
    remove: Callable[[Patch], None]
    scenario: Scenario
    broken: str

    def __str__(self) -> str:
        return self.name


def _replace(name: str, make: Callable[[Callable[..., object]], object]) -> Callable[[Patch], None]:
    """Another method of RequestBudget or Ledger, made of the one that it replaces."""
    kind = RequestBudget if hasattr(RequestBudget, name) else Ledger
    return lambda patch: patch.setattr(kind, name, make(getattr(kind, name)))


def _count_before_the_put(reserves: Callable[..., object]) -> object:
    def reserve_what_fitted(self: RequestBudget, ledger: Ledger, requests: int) -> bool:
        self._blocks += 1
        if ledger.count_requests() + requests > 3:
            return False
        ledger.reserve(self._run_id, self._blocks, requests)
        return True

    return reserve_what_fitted


def _remember_as_made(reserve: Callable[..., object]) -> object:
    def reserve_and_remember(self: RequestBudget, ledger: Ledger) -> None:
        try:
            reserve(self, ledger)
        except BudgetSpentError:
            self._reserved += 1
            raise

    return reserve_and_remember


def _remember_what_timed_out(reserves: Callable[..., object]) -> object:
    def reserve_or_believe(self: RequestBudget, ledger: Ledger, requests: int) -> object:
        try:
            return reserves(self, ledger, requests)
        except LakeError:
            return True

    return reserve_or_believe


def _keep_what_is_refused(take_back: Callable[..., object]) -> object:
    return lambda self, block: None


def _forget_the_settlement(settle: Callable[..., object]) -> object:
    return lambda self: None


def _settle_what_was_reserved(settle: Callable[..., object]) -> object:
    def settle_too_early(self: RequestBudget, ledger: Ledger, requests: int) -> object:
        reserved = settle(self, ledger, requests)
        if reserved:
            ledger.settle(self._run_id, self._spent)
        return reserved

    return settle_too_early


RULES = [
    Rule(
        "a block is counted after it was put, beside all others",
        _replace("_reserves", _count_before_the_put),
        _named("two runs at the limit"),
        "requests were made of 3",
    ),
    Rule(
        "a refused reservation is none",
        _replace("_reserve_block", _remember_as_made),
        _named("two runs at the limit"),
        "requests were made of 3",
    ),
    Rule(
        "a reservation without an answer is none",
        _replace("_reserves", _remember_what_timed_out),
        _named("one run, one fault"),
        "the ledger says",
    ),
    Rule(
        "what is refused is taken back",
        _replace("take_back", _keep_what_is_refused),
        _named("two runs with room for one block"),
        "leave each other nothing",
    ),
    Rule(
        "a run that ends settles",
        _replace("_settle", _forget_the_settlement),
        Scenario("one run that spends less than it reserved", (1,), limit=3),
        "all runs ended well: 1 made, the ledger says 2",
    ),
    Rule(
        "nothing is settled before the run ends",
        _replace("_reserves", _settle_what_was_reserved),
        _named("one run, one fault"),
        "1 requests were made, the ledger says 0",
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_without_this_rule_a_promise_is_broken(rule: Rule, monkeypatch: Patch) -> None:
    rule.remove(monkeypatch)
    with pytest.raises(OverspentError, match=rule.broken) as found:
        Search(rule.scenario).walk_all()
    print(found.value)
