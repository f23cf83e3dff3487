from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.goals import Goal, compare_with_goals
from benchmarks.measure import Run
from benchmarks.rerun import DayRerun
from benchmarks.results import BARE_LOOP, FLOOR, TO_FOLDER, TO_MINIO, Results


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


def test_each_figure_is_compared_with_its_own_bound() -> None:
    run = Run(
        pages=5000,
        calls=5000,
        fetch_seconds=25.0,
        whole_seconds=50.0,
        process_seconds=50.0,
        cpu_seconds=5.0,
        peak_mb=120.0,
        sandbox_cpu_seconds=0.5,
        others_busy=0.25,
        load_before=1.0,
    )
    results = Results(
        runs={0: {TO_FOLDER: [run], TO_MINIO: [run], FLOOR: [replace(run, cpu_seconds=3.0)]}},
        long_latency_ms=160,
        long_runs={TO_FOLDER: [run], BARE_LOOP: [replace(run, fetch_seconds=20.0)]},
        memory_runs={TO_FOLDER: [replace(run, pages=500, peak_mb=100.0)]},
        day_reruns=[DayRerun("MinIO", 7, 74, 1, 16, seconds=0.5, cpu_seconds=0.4)],
        interpreter_seconds=0.1,
        page_kb=133.0,
    )
    assert [(goal.measured, goal.is_met) for goal in compare_with_goals(results)] == [
        (133.0, True),
        (100.0, False),  # pages a second with the commit, below 300 into a folder
        (100.0, False),
        (pytest.approx(5 / 3), False),  # CPU of the floor's
        (pytest.approx(5 / 3), True),
        (100.0, True),  # 200 of 200 pages a second
        (50.0, False),
        (80.0, False),  # of the 250 of the bare loop
        (40.0, False),
        (120.0, True),
        (20.0, False),
        (1, False),
        (2.0, True),
        (0.4, True),
    ]
