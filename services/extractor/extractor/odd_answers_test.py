"""What APIs answer that is no error and not as it should be: told from an outage, and never endless."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from extractor.api.retry_policy import ATTEMPTS_PER_PAGE
from extractor.conftest import NOW, Answer, LoopbackApi, build_endpoint, build_snapshot, build_top
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import ALL, DAY, current, keys
from extractor.inspection.verify import verify_partition
from extractor.open_run import Run
from extractor.planning.decide import ReadOptions
from extractor.reading.read_list import EndlessListError
from gamemarket.endpoints import Endpoint
from gamemarket.errors import DataError, ExitCode, LakeError, UpstreamError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition

NEWEST = NOW.date() - timedelta(days=1)
StartRun = Callable[..., Run]
Change = Callable[[dict[str, Any], int], None]
LISTS = pytest.mark.parametrize(
    "endpoint",
    [build_endpoint(), build_snapshot(min_coverage=1.0), build_top()],
    ids=["ordered", "by coverage", "limited"],
)


@pytest.fixture
def change_pages(api: LoopbackApi, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Lets a function change every page of a list before it is sent."""
    as_it_is = api.answer

    def begin(change: Change) -> None:
        def answer(target: str) -> Answer:
            given = as_it_is(target)
            page = json.loads(given.body)
            change(page, int(parse_qs(urlsplit(target).query)["page"][0]))
            return Answer(given.status, json.dumps(page).encode())

        monkeypatch.setattr(api, "answer", answer)

    return begin


@pytest.mark.parametrize("wrong", [{"id": "5"}, {"id": 2**63}, {"name": "no id"}, None])
@pytest.mark.parametrize(
    "endpoint", [build_endpoint(), build_snapshot(min_coverage=1.0)], ids=["ordered", "by coverage"]
)
def test_one_row_that_is_none_withholds_no_list(
    api: LoopbackApi,
    lake: FolderLake,
    start_run: StartRun,
    endpoint: Endpoint,
    wrong: dict[str, Any] | None,
) -> None:
    api.rows[7] = wrong  # type: ignore[assignment]
    summary = extract_endpoint(start_run(), endpoint, DAY, ALL)
    manifest = current(lake)
    assert (summary.exit_code, summary.rows) == (ExitCode.DONE, 24)
    assert summary.reasons == ("1 rows rejected, whose id is none",)
    assert (manifest.complete, manifest.rows, manifest.rejected) == (True, 25, 1)
    assert (manifest.distinct_ids, manifest.duplicates, manifest.parts[0].rows) == (24, 0, 25)
    assert verify_partition(lake, manifest).state == "verified"


def test_a_name_that_was_cut_in_an_emoji_withholds_no_list(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.rows[7]["name"] = "\ud83d"
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.exit_code, summary.rows) == (ExitCode.DONE, 25)
    assert verify_partition(lake, current(lake)).state == "verified"


def test_a_body_that_never_changes_is_no_outage(api: LoopbackApi, start_run: StartRun) -> None:
    api.next_answers.extend([Answer(200, b'{"count": 25, "games": []}')] * 6)
    with pytest.raises(DataError, match=r"/games page 1 with the same each time: .*results: Field"):
        extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert api.pages_asked == [1] * ATTEMPTS_PER_PAGE


@pytest.mark.parametrize(
    "bodies",
    [[b"<html>maintenance</html>"] * 6, [b'{"error": "busy %d"}' % n for n in range(6)]],
    ids=["no JSON", "JSON that changes"],
)
def test_an_outage_is_ridden_out(
    api: LoopbackApi, start_run: StartRun, bodies: list[bytes]
) -> None:
    api.next_answers.extend(Answer(200, body) for body in bodies[:5])
    assert extract_endpoint(start_run(), build_endpoint(), DAY, ALL).rows == 25
    api.next_answers.extend(Answer(200, body) for body in bodies)
    with pytest.raises(UpstreamError, match="again later"):
        extract_endpoint(start_run(), build_endpoint(), DAY + timedelta(days=1), ALL)


@LISTS
def test_pages_that_repeat_end_the_reading(
    api: LoopbackApi,
    lake: FolderLake,
    start_run: StartRun,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: Endpoint,
) -> None:
    right = api.answer
    first = right("/games?page=1&page_size=5&key=k").body
    api.pages_asked.clear()

    def ignore_the_page(target: str) -> Answer:
        right(target)
        return Answer(200, first)

    with monkeypatch.context() as wrong:
        wrong.setattr(api, "answer", ignore_the_page)
        with pytest.raises(EndlessListError, match="hold the same rows"):
            extract_endpoint(start_run(), endpoint, NEWEST, ALL)
    assert len(api.pages_asked) <= 3
    assert keys(lake, "manifests/") == []
    # Corrected, it is another question: nothing of what was wrong is gone on with.
    assert extract_endpoint(start_run(), endpoint, NEWEST, ALL).exit_code == ExitCode.DONE


