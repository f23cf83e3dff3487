from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gamemarket.build_quality import (
    BuildQuality,
    BuildRun,
    EndpointQuality,
    FailedCheck,
    PartitionQuality,
    Quota,
)
from reporter.build import build_report
from reporter.conftest import Game, Home, tabulate
from reporter.marts.published import open_published
from reporter.page.finding import DataQuality, Finding
from reporter.quality.build_findings import find_runs
from reporter.quality.data_quality import judge_quality
from reporter.quality.lake_findings import find_quota, find_usual

TODAY = date(2024, 1, 20)


def make_endpoint(
    rows: int = 100, missing: int = 0, newest: date = TODAY, days: int = 10
) -> EndpointQuality:
    """One of ten runs of a hundred rows, give or take one, but for the last."""
    partitions = [
        PartitionQuality(
            run_date=newest - timedelta(days=before),
            is_complete=not missing or before > 0,
            reasons="drifted" if missing and not before else "",
            rows=rows if before == 0 else 100 + before % 3 - 1,
            reported=100,
            missing=missing if before == 0 else 0,
            requests=3,
            finished_at=datetime(2024, 1, 21, tzinfo=UTC),
        )
        for before in reversed(range(days))
    ]
    return EndpointQuality(
        source="rawg",
        endpoint="games",
        kind="daily",
        due_run_date=TODAY - timedelta(days=1),
        partitions=tuple(partitions),
    )


def make_quality(
    endpoint: EndpointQuality | None = None,
    failed: tuple[FailedCheck, ...] = (),
    spent: int = 100,
) -> BuildQuality:
    run = BuildRun(
        started_at=datetime(2024, 1, 21), state="published", passed=9, warned=0, failed=0
    )
    return BuildQuality(
        built_at=datetime(2024, 1, 21, tzinfo=UTC),
        endpoints=(endpoint or make_endpoint(),),
        quotas=(Quota(source="rawg", since=date(2024, 1, 1), spent=spent, limit=20_000),),
        passed=9,
        failed=failed,
        runs=(run,),
        model_seconds={f"model_{n}": float(n) for n in range(12)},
    )


def judge(home: Home, quality: BuildQuality | None, rejected: bool = False) -> DataQuality:
    tables = tabulate([Game(1, "One", 5)], 10)
    if rejected:
        tables["rejected_values"] = [("rawg", "games", "metacritic", "out of range", 3, "999")]
    home.publish(tables)
    with open_published(home.settings, "dev") as marts:
        assert marts
        return judge_quality(marts, None, quality)


def find(judged: DataQuality, title: str) -> Finding:
    (finding,) = (one for one in judged.findings if one.title == title)
    return finding


def test_good_data_are_said_to_be_good(home: Home) -> None:
    judged = judge(home, make_quality())
    assert judged.verdict == "The data are fresh, complete and as they should be."
    assert {finding.level for finding in judged.findings} == {"fine"}


WARNING = FailedCheck(test="unique_x", model="dim_games", status="warn", failures=1, message="7")
FAILURE = WARNING.model_copy(update={"status": "fail"})
DRIFT = WARNING.model_copy(update={"test": "schema_drift_new_field", "model": "games"})


@pytest.mark.parametrize(
    ("quality", "title", "level"),
    [
        (make_quality(make_endpoint(newest=TODAY - timedelta(days=2))), "Freshness", "red"),
        (make_quality(make_endpoint(days=0)), "Freshness", "red"),
        (make_quality(make_endpoint(rows=90, missing=10)), "Completeness", "red"),
        (make_quality(make_endpoint(rows=40)), "Rows of the last run", "amber"),
        (make_quality(make_endpoint(rows=300)), "Rows of the last run", "amber"),
        (make_quality(failed=(WARNING,)), "Checks of the last build", "amber"),
        (make_quality(failed=(FAILURE,)), "Checks of the last build", "red"),
        (make_quality(failed=(DRIFT,)), "Schema drift", "amber"),
        (make_quality(spent=19_000), "Requests of rawg", "amber"),
        (make_quality(spent=20_000), "Requests of rawg", "red"),
        (None, "Record of the build", "amber"),
    ],
)
def test_what_is_wrong_comes_first_with_a_command(
    home: Home, quality: BuildQuality | None, title: str, level: str
) -> None:
    judged = judge(home, quality)
    worst = judged.findings[0]
    assert (worst.title, worst.level) == (title, level)
    assert worst.command
    assert title.lower() in judged.verdict
    assert [one.title for one in judged.findings if one.level != "fine"] == [title]


def test_rejected_values_are_shown_with_an_example(home: Home) -> None:
    finding = find(judge(home, make_quality(), rejected=True), "Rejected values")
    assert finding.level == "amber"
    assert "3 values could not be taken" in finding.said
    assert finding.table and "999" in {cell.text for cell in finding.table.rows[0]}


def test_what_is_usual_is_not_known_after_a_few_runs(home: Home) -> None:
    finding = find(judge(home, make_quality(make_endpoint(rows=1, days=4))), "Rows of the last run")
    assert (finding.level, finding.table) == ("fine", None)
    assert "after 5 runs" in finding.said


def test_rows_of_the_runs_before_stand_beside_the_last(home: Home) -> None:
    finding = find(judge(home, make_quality(make_endpoint(rows=40))), "Rows of the last run")
    assert finding.table
    [row] = finding.table.rows
    shown = {
        header.text: cell.text for header, cell in zip(finding.table.headers, row, strict=True)
    }
    before = shown["rows of runs before"].split(" · ")
    assert before[:4] == ["100", "101", "99", "100"]  # the newest first
    assert shown["rows count"] == "40"


def test_one_odd_day_does_not_widen_what_is_usual() -> None:
    assert find_usual([100, 101, 99, 100, 5_000, 102]) == find_usual([100, 101, 99, 100, 103, 102])


def test_a_quota_lasts_as_its_pace_says() -> None:
    quota = Quota(source="rawg", since=date(2024, 1, 10), spent=1_000, limit=2_000)
    # 1,000 in eleven days: the other 1,000 last eleven more.
    assert "they last until 2024-01-31" in find_quota(quota, TODAY).said
    slow = quota.model_copy(update={"spent": 100})
    assert "until 2024-02-10, when they begin anew" in find_quota(slow, TODAY).said


def test_the_page_begins_with_the_verdict_and_tells_why(home: Home) -> None:
    home.publish(tabulate([Game(1, "One", 5)], 10))
    html = build_report(home.settings, "dev").html.decode()
    assert html.index('href="#quality">The data can be used') < html.index("<main>")
    assert "transformer quality" in html[html.index('<section id="quality"') :]


def test_builds_are_counted_in_words_that_fit_their_number() -> None:
    one = make_quality()
    failed = one.runs[0].model_copy(update={"state": "failed"})
    several = [one, one.model_copy(update={"runs": (failed, *one.runs)})]
    assert [find_runs(quality).said for quality in several] == [
        "The only build so far succeeded.",
        "Of the last 2 builds 1 failed.",
    ]
