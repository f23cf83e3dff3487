"""The protocol's promises in every order of events: runs, a refetch, gc, readers, kills, time-outs."""

from __future__ import annotations

import pytest

from extractor.pages import parts
from tests.nightly import NIGHTLY, choose_count, say_left_out
from tests.protocol.scenarios import (
    EXHAUSTIVE,
    INTERRUPTED_TWICE,
    MOVING,
    OF_DETAILS,
    RANDOM,
    SMALL_PARTS,
)
from tests.protocol.search import Scenario, Search

RANDOM_SCHEDULES, BY_DAY = 300, 60

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def fill_parts(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", scenario.part_bytes)


def walk(scenario: Scenario, request: pytest.FixtureRequest) -> None:
    """Every schedule; by day some of a long scenario's, at random."""
    search = Search(scenario)
    if scenario.long and not NIGHTLY:
        say_left_out(request, f"all schedules but {BY_DAY} at random")
        walk_at_random(search, BY_DAY)
        return
    report = search.walk_all()
    print(report)
    assert report.schedules > 1


def walk_at_random(search: Search, schedules: int) -> None:
    for seed in range(schedules):
        search.walk_at_random(seed)


@pytest.mark.parametrize("scenario", [*EXHAUSTIVE, *INTERRUPTED_TWICE, *OF_DETAILS], ids=str)
def test_no_schedule_breaks_a_promise(scenario: Scenario, request: pytest.FixtureRequest) -> None:
    walk(scenario, request)


@pytest.mark.parametrize("scenario", SMALL_PARTS, ids=str)
def test_no_schedule_breaks_a_promise_when_parts_are_put_while_pages_arrive(
    scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    walk(scenario, request)


@pytest.mark.parametrize("scenario", MOVING, ids=str)
def test_a_list_that_moves_is_complete_with_all_that_stayed_or_drifted(
    scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    walk(scenario, request)


@pytest.mark.parametrize("scenario", RANDOM, ids=str)
def test_no_random_schedule_breaks_a_promise(
    scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    schedules = choose_count(request, "schedules", RANDOM_SCHEDULES, BY_DAY)
    walk_at_random(Search(scenario), schedules)