@pytest.mark.parametrize("coverage", [None, 1.0])
def test_a_list_without_an_end_ends(
    api: LoopbackApi,
    start_run: StartRun,
    change_pages: Callable[[Change], None],
    coverage: float | None,
) -> None:
    def go_on(page: dict[str, Any], number: int) -> None:
        rows = [{"id": 5 * number + n} for n in range(1, 6)]
        page |= {"count": 25, "next": "http://x?page=of+no+end", "results": rows}

    api.rows *= 100
    change_pages(go_on)
    endpoint = build_snapshot(min_coverage=coverage) if coverage else build_endpoint()
    with pytest.raises(EndlessListError, match="said to have 25 rows, and page 21 is not the last"):
        extract_endpoint(start_run(), endpoint, DAY, ALL)
    assert len(api.pages_asked) <= 21


@pytest.mark.parametrize(("doubles", "code"), [(0, 0), (1, 0), (2, 65), (5, 65)])
def test_the_first_pages_of_a_list_are_judged_by_what_they_hold(
    api: LoopbackApi, start_run: StartRun, doubles: int, code: int
) -> None:
    api.rows[5 : 5 + doubles] = api.rows[1 : 1 + doubles]
    if doubles == 5:  # all of the second page, in another order: no page repeats
        api.rows[5:10] = api.rows[4::-1]
    summary = extract_endpoint(start_run(), build_top(), NEWEST, ALL)
    assert (summary.exit_code, len(api.pages_asked)) == (code, 2)
    assert ("drifted" in summary.reasons) is bool(code)


def test_the_first_pages_of_a_list_have_the_coverage_that_is_asked(
    api: LoopbackApi, start_run: StartRun
) -> None:
    api.rows[5] = api.rows[0]
    endpoint = build_snapshot(min_coverage=1.0, page_limit=2)
    assert extract_endpoint(start_run(), endpoint, DAY, ALL).exit_code == ExitCode.DATA


@LISTS
@pytest.mark.parametrize("link", ["", None])
def test_an_empty_link_is_the_end(
    start_run: StartRun,
    change_pages: Callable[[Change], None],
    endpoint: Endpoint,
    link: str | None,
) -> None:
    change_pages(lambda page, number: page.update(next=page.get("next") or link))
    summary = extract_endpoint(start_run(), endpoint, NEWEST, ALL)
    assert summary.exit_code == ExitCode.DONE


@LISTS
def test_a_page_size_of_the_apis_own_is_no_drift(
    api: LoopbackApi, start_run: StartRun, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    """RAWG clamps silently; endpoints.json may not know how far."""
    as_it_is = api.answer
    monkeypatch.setattr(
        api, "answer", lambda target: as_it_is(target.replace("page_size=5", "page_size=2"))
    )
    summary = extract_endpoint(start_run(), endpoint, NEWEST, ALL)
    rows = 4 if endpoint.kind == "top" else 25
    assert (summary.exit_code, summary.rows, summary.reasons) == (ExitCode.DONE, rows, ())


def test_pages_that_are_short_and_lack_rows_are_no_page_size(
    api: LoopbackApi, start_run: StartRun, change_pages: Callable[[Change], None]
) -> None:
    def shorten(page: dict[str, Any], number: int) -> None:
        page["results"] = page.get("results", [])[:4]

    change_pages(shorten)
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.exit_code, summary.rows) == (ExitCode.DATA, 20)


REFETCH = ReadOptions(refetch=True)


@pytest.mark.parametrize("kind", ["snapshot", "top"])
def test_a_refetch_reads_no_list_of_today_under_an_older_day(
    api: LoopbackApi, start_run: StartRun, kind: str
) -> None:
    endpoint = build_snapshot() if kind == "snapshot" else build_top()
    assert extract_endpoint(start_run(), endpoint, NEWEST, ALL).state == "committed"
    api.pages_asked.clear()
    summary = extract_endpoint(start_run(), endpoint, NEWEST - timedelta(days=9), REFETCH)
    assert (summary.state, api.pages_asked) == ("not_due", [])
    assert extract_endpoint(start_run(), endpoint, NEWEST, REFETCH).generation == 2


