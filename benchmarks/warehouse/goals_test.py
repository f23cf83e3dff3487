from __future__ import annotations

from dataclasses import replace

from benchmarks.warehouse.goals import compare_with_goals
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.results import Results


def _loading(build: Build, seconds: float) -> Build:
    return replace(build, dbt=replace(build.dbt, loading=seconds))


def test_the_last_day_is_compared_with_the_first_by_medians(build: Build) -> None:
    first = [_loading(build, seconds) for seconds in (9.0, 10.0, 30.0)]
    last = [_loading(build, seconds) for seconds in (1.0, 13.0, 14.0)]
    days = {2: first, 30: [_loading(build, 99.0)], 365: last}
    goals = compare_with_goals(Results(days=days))
    assert [(goal.measured, goal.is_met) for goal in goals] == [
        (100, True),
        (120.0, True),  # kB a page
        (1.3, False),
        (1.0, True),  # processes alike
        (1.5, True),  # 9 s, where dbt starts in 6
        (500.0, True),
        (1, True),
    ]


def test_pages_that_are_too_small_and_parts_that_are_not_due_are_seen(build: Build) -> None:
    small = replace(build, written=replace(build.written, json_bytes=9_000_000), parts_opened=2)
    goals = compare_with_goals(Results(days={2: [build], 30: [small]}))
    measured = [(goal.measured, goal.is_met) for goal in goals]
    assert (measured[1], measured[-1]) == ((90.0, False), (2, False))


def test_a_day_that_takes_longer_or_more_memory_is_seen(build: Build) -> None:
    last = replace(build, seconds=10.8, peak_mb=701.0)
    goals = compare_with_goals(Results(days={2: [replace(build, seconds=9.0)], 365: [last]}))
    assert [goal.is_met for goal in goals[3:6]] == [False, True, False]
    goals = compare_with_goals(Results(days={2: [replace(build, seconds=9.7)], 365: [last]}))
    assert [goal.is_met for goal in goals[3:6]] == [True, False, False]


def test_where_opened_files_are_not_known_nothing_is_said_of_them(build: Build) -> None:
    unknown = replace(build, parts_opened=None)
    assert len(compare_with_goals(Results(days={2: [unknown], 30: [unknown]}))) == 6


def test_only_the_large_refresh_is_asked_about(build: Build) -> None:
    refreshes = {80_000: build, 900_000: replace(build, peak_mb=2_000.0)}
    (goal,) = compare_with_goals(Results(refreshes=refreshes))
    assert (goal.measured, goal.is_met) == (2.0, False)
