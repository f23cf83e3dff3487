from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from extractor.api.retry_policy import ATTEMPTS_PER_PAGE, build_retry
from extractor.conftest import (
    KEY,
    NOW,
    Answer,
    LoopbackApi,
    build_endpoint,
    build_snapshot,
    build_source,
)
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import Endpoint, Source
from gamemarket.errors import ExitCode, UsageError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.lake_keys import LakeKey
from gamemarket.run_dates import Clock
from gamemarket.run_summary import RunSummary, print_summaries
from gamemarket.stage import Reporter

DAY = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def key_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAWG_API_KEY", KEY)
    monkeypatch.delenv("RAWG_BASE_URL", raising=False)


def run(
    lake: Lake, source: Source, endpoints: list[Endpoint], run_date: date = DAY
) -> list[RunSummary]:
    work = choose_work(endpoints, [run_date], ReadOptions())
    return run_endpoints(lake, {"rawg": source}, work, Clock(NOW))


def test_every_endpoint_has_its_summary(lake: FolderLake, source: Source) -> None:
    summaries = run(lake, source, [build_endpoint(), build_snapshot(name="genres")])
    assert [(s.endpoint, s.rows) for s in summaries] == [("games", 25), ("genres", 25)]


def test_a_page_that_is_being_stored_holds_back_no_request(
    api: LoopbackApi, tmp_path: Path
) -> None:
    other_is_asked_for, in_time = threading.Event(), []

    class SlowLake(FolderLake):
        def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
            if str(key).endswith("page_00002.zst"):
                in_time.append(other_is_asked_for.wait(30))
            return super().put_if_absent(key, body)

    api.before_answer = lambda page: other_is_asked_for.set() if page == 3 else None
    one_at_once = build_source(base_url=api.url, concurrency=1)
    (summary,) = run(SlowLake.open(tmp_path / "lake"), one_at_once, [build_endpoint()])
    assert (summary.state, in_time) == ("committed", [True])


def test_an_endpoint_that_fails_keeps_no_other_from_its_work(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    api.next_answers.append(Answer(404))
    summaries = run(lake, source, [build_endpoint(), build_snapshot(name="genres")])
    assert [(s.state, s.exit_code) for s in summaries] == [
        ("failed", ExitCode.USAGE),
        ("committed", ExitCode.DONE),
    ]


def test_details_without_their_list_end_neither_the_other_days_nor_the_run(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    details = build_endpoint(name="game_details").model_copy(
        update={
            "kind": "detail",
            "path": "/games/{id}",
            "parents": ("games",),
            "daily_requests": 9,
            "refresh_days": 30,
        }
    )
    games, days = build_endpoint(), [DAY, DAY + timedelta(days=1)]
    work = choose_work([games, details], days, ReadOptions(), parents_of=lambda endpoint: (games,))
    api.next_answers.append(Answer(403))
    api.rows = []
    summaries = run_endpoints(lake, {"rawg": source}, work, Clock(NOW))
    assert [(s.endpoint, s.run_date, s.exit_code) for s in summaries] == [
        ("games", days[0], ExitCode.UNAVAILABLE),
        ("games", days[1], ExitCode.DONE),
        ("game_details", days[0], ExitCode.STOPPED_EARLY),
        ("game_details", days[1], ExitCode.DONE),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"error":"The API key is not found"}', ExitCode.KEY_REFUSED),
        (b'{"error":"The monthly API limit reached"}', ExitCode.STOPPED_EARLY),
    ],
)
def test_a_refused_key_or_a_spent_quota_ends_the_run(
    api: LoopbackApi, lake: FolderLake, source: Source, text: bytes, code: ExitCode
) -> None:
    api.next_answers.append(Answer(401, text))
    summaries = run(lake, source, [build_endpoint(), build_snapshot(name="genres")])
    assert [s.exit_code for s in summaries] == [code, code]
    assert (summaries[1].endpoint, summaries[1].state) == ("genres", "not_tried")
    assert api.pages_asked == [1]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    retry = partial(build_retry, first_wait_seconds=0.001)
    monkeypatch.setattr("extractor.open_run.build_retry", retry)


@pytest.mark.usefixtures("hurried")
def test_an_outage_ends_a_range_of_days(api: LoopbackApi, lake: FolderLake, source: Source) -> None:
    api.next_answers.extend([Answer(502)] * 100)
    days = [DAY - timedelta(days=age) for age in range(9)]
    work = choose_work([build_endpoint()], days, ReadOptions())
    summaries = run_endpoints(lake, {"rawg": source}, work, Clock(NOW))
    assert [s.state for s in summaries] == ["failed"] * 3 + ["not_tried"] * 6
    assert {s.exit_code for s in summaries} == {ExitCode.UNAVAILABLE}
    assert len(api.pages_asked) == 3 * ATTEMPTS_PER_PAGE


