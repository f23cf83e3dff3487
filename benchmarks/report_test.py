from __future__ import annotations

from dataclasses import replace

from benchmarks.measure import Run
from benchmarks.report import build_report
from benchmarks.rerun import DayRerun
from benchmarks.results import BARE_LOOP, TO_FOLDER, Case, Results

RUN = Run(
    pages=1000,
    calls=1000,
    fetch_seconds=10.0,
    whole_seconds=12.5,
    process_seconds=13.0,
    cpu_seconds=2.0,
    peak_mb=100.0,
    sandbox_cpu_seconds=0.5,
    others_busy=0.25,
    load_before=1.0,
)


def cells(report: str, name: str) -> list[str]:
    row = next(line for line in report.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_a_row_is_the_median_beside_the_bare_loop_and_the_bound() -> None:
    ours = [replace(RUN, fetch_seconds=seconds) for seconds in (10.0, 20.0, 8.0)]
    runs = {"ours": ours, BARE_LOOP: [replace(RUN, fetch_seconds=5.0)]}
    results = Results(runs={Case(40, 160, 1000): runs}, page_kb={40: 133.4, 6: 22.0})
    report = build_report(results, ["a machine"])
    assert cells(report, "ours") == [
        *("ours", "1,000", "100 (50-125)", "50%", "80 (80-80)", "50%", "40%"),
        *("2.00 (2.00-2.00)", "100 (100-100)", "25%", "1.0", "3"),
    ]
    assert "## 1,000 pages of 133 kB at 160 ms" in report
    assert "A page has 133 kB (40 rows) or 22 kB (6 rows) on average." in report
    assert "0.50 ms of CPU a page (wrk is not installed" in report


def test_without_latency_there_is_no_bound() -> None:
    runs = {Case(40, 0, 1000): {BARE_LOOP: [RUN]}}
    report = build_report(Results(runs=runs, page_kb={40: 133.0}), [])
    assert "of the bound (" not in report


def test_memory_stands_beside_the_longer_run_of_the_same_pages() -> None:
    ours = replace(RUN, pages=5000, peak_mb=130)
    results = Results(
        runs={
            Case(40, 0, 5000): {BARE_LOOP: [RUN], TO_FOLDER: [replace(ours, peak_mb=999)]},
            Case(40, 150, 5000): {BARE_LOOP: [RUN], TO_FOLDER: [ours]},
            Case(6, 150, 5000): {BARE_LOOP: [RUN], TO_FOLDER: [replace(ours, peak_mb=90)]},
        },
        memory_runs={
            40: {TO_FOLDER: [replace(RUN, pages=500, peak_mb=118)]},
            6: {TO_FOLDER: [replace(RUN, pages=500, peak_mb=85)]},
        },
        page_kb={40: 133.0, 6: 22.0},
    )
    section = build_report(results, []).split("## Memory")[1]
    large, small = (line for line in section.splitlines() if line.startswith("| extractor"))
    assert cells(large, "extractor")[1:] == ["133 kB", "500", "5,000", "118", "130", "+12"]
    assert cells(small, "extractor")[1:] == ["22 kB", "500", "5,000", "85", "90", "+5"]


def test_a_store_that_counts_nothing_is_said_to() -> None:
    day = DayRerun("folder", 7, 74, 0, None, seconds=0.5, cpu_seconds=0.4)
    results = Results(
        runs={Case(40, 0, 1000): {BARE_LOOP: [RUN]}},
        day_reruns=[day],
        interpreter_seconds=0.1,
        page_kb={40: 133.0},
    )
    assert cells(build_report(results, []), "folder")[4:] == ["not counted", "0.50", "0.40", "0.40"]
