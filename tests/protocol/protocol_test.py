"""The protocol's promises in every order of events: runs, a refetch, gc, readers, kills, time-outs."""

from __future__ import annotations

import pytest

from tests.protocol.scenarios import EXHAUSTIVE, INTERRUPTED_TWICE, MOVING, OF_DETAILS, RANDOM
from tests.protocol.search import Scenario, Search

RANDOM_SCHEDULES = 300

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("scenario", [*EXHAUSTIVE, *INTERRUPTED_TWICE, *OF_DETAILS], ids=str)
def test_no_schedule_breaks_a_promise(scenario: Scenario) -> None:
    report = Search(scenario).walk_all()
    print(report)
    assert report.schedules > 1


@pytest.mark.parametrize("scenario", MOVING, ids=str)
def test_a_list_that_moves_is_complete_with_all_that_stayed_or_drifted(scenario: Scenario) -> None:
    report = Search(scenario).walk_all()
    print(report)
    assert report.schedules > 1


@pytest.mark.parametrize("scenario", RANDOM, ids=str)
def test_no_random_schedule_breaks_a_promise(scenario: Scenario) -> None:
    search = Search(scenario)
    for seed in range(RANDOM_SCHEDULES):
        search.walk_at_random(seed)
