from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.goals import Goal, compare_with_goals
from benchmarks.measure import Run
from benchmarks.results import BARE_LOOP, FLOOR, TO_FOLDER, TO_MINIO, Case, Results


@pytest.mark.parametrize(
    ("sign", "measured", "met"),
    [
        *[(">=", 84.9, False), (">=", 85.0, True), (">=", 85.1, True)],
        *[("<=", 84.9, True), ("<=", 85.0, True), ("<=", 85.1, False)],
        *[("<", 84.9, True), ("<", 85.0, False)],
    ],
)
def test_a_goal_is_met_or_not(sign: str, measured: float, met: bool) -> None:
    goal = Goal("fetching", sign, 85, measured, "%", 1)
    assert goal.is_met is met
    assert goal.cells() == ["fetching", f"{sign} 85.0%", f"{measured}%", "yes" if met else "NO"]


RUN = Run(
    pages=5000,
    calls=5000,
    fetch_seconds=25.0,
    whole_seconds=50.0,
    process_seconds=50.0,
    cpu_seconds=6.0,
    peak_mb=120.0,
    sandbox_cpu_seconds=0.5,
    others_busy=0.25,
    load_before=1.0,
)


def test_each_figure_is_compared_with_its_own_bound() -> None:
    floor = replace(RUN, cpu_seconds=4.0, whole_seconds=30.0)
    small = replace(floor, whole_seconds=25.0)
    ours = {TO_FOLDER: [RUN], TO_MINIO: [replace(RUN, cpu_seconds=9.0)]}
    slow = {TO_FOLDER: [RUN], TO_MINIO: [replace(RUN, peak_mb=150.0)]}
    few = {name: [replace(RUN, pages=500, peak_mb=105.0)] for name in slow}
    results = Results(
        runs={
            Case(40, 0, 5000): {**ours, FLOOR: [floor]},
            Case(6, 0, 5000): {**ours, FLOOR: [small]},
            Case(40, 150, 5000): {**slow, BARE_LOOP: [replace(RUN, whole_seconds=45.5)]},
        },
        memory_runs={40: few},
        page_kb={40: 133.0, 6: 22.0},
    )
    measured = [(round(goal.measured, 9), goal.is_met) for goal in compare_with_goals(results)]
    assert measured == [
        (1.5, True),  # CPU of the floor's
        (60.0, True),  # of the floor's pages a second
        (91.0, False),  # of the bare loop's, in a folder
        (120.0, True),
        (15.0, True),
        (2.25, False),
        (60.0, True),
        (91.0, True),  # the same in S3
        (150.0, False),
        (45.0, False),
        (1.5, True),
        (50.0, False),
        (2.25, False),
        (50.0, False),
    ]


def test_a_goal_says_of_which_pages_and_lake_it_is() -> None:
    results = Results(runs={Case(6, 0, 5000): {TO_FOLDER: [RUN], FLOOR: [RUN]}}, page_kb={6: 22.4})
    assert [goal.what for goal in compare_with_goals(results)] == [
        "22 kB, extractor, folder: CPU a page, of the floor's",
        "22 kB, extractor, folder: with the commit at 0 ms, of the floor",
    ]