@pytest.mark.usefixtures("hurried")
def test_an_answer_that_is_no_page_on_day_after_day_ends_a_range(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    api.next_answers.extend([Answer(200, b'{"count": 25, "games": []}')] * 100)
    days = [DAY - timedelta(days=age) for age in range(9)]
    work = choose_work([build_endpoint()], days, ReadOptions())
    summaries = run_endpoints(lake, {"rawg": source}, work, Clock(NOW))
    assert [s.state for s in summaries] == ["failed"] * 3 + ["not_tried"] * 6
    assert {s.exit_code for s in summaries} == {ExitCode.DATA}
    assert len(api.pages_asked) == 3 * ATTEMPTS_PER_PAGE


@pytest.mark.usefixtures("hurried")
def test_two_that_are_away_end_no_range(api: LoopbackApi, lake: FolderLake, source: Source) -> None:
    days = [DAY - timedelta(days=age) for age in range(4)]
    work = choose_work([build_endpoint()], days, ReadOptions())
    assert run(lake, source, [build_endpoint()], days[2])[0].state == "committed"
    api.next_answers.extend([Answer(502)] * 2 * ATTEMPTS_PER_PAGE)
    summaries = run_endpoints(lake, {"rawg": source}, work, Clock(NOW))
    assert [s.state for s in summaries] == ["failed", "failed", "done", "committed"]


def test_what_is_printed_and_told_does_not_show_the_key(
    api: LoopbackApi,
    lake: FolderLake,
    source: Source,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pasted = source.model_copy(update={"base_url": f"{source.base_url}/{KEY}"})
    api.next_answers.append(Answer(404, b'{"detail": "Not found."}'))
    summaries = run(lake, pasted, [build_endpoint()])
    told = Told()
    reporter = Reporter(told)  # type: ignore[arg-type]
    reporter.summarize(summaries)
    reporter.close(ExitCode.USAGE, "")
    print_summaries(summaries, "Extracted")
    for text in (capsys.readouterr().out, json.dumps(told.messages)):
        assert "/REDACTED/games (404)" in text
        assert KEY not in text


class Told:
    """Stands for Dagster's Pipes."""

    def __init__(self) -> None:
        self.messages: list[object] = []

    def report_custom_message(self, message: object) -> None:
        self.messages.append(message)


def test_a_lake_of_another_api_is_refused(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    run(lake, source, [build_endpoint()])
    api.pages_asked.clear()
    other = source.model_copy(
        update={"base_url": source.base_url.replace("127.0.0.1", "localhost")}
    )
    with pytest.raises(UsageError, match=r"holds data of 127\.0\.0\.1, not of localhost"):
        run(lake, other, [build_endpoint()])
    assert api.pages_asked == []


def test_a_host_that_answers_nothing_claims_no_lake(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    api.next_answers.append(Answer(404))
    wrong = source.model_copy(
        update={"base_url": source.base_url.replace("127.0.0.1", "localhost")}
    )
    failed = run(lake, wrong, [build_endpoint()])
    assert [(s.state, s.requests) for s in failed] == [("failed", 1)]
    assert [s.state for s in run(lake, source, [build_endpoint()])] == ["committed"]


def test_an_endpoint_that_was_wrong_can_be_corrected(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    api.rows = [{"id": n, "updated": "2019-05-05T01:02:03"} for n in range(1, 9)]
    wrong = build_endpoint(run_date_field="updated", params={"updaetd": "{run_date}"})
    assert [s.exit_code for s in run(lake, source, [wrong])] == [ExitCode.USAGE]
    api.rows = [{"id": n, "updated": f"{DAY}T01:02:03"} for n in range(1, 4)]
    corrected = build_endpoint(run_date_field="updated")
    assert [(s.state, s.rows) for s in run(lake, source, [corrected])] == [("committed", 3)]


def test_another_port_is_the_same_api(api: LoopbackApi, lake: FolderLake, source: Source) -> None:
    run(lake, source, [build_endpoint()])
    other = source.model_copy(update={"base_url": "http://127.0.0.1:1"})
    assert [s.state for s in run(lake, other, [build_endpoint()])] == ["done"]


def test_a_day_that_is_not_over_is_refused_before_any_call(
    api: LoopbackApi, lake: FolderLake, source: Source
) -> None:
    with pytest.raises(UsageError, match="not over"):
        run(lake, source, [build_endpoint()], NOW.date())
    assert api.pages_asked == []


def test_without_a_key_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, lake: FolderLake, source: Source
) -> None:
    monkeypatch.delenv("RAWG_API_KEY")
    with pytest.raises(UsageError, match="RAWG_API_KEY is not set"):
        run(lake, source, [build_endpoint()])


def test_the_key_never_reaches_the_lake(lake: FolderLake, source: Source) -> None:
    run(lake, source, [build_endpoint()])
    files = [path for path in Path(lake.uri).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
