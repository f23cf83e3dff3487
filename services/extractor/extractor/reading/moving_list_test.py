"""Rows that leave, come and shift while a list is read: nothing that stayed may be missing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractor.api.errors import QuestionRefusedError
from extractor.conftest import Answer, LoopbackApi, build_endpoint
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import GAMES, KilledError, KillingLake, current, stored_ids
from extractor.open_run import Run
from extractor.planning.decide import ReadOptions
from extractor.reading.query import compute_fingerprint
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.run_summary import RunSummary

DAY = date(2024, 1, 1)
StartRun = Callable[..., Run]


def run(start_run: StartRun, **endpoint: object) -> RunSummary:
    return extract_endpoint(start_run(), build_endpoint(**endpoint), DAY, ReadOptions())


def move_before(api: LoopbackApi, call: int, move: Callable[[], None]) -> None:
    """Moves rows once, just before the n-th call is answered."""
    calls = itertools.count(1)

    def before(_page: int) -> None:
        if next(calls) == call:
            move()

    api.before_answer = before


# 25 rows in pages of 5: seven calls prove a list that is still.
@pytest.mark.parametrize("call", range(1, 9))
@pytest.mark.parametrize("gone", [1, 3, 5, 6, 13, 20, 21, 25])
def test_a_row_that_leaves_takes_no_other_row_with_it(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, call: int, gone: int
) -> None:
    stayed = {row["id"] for row in api.rows} - {gone}
    move_before(api, call, lambda: api.rows.__delitem__(gone - 1))
    summary = run(start_run)
    assert summary.exit_code is ExitCode.DONE
    assert stayed <= set(stored_ids(lake, current(lake)))


@pytest.mark.parametrize("call", range(1, 8))
def test_rows_that_leave_while_others_come_are_noticed(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, call: int
) -> None:
    def move() -> None:
        del api.rows[2]
        api.rows.append({"id": 99})

    stayed = {row["id"] for row in api.rows} - {3}
    move_before(api, call, move)
    assert run(start_run).exit_code is ExitCode.DONE
    assert stayed <= set(stored_ids(lake, current(lake)))


def test_a_list_that_never_stands_still_is_drifted_and_keeps_all_it_gave(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    numbers = itertools.count(100)

    def before(_page: int) -> None:
        del api.rows[0]
        api.rows.append({"id": next(numbers)})

    api.before_answer = before
    summary = run(start_run)
    assert (summary.exit_code, summary.reasons[0]) == (ExitCode.DATA, "drifted")
    manifest = current(lake)
    assert [reading.reading for reading in manifest.readings] == [1, 2, 3]
    assert len(set(stored_ids(lake, manifest))) == manifest.distinct_ids == summary.rows


@pytest.mark.parametrize("said", [3, 19, 26, 31, 60])
def test_a_stale_count_costs_a_second_reading_and_no_row(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, said: int
) -> None:
    api.count = said
    summary = run(start_run)
    assert summary.exit_code is ExitCode.DONE
    assert set(stored_ids(lake, current(lake))) == set(range(1, 26))


@pytest.mark.parametrize(
    "spoiled",
    [
        Answer(404, b'{"detail":"Invalid page."}'),
        Answer(body=b'{"count": 25, "next": "more", "results": [{"id": 1}]}'),
    ],
    ids=["404", "short page"],
)
@pytest.mark.parametrize("page", [2, 3, 4])
def test_a_page_that_is_wrong_before_the_end_costs_a_second_reading_and_no_row(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, page: int, spoiled: Answer
) -> None:
    def spoil_once(asked: int) -> None:
        if asked == page and api.calls[page] == 1:
            api.next_answers.append(spoiled)

    api.before_answer = spoil_once
    assert run(start_run).exit_code is ExitCode.DONE
    assert set(stored_ids(lake, current(lake))) == set(range(1, 26))


def test_a_page_that_is_always_wrong_is_never_believed(
    api: LoopbackApi, start_run: StartRun
) -> None:
    def spoil(asked: int) -> None:
        if asked == 3:
            api.next_answers.append(Answer(404, b'{"detail":"Invalid page."}'))

    api.before_answer = spoil
    summary = run(start_run)
    assert (summary.exit_code, summary.reasons) == (
        ExitCode.DATA,
        ("drifted", "5 of 25 rows missing"),
    )


@pytest.mark.parametrize("torn", [1, 3, 5])
def test_a_page_that_is_torn_after_the_proof_is_no_part_of_a_new_one(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, torn: int
) -> None:
    with pytest.raises(KilledError):  # request, 5 checkpoints, 2 again: all but the commit
        killing = KillingLake(lake, 8, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ReadOptions())
    (checkpoint,) = Path(lake.uri, "inflight").rglob(f"page_{torn:05d}.zst")
    checkpoint.write_bytes(b"torn")
    stayed = {row["id"] for row in api.rows} - {7}
    del api.rows[6]
    assert run(start_run).exit_code is ExitCode.DONE
    assert stayed <= set(stored_ids(lake, current(lake)))


def test_an_adopted_reading_keeps_its_question_when_the_list_moves(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        killing = KillingLake(lake, 4, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ReadOptions())
    del api.rows[1]
    limited = extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions(max_pages=2))
    assert (limited.exit_code, limited.reasons) == (ExitCode.DONE, ())
    assert current(lake).max_pages is None
    assert {row["id"] for row in api.rows} <= set(stored_ids(lake, current(lake)))


def kill_after_puts(start_run: StartRun, lake: FolderLake, puts: int, **endpoint: object) -> None:
    with pytest.raises(KilledError):
        killing = KillingLake(lake, puts, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(**endpoint), DAY, ReadOptions())


def test_an_adopted_reading_is_judged_as_it_was_begun(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    kill_after_puts(start_run, lake, 4, min_coverage=0.9)  # pages 1 to 3, in order
    del api.rows[1]
    assert run(start_run).exit_code is ExitCode.DONE
    assert current(lake).min_coverage == 0.9  # and so it claims no proof


def test_a_torn_page_costs_another_reading_and_what_was_whole_is_kept(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    kill_after_puts(start_run, lake, 4)
    (checkpoint,) = Path(lake.uri, "inflight").rglob("page_00005.zst")
    checkpoint.write_bytes(b"torn")
    before = len(api.pages_asked)
    del api.rows[0]
    assert run(start_run).exit_code is ExitCode.DONE
    assert set(stored_ids(lake, current(lake))) == set(range(1, 26))
    assert len(api.pages_asked) - before == 7  # nothing of the torn reading is asked for


def test_a_list_that_shrinks_between_readings_needs_no_third(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    move_before(api, 4, lambda: api.rows.__delitem__(slice(0, 6)))
    assert run(start_run).exit_code is ExitCode.DONE
    assert [reading.reading for reading in current(lake).readings] == [1, 2]


def test_a_refusal_after_pages_came_loses_none_of_them(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    kill_after_puts(start_run, lake, 6)  # all five pages
    for _ in range(2):
        api.next_answers.append(Answer(400, b"no"))
        with pytest.raises(QuestionRefusedError):
            run(start_run)
    before = len(api.pages_asked)
    assert run(start_run).exit_code is ExitCode.DONE
    assert len(api.pages_asked) - before == 2


def test_a_question_in_vain_does_not_stand_in_the_way_of_the_corrected_one(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.next_answers.append(Answer(400, b"no such ordering"))
    with pytest.raises(QuestionRefusedError, match="no such ordering"):
        run(start_run, params={"updated": "{run_date},{run_date}", "ordering": "craeted"})
    assert run(start_run).exit_code is ExitCode.DONE
    assert current(lake).fingerprint == compute_fingerprint(build_endpoint(), DAY)
    assert not list(lake.list("inflight/"))


def test_one_page_alone_is_proven_by_its_own_end(api: LoopbackApi, start_run: StartRun) -> None:
    api.rows = api.rows[:4]
    assert run(start_run).requests == 1
    assert api.pages_asked == [1]


def test_a_list_without_order_is_measured_by_its_coverage(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.rows[10] = api.rows[0]
    assert run(start_run, min_coverage=0.97).reasons == ("drifted", "1 of 25 rows missing")
    assert current(lake).distinct_ids == 24
    assert api.calls == dict.fromkeys(range(1, 6), 1)


def test_a_second_look_that_shows_other_rows_is_kept(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    move_before(api, 6, lambda: api.rows.__setitem__(24, {"id": 77}))
    run(start_run)
    manifest = current(lake)
    assert {25, 77} <= set(stored_ids(lake, manifest))
    assert [(page.number, page.again) for page in manifest.pages if page.again] == [(5, True)]


# Slices: 16 rows at most behind one filter, in pages of 5 (so 15).
SLICES = {"window": 15, "parameter": "dates", "field": "released", "undated_first": "-released"}


def dated(number: int, day: str | None) -> dict[str, object]:
    return {"id": number, "released": day}


def test_a_list_that_is_too_long_is_read_by_slices(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.window = 15
    api.rows = [dated(n, f"{1990 + n}-03-01") for n in range(1, 41)] + [dated(99, None)]
    summary = run(start_run, slices=SLICES)
    assert (summary.exit_code, summary.rows) == (ExitCode.DONE, 41)
    assert set(stored_ids(lake, current(lake))) == {*range(1, 41), 99}


def test_what_no_slice_gives_is_missing_and_said_to_be(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.window = 15
    api.rows = [dated(n, None) for n in range(1, 21)]
    summary = run(start_run, slices=SLICES)
    assert summary.exit_code is ExitCode.DATA
    assert summary.reasons == ("window_exceeded", "5 of 20 rows missing")
    assert summary.rows == 15


def test_a_day_that_is_too_long_by_itself_is_not_halved_for_ever(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.window = 15
    api.rows = [dated(n, "2024-05-05") for n in range(1, 31)]
    assert run(start_run, slices=SLICES).reasons[0] == "window_exceeded"
    assert len(api.pages_asked) < 100


def test_slices_that_the_api_ignores_are_refused(api: LoopbackApi, start_run: StartRun) -> None:
    api.window, api.applies_dates = 15, False
    api.rows = [dated(n, f"{1990 + n}-03-01") for n in range(1, 41)]
    with pytest.raises(Exception, match="ignored the filter"):
        run(start_run, slices=SLICES)
    assert len(api.pages_asked) < 10


def test_a_day_filter_that_the_api_ignores_is_refused_before_it_costs_a_month(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.rows = [{"id": n, "updated": "2019-05-05T01:02:03"} for n in range(1, 26)]
    with pytest.raises(Exception, match="ignored the filter"):
        run(start_run, run_date_field="updated")
    assert api.pages_asked == [1]
    assert not list(lake.list(f"manifests/{GAMES}/"))


def test_a_day_filter_that_works_is_believed(api: LoopbackApi, start_run: StartRun) -> None:
    api.rows = [{"id": n, "updated": f"{DAY}T01:02:03"} for n in range(1, 26)]
    assert run(start_run, run_date_field="updated").exit_code is ExitCode.DONE
