from __future__ import annotations

from dataclasses import replace

from benchmarks.warehouse.comparison import Comparison, Fault, Reading
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.report import build_report
from benchmarks.warehouse.results import Results


def _cells(report: str, name: str) -> list[str]:
    row = next(line for line in report.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_a_day_stands_beside_the_first(build: Build) -> None:
    longer = replace(build, dbt=replace(build.dbt, loading=12.0), parts=200)
    report = build_report(Results(days={2: [build], 365: [build, longer, longer]}), ["a machine"])
    assert _cells(report, "365") == [
        *("365", "12.0 (10.0-12.0)", "1.20", "5.0 (5.0-5.0)", "3.0 (3.0-3.0)"),
        *(
            "9.0 (9.0-9.0)",
            "6.0 (6.0-6.0)",
            "12.0",
            "500",
            "1 of 9",
            "1.0",
            "100",
            "60",
            "25%",
            "1.5",
        ),
    ]


def test_days_and_games_stand_apart(build: Build) -> None:
    results = Results(
        days={2: [build]},
        thin_days={2: [build], 3_650: [replace(build, seconds=10.0)]},
        days_after={900_000: replace(build, seconds=20.0)},
    )
    report = build_report(results, [])
    assert _cells(report, "3,650")[5] == "10.0"
    assert _cells(report, "900,000")[5] == "20.0"


def test_models_are_ordered_by_what_they_took_more_in_the_end(build: Build) -> None:
    models = {"dim_games": 7.5, "dim_genres": 2.0, "market_genre_trend": 9.0}
    last = replace(build, dbt=replace(build.dbt, models=models))
    section = build_report(Results(days={2: [build], 365: [last]}), []).split("models that grew")[1]
    shown = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert shown == ["market_genre_trend", "dim_games", "dim_genres"]
    assert _cells(section, "`dim_games`") == ["`dim_games`", "7.00", "7.50"]


def test_a_fault_that_ends_the_read_has_no_other_rows(build: Build) -> None:
    reading = Reading(rows=80_000, seconds=4.5, process_seconds=6.0, peak_mb=900.0)
    faults = [
        Fault("metacritic", "N/A", None, "not an integer", '"N/A" (JSON)', 12),
        Fault("added", 4.5, None, None, "error: Conversion", None),
    ]
    comparison = Comparison(reading, replace(reading, seconds=7.0), {"rating": 3}, faults)
    report = build_report(Results(days={2: [build]}, comparison=comparison), [])
    assert _cells(report, "metacritic = 'N/A'")[1:] == [
        *("null", "not an integer", '"N/A" (JSON)', "12")
    ]
    assert _cells(report, "added = 4.5")[1:] == ["null", "", "error: Conversion", "nothing is read"]
    assert "`rating` 3" in report