@pytest.mark.parametrize("kind", ["snapshot", "top"])
def test_a_refetch_replaces_the_latest_of_a_list_without_days_only(
    api: LoopbackApi, start_run: StartRun, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = build_snapshot() if kind == "snapshot" else build_top()
    for age in (0, 7):
        run = start_run(now=NOW + timedelta(days=age))
        assert extract_endpoint(run, endpoint, NEWEST + timedelta(days=age), ALL).generation == 1
    api.pages_asked.clear()
    summary = extract_endpoint(start_run(now=NOW + timedelta(days=7)), endpoint, NEWEST, REFETCH)
    assert (summary.state, summary.generation, api.pages_asked) == ("done", 1, [])
    assert "is of a day that is past" in caplog.text


def test_a_refetch_of_a_day_that_was_never_read_reads_it_once(
    api: LoopbackApi, start_run: StartRun
) -> None:
    assert extract_endpoint(start_run(), build_endpoint(), DAY, REFETCH).generation == 1
    assert len(api.pages_asked) == 7


def test_a_generation_counts_its_own_requests(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.next_answers.extend([Answer(500)] * 6)
    with pytest.raises(UpstreamError):
        extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions(max_pages=2))
    # The limited generation that is open is finished first, then the whole one is read.
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.generation, summary.requests) == (2, 2 + 7)
    assert current(lake).requests == 7


def test_what_cant_be_removed_undoes_no_commit(
    lake: FolderLake, start_run: StartRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(keys: object) -> None:
        raise LakeError("The store refuses to delete.")

    run = start_run()
    with monkeypatch.context() as patch:
        patch.setattr(lake, "delete", refuse)
        summary = extract_endpoint(run, build_endpoint(), DAY, ALL)
    assert (summary.state, summary.exit_code) == ("committed", ExitCode.DONE)
    assert keys(lake, "inflight/")


def read_details_of(
    start_run: StartRun, lake: FolderLake, **changes: object
) -> dict[int, tuple[str | None, int | None]]:
    games = build_endpoint()
    fields = {"kind": "detail", "path": "/games/{id}", "parents": ("games",)}
    budget = {"daily_requests": 50, "refresh_days": 30}
    details = build_endpoint(name="game_details").model_copy(update=fields | budget | changes)
    extract_endpoint(start_run(), games, DAY, ALL)
    summary = extract_endpoint(start_run(), details, DAY, ALL, (games,))
    assert summary.exit_code == ExitCode.DONE
    manifest = current(
        lake,
        Partition(source="rawg", endpoint="game_details", run_date=DAY),
    )
    records = [page.detail for page in manifest.pages if page.detail and not page.again]
    return {record.requested_id: (record.outcome, record.merged_into) for record in records}


@pytest.fixture
def items(api: LoopbackApi, monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """Answers for single items, by the last step of their paths; others are there."""
    lists, answers = api.answer, dict[str, Answer]()

    def answer(target: str) -> Answer:
        key = urlsplit(target).path.rpartition("/")[2]
        if key == "games":
            return lists(target)
        there = Answer(body=json.dumps({"id": int(key), "slug": f"game-{key}"}).encode())
        return answers.get(key, there)

    monkeypatch.setattr(api, "answer", answer)
    return answers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(410, b'{"detail": "Gone."}'), "deleted"),
        (Answer(400, b"?"), "unavailable"),
        (Answer(403, b"no"), "unavailable"),
        (Answer(302, headers={"Location": "/login"}), "unavailable"),
        (Answer(451, b""), "unavailable"),
        (Answer(200, b'{"id": "3"}'), "unavailable"),
        (Answer(200, b'{"redirect": true, "slug": 3}'), "unavailable"),
        (Answer(200, b'{"id": 3, "text": "' + b"x" * 5_000_000 + b'"}'), "unavailable"),
    ],
    ids=lambda given: f"{given.status}-{given.body[:20]!r}" if isinstance(given, Answer) else given,
)
def test_what_is_answered_for_one_item_ends_no_partition(
    lake: FolderLake,
    start_run: StartRun,
    items: dict[str, Answer],
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    outcome: str,
) -> None:
    monkeypatch.setattr("extractor.api.rawg_client.LARGEST_BODY_BYTES", 4_000_000)
    items["3"] = answer
    came = read_details_of(start_run, lake)
    assert came.pop(3) == (outcome, None)
    assert set(came.values()) == {("stored", None)}
    assert len(came) == 24


def test_a_slug_of_digits_leads_to_no_stranger(
    lake: FolderLake, start_run: StartRun, items: dict[str, Answer]
) -> None:
    items["3"] = Answer(body=b'{"redirect": true, "slug": "7"}')
    assert read_details_of(start_run, lake)[3] == ("merged", None)


def test_rows_without_an_id_want_no_detail(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, items: dict[str, Answer]
) -> None:
    api.rows[2]["id"] = "3"
    api.rows[3] = None  # type: ignore[call-overload]
    assert read_details_of(start_run, lake).keys() == {*range(1, 26)} - {3, 4}
