"""Details: one request an id, within a day's budget, and none for what is held."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from extractor.api.errors import QuestionRefusedError
from extractor.api.retry_policy import ATTEMPTS_PER_PAGE
from extractor.conftest import NOW, Answer, LoopbackApi, build_endpoint
from extractor.extract_endpoint import extract_endpoint
from extractor.extract_endpoint_test import ALL, KilledError, KillingLake
from extractor.inspection.status import read_status
from extractor.inspection.verify import verify_partition
from extractor.open_run import Run
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.plan import Planner
from extractor.reading.choose_details import ParentMissingError
from extractor.reading.fetch_page import OutageError
from extractor.reading.open_generation import clear_leftovers
from gamemarket.endpoints import Endpoint, Source
from gamemarket.errors import ExitCode, InterruptedRunError, UpstreamError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import Manifest, read_current_manifest
from gamemarket.run_dates import Clock, days_between
from gamemarket.run_summary import RunSummary

DAY = date(2024, 1, 1)
DETAILS = Partition(source="rawg", endpoint="game_details", run_date=DAY)
A_DAY = timedelta(days=1)
StartRun = Callable[..., Run]


class Items:
    """The API's details: answers by id or slug, those that are asked for counted."""

    def __init__(self, api: LoopbackApi) -> None:
        self.api = api
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.lists = api.answer

    def answer(self, target: str) -> Answer:
        found = re.fullmatch(r"/games/([^/]+)", urlsplit(target).path)
        if not found:
            return self.lists(target)
        key = found[1]
        self.asked.append(key)
        if key in self.answers:
            return self.answers[key]
        if not key.isdecimal():
            return Answer(404, b'{"detail":"Not found."}')
        return Answer(body=json.dumps({"id": int(key), "developers": [{"id": 7}]}).encode())

    def merge(self, old: int, slug: str, new: int) -> None:
        redirect = {"redirect": True, "slug": slug}
        self.answers[str(old)] = Answer(body=json.dumps(redirect).encode())
        self.answers[slug] = Answer(body=json.dumps({"id": new, "slug": slug}).encode())

    def delete(self, *ids: int | str) -> None:
        for deleted in ids:
            self.answers[str(deleted)] = Answer(404, b'{"detail":"Not found."}')


@pytest.fixture
def items(api: LoopbackApi, monkeypatch: pytest.MonkeyPatch) -> Items:
    """Ten games, the first has the most who added it."""
    api.rows = [
        {"id": n, "added": 100 - n, "updated": "2024-01-01T10:00:00", "released": None}
        for n in range(1, 11)
    ]
    served = Items(api)
    monkeypatch.setattr(api, "answer", served.answer)
    return served


def build_details(**changes: object) -> Endpoint:
    fields = {"daily_requests": 50, "refresh_days": 30, "parents": ("games",), **changes}
    return Endpoint.model_validate(
        {
            "name": "game_details",
            "source": "rawg",
            "description": "A game",
            "kind": "detail",
            "path": "/games/{id}",
            **fields,
        }
    )


def read_lists(start_run: StartRun, day: date = DAY) -> None:
    extract_endpoint(start_run(), build_endpoint(), day, ALL)


def read_details(
    start_run: StartRun,
    day: date = DAY,
    options: ReadOptions = ALL,
    run: Run | None = None,
    **changes: object,
) -> RunSummary:
    begun = run or start_run(now=NOW + (day - DAY))
    return extract_endpoint(begun, build_details(**changes), day, options, (build_endpoint(),))


def run_day(items: Items, start_run: StartRun, age: int) -> RunSummary:
    """The lists and the details of a day, so many days on."""
    items.api.date = NOW + age * A_DAY
    read_lists(start_run, DAY + age * A_DAY)
    return read_details(start_run, DAY + age * A_DAY)


def run_outage(
    items: Items, lake: FolderLake, start_run: StartRun, ids: range, ages: range
) -> list[dict[int, tuple[str | None, int | None]]]:
    """What came of each of these days: on all but the last the API shows none of these items."""
    told = []
    for age in ages:
        away = age != ages[-1]
        items.answers = {str(n): Answer(502, b"<html>") for n in ids} if away else {}
        run_day(items, start_run, age)
        told.append(outcomes(current(lake, DAY + age * A_DAY)))
    return told


def current(lake: FolderLake, day: date = DAY) -> Manifest:
    partition = Partition(source="rawg", endpoint="game_details", run_date=day)
    manifest = read_current_manifest(lake, partition)
    assert manifest
    return manifest


def outcomes(manifest: Manifest) -> dict[int, tuple[str | None, int | None]]:
    details = [page.detail for page in manifest.pages if page.detail]
    return {d.requested_id: (d.outcome, d.merged_into) for d in details}


def test_every_id_of_the_parents_is_asked_for_once(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    summary = read_details(start_run)
    assert (summary.state, summary.exit_code, summary.rows) == ("committed", ExitCode.DONE, 10)
    assert Counter(items.asked) == {str(n): 1 for n in range(1, 11)}
    manifest = current(lake)
    assert (manifest.complete, manifest.left_out, manifest.duplicates) == (True, (), 0)
    assert verify_partition(lake, manifest).exit_code is ExitCode.DONE
    first = manifest.pages[0].detail
    assert first and (first.requested_id, first.added) == (1, 99)
    assert first.updated == "2024-01-01T10:00:00"


def test_a_day_that_is_read_costs_nothing(items: Items, start_run: StartRun) -> None:
    read_lists(start_run)
    read_details(start_run)
    items.asked.clear()
    assert read_details(start_run).state == "done"
    assert items.asked == []


def test_the_most_wanted_come_first_and_the_others_on_the_days_after(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.api.rows.reverse()
    read_lists(start_run)
    summary = read_details(start_run, daily_requests=4)
    assert sorted(items.asked) == ["1", "2", "3", "4"]
    assert [item.id for item in current(lake).left_out] == [5, 6, 7, 8, 9, 10]
    assert summary.reasons == ("6 details left for the days after",)
    items.api.rows = [{"id": 99, "added": 1, "updated": "2024-01-02T10:00:00", "released": None}]
    read_lists(start_run, DAY + A_DAY)
    items.asked.clear()
    read_details(start_run, DAY + A_DAY, daily_requests=6)
    assert sorted(items.asked, key=int) == ["5", "6", "7", "8", "9", "10"]
    assert [item.id for item in current(lake, DAY + A_DAY).left_out] == [99]


def test_of_equally_wanted_ones_the_latest_release_comes_first(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    for row, released in zip(items.api.rows, ("2001-01-01", None, "2023-01-01"), strict=False):
        row.update(added=500, released=released)
    read_lists(start_run)
    read_details(start_run, daily_requests=2)
    details = [page.detail for page in current(lake).pages]
    assert [detail and detail.requested_id for detail in details] == [3, 1]


def test_what_is_held_with_the_same_updated_is_not_asked_again_until_it_is_old(
    items: Items, start_run: StartRun
) -> None:
    read_lists(start_run)
    read_details(start_run)
    items.asked.clear()
    day = DAY + A_DAY
    items.api.rows[2]["updated"] = "2024-01-02T09:00:00"
    read_lists(start_run, day)
    read_details(start_run, day)
    assert items.asked == ["3"]
    items.asked.clear()
    # By its observation (the loopback's Date: the 3rd), not by its run date.
    for age, asked in ((29, 0), (30, 10)):
        read_lists(start_run, DAY + age * A_DAY)
        read_details(start_run, DAY + age * A_DAY)
        assert len(items.asked) == asked


def test_a_deleted_and_a_merged_item_are_recorded(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.delete(2)
    items.merge(4, "four-and-more", 400)
    items.merge(5, "leads-to-nothing", 500)
    items.delete("leads-to-nothing")
    read_lists(start_run)
    summary = read_details(start_run)
    manifest = current(lake)
    told = outcomes(manifest)
    assert told[2] == ("deleted", None)
    assert told[4] == ("merged", 400)
    assert told[5] == ("deleted", None)
    assert {told[n] for n in (1, 3, 6, 7, 8, 9, 10)} == {("stored", None)}
    assert (summary.rows, manifest.count) == (8, 10)  # seven of ten, and 400
    assert verify_partition(lake, manifest).exit_code is ExitCode.DONE
    assert Counter(items.asked)["four-and-more"] == 1
    assert len(items.asked) == 12


def test_a_redirect_is_followed_once(items: Items, lake: FolderLake, start_run: StartRun) -> None:
    items.merge(1, "one", 100)
    items.answers["one"] = Answer(body=b'{"redirect": true, "slug": "another"}')
    read_lists(start_run)
    read_details(start_run)
    assert outcomes(current(lake))[1] == ("merged", None)
    assert "another" not in items.asked


@pytest.mark.parametrize("budget", range(2, 22))
def test_redirects_are_part_of_the_budget(
    items: Items, lake: FolderLake, start_run: StartRun, budget: int
) -> None:
    for n in range(1, 11):
        items.merge(n, f"game-{n}", 100 + n)
    read_lists(start_run)
    read_details(start_run, daily_requests=budget)
    assert len(items.asked) <= budget
    manifest = current(lake)
    merged = {n for n, told in outcomes(manifest).items() if told[0] == "merged"}
    left = {item.id for item in manifest.left_out}
    assert (merged | left, merged & left) == (set(range(1, 11)), set())
    assert len(merged) >= min(10, budget // 2 - 2)


def test_a_wrong_path_deletes_nothing_and_can_be_corrected(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.delete(*range(1, 11))
    read_lists(start_run)
    with pytest.raises(QuestionRefusedError, match=r"none of the first 5 items.*\(404\)"):
        read_details(start_run)
    items.answers.clear()
    assert read_details(start_run).rows == 10


def test_an_item_that_the_api_cant_show_is_asked_for_less_and_less_often(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.answers["3"] = Answer(500, b"<html>")
    named, asked = items.api.rows, []
    for age in range(9):
        items.api.rows = [*named, {"id": 100 + age, "updated": "2024-01-01T10:00:00"}]
        items.asked.clear()
        assert run_day(items, start_run, age).exit_code is ExitCode.DONE
        asked += [age] if "3" in items.asked else []
        manifest = current(lake, DAY + age * A_DAY)
        assert [item.id for item in manifest.left_out] == [3], "a day that does not ask for it, too"
        assert verify_partition(lake, manifest).exit_code is ExitCode.DONE
    assert asked == [0, 1, 3, 7]
    records = [page.detail for page in current(lake, DAY + 7 * A_DAY).pages if page.detail]
    assert {d.requested_id: (d.outcome, d.failures) for d in records} == {
        3: ("unavailable", 4),
        107: ("stored", 0),
    }


@pytest.mark.parametrize("mends", [False, True])
def test_an_item_that_no_list_names_any_more_is_asked_for_as_long_as_it_is_left_out(
    items: Items, lake: FolderLake, start_run: StartRun, mends: bool
) -> None:
    items.answers["3"] = Answer(500, b"<html>")
    read_lists(start_run)
    read_details(start_run)
    if mends:
        del items.answers["3"]
    items.asked.clear()
    for age in (1, 2, 3, 30, 31, 32):
        items.api.rows = [{"id": 100 + age, "updated": "2024-01-02T10:00:00"}]
        run_day(items, start_run, age)
    # On the days 1, 3 and 30: the manifest of day 0, which names it, counts for 30 days.
    assert Counter(items.asked)["3"] == (1 if mends else 3 * ATTEMPTS_PER_PAGE)
    outcome = "stored" if mends else "unavailable"
    assert outcomes(current(lake, DAY + A_DAY))[3] == (outcome, None)


def test_many_items_that_the_api_cant_show_cost_runs_and_not_the_day(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.api.rows = [
        {"id": n, "added": 100 - n, "updated": "2024-01-01T10:00:00", "released": None}
        for n in range(1, 41)
    ]
    broken = list(range(6, 30, 2))
    for n in broken:
        items.answers[str(n)] = Answer(500, b"<html>")
    read_lists(start_run)
    runs = 0
    while read_current_manifest(lake, DETAILS) is None:
        runs += 1
        assert runs <= 4
        with suppress(UpstreamError):
            read_details(start_run)
    told = outcomes(current(lake))
    assert {n for n, (outcome, _) in told.items() if outcome == "unavailable"} == {*broken}
    assert len(told) == 40
    # Those that are asked for once more on the next day are no outage of that day.
    items.api.rows = [{"id": 99, "added": 1, "updated": "2024-01-02T10:00:00", "released": None}]
    read_lists(start_run, DAY + A_DAY)
    assert read_details(start_run, DAY + A_DAY).exit_code is ExitCode.DONE
    assert len(outcomes(current(lake, DAY + A_DAY))) == len(broken) + 1


def test_an_api_that_shows_nothing_takes_no_chance_of_any_item(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    few = range(1, 5)  # too few to be called an outage
    items.api.rows = items.api.rows[: len(few)]
    told = run_outage(items, lake, start_run, few, range(4))
    assert told == [{}, {}, {}, {n: ("stored", None) for n in few}]


def test_an_outage_after_many_404s_is_no_second_day_of_them(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    gone = range(3, 11)
    items.delete(*gone)
    run_day(items, start_run, 0)
    items.api.rows = []
    told = run_outage(items, lake, start_run, gone, range(1, 4))
    assert told == [{}, {}, {n: ("stored", None) for n in gone}]


def test_what_failed_is_not_asked_for_twice_a_day(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.answers["3"] = Answer(500, b"<html>")
    read_lists(start_run)
    read_details(start_run)
    read_details(start_run, options=ReadOptions(refetch=True))
    assert [item.id for item in current(lake).left_out] == [3]
    items.answers.clear()
    run_day(items, start_run, 1)
    assert outcomes(current(lake, DAY + A_DAY))[3] == ("stored", None)


def test_an_item_that_was_edited_since_it_failed_is_due_at_once(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    def run(age: int, *, is_shown: bool, updated: str) -> None:
        items.answers = {} if is_shown else {"3": Answer(500, b"<html>")}
        items.api.rows = [
            {"id": 100 + age, "updated": "2024-01-01T10:00:00"},
            {"id": 3, "updated": updated},
        ]
        run_day(items, start_run, age)

    run(0, is_shown=False, updated="2024-01-01T10:00:00")
    run(1, is_shown=True, updated="2024-01-01T10:00:00")
    run(5, is_shown=False, updated="2024-01-05T10:00:00")
    run(6, is_shown=False, updated="2024-01-05T10:00:00")
    run(7, is_shown=True, updated="2024-01-05T10:00:00")
    assert 3 not in outcomes(current(lake, DAY + 7 * A_DAY)), "two failures: two days"
    run(8, is_shown=True, updated="2024-01-07T10:00:00")
    assert outcomes(current(lake, DAY + 8 * A_DAY))[3] == ("stored", None)


def test_an_item_whose_tries_a_signal_ended_has_not_failed(
    items: Items, lake: FolderLake, start_run: StartRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start_run()

    def answer(target: str) -> Answer:
        if "/games/3" in target:
            run.stop.set()
            return Answer(500, b"<html>")
        return items.answer(target)

    read_lists(start_run)
    monkeypatch.setattr(items.api, "answer", answer)
    with pytest.raises(InterruptedRunError):
        read_details(start_run, run=run)
    monkeypatch.setattr(items.api, "answer", items.answer)
    assert read_details(start_run).rows == 10
    assert Counter(items.asked)["3"] == 1


@pytest.mark.parametrize("body", [b"<html>gateway</html>", b"", b"[]"])
def test_a_404_that_is_not_the_apis_deletes_nothing(
    items: Items, lake: FolderLake, start_run: StartRun, body: bytes
) -> None:
    items.answers["3"] = Answer(404, body)
    read_lists(start_run)
    read_details(start_run)
    assert Counter(items.asked)["3"] == ATTEMPTS_PER_PAGE
    assert outcomes(current(lake))[3] == ("unavailable", None)


def test_many_404s_of_what_a_list_has_just_named_are_believed_on_the_second_day_only(
    items: Items, lake: FolderLake, start_run: StartRun, api: LoopbackApi
) -> None:
    gone, mended = list(range(2, 10)), list(range(6, 10))
    items.delete(*gone)
    read_lists(start_run)
    assert read_details(start_run).rows == 2
    told = outcomes(current(lake))
    assert {n for n, told_of in told.items() if told_of == ("unavailable", None)} == {*gone}
    assert [item.id for item in current(lake).left_out] == gone
    for n in mended:
        del items.answers[str(n)]
    items.api.rows = []
    run_day(items, start_run, 1)
    told = outcomes(current(lake, DAY + A_DAY))
    assert told == {n: ("stored" if n in mended else "deleted", None) for n in gone}


def test_what_was_left_out_may_be_gone_in_numbers(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    read_details(start_run, daily_requests=2)
    items.delete(*range(3, 11))
    items.api.rows = []
    read_lists(start_run, DAY + A_DAY)
    read_details(start_run, DAY + A_DAY)
    told = [outcome for outcome, _ in outcomes(current(lake, DAY + A_DAY)).values()]
    assert told == ["deleted"] * 8


def test_an_outage_commits_nothing(items: Items, lake: FolderLake, start_run: StartRun) -> None:
    for n in range(1, 11):
        items.answers[str(n)] = Answer(502, b"<html>")
    read_lists(start_run)
    with pytest.raises(UpstreamError, match="however often"):
        read_details(start_run)


def test_too_many_items_in_trouble_among_others_that_are_shown_are_an_outage(
    items: Items, lake: FolderLake, start_run: StartRun, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(4, 11):
        items.answers[str(n)] = Answer(400, b"bad")
    read_lists(start_run)
    with pytest.raises(OutageError, match="does not understand what /games/"):
        read_details(start_run)
    assert "does not understand what /games/4 is asked" in caplog.text


@pytest.mark.parametrize("count", [1, 4])
def test_items_that_are_all_refused_commit_nothing(
    items: Items, lake: FolderLake, start_run: StartRun, count: int
) -> None:
    items.api.rows = items.api.rows[:count]
    for n in range(1, count + 1):
        items.answers[str(n)] = Answer(400, b"bad")
    read_lists(start_run)
    with pytest.raises(QuestionRefusedError, match="does not understand"):
        read_details(start_run)
    assert read_current_manifest(lake, DETAILS) is None
    items.answers.clear()
    assert read_details(start_run).rows == count


def test_an_item_that_is_refused_again_on_a_day_of_its_own_withholds_nothing(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.answers["3"] = Answer(400, b"bad")
    run_day(items, start_run, 0)
    items.api.rows = []
    assert run_day(items, start_run, 1).exit_code is ExitCode.DONE


def test_without_its_parent_nothing_is_decided(items: Items, start_run: StartRun) -> None:
    with pytest.raises(
        ParentMissingError, match=r"run --endpoint games --run-date 2024-01-01"
    ) as caught:
        read_details(start_run)
    assert caught.value.exit_code is ExitCode.STOPPED_EARLY
    assert items.asked == []


def test_a_day_without_ids_is_committed_empty(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.api.rows = []
    read_lists(start_run)
    summary = read_details(start_run)
    assert (summary.state, summary.exit_code, summary.rows, items.asked) == ("committed", 0, 0, [])
    assert verify_partition(lake, current(lake)).exit_code is ExitCode.DONE


def test_a_limit_leaves_a_limited_partition_that_a_larger_one_completes(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    limited = read_details(start_run, options=ReadOptions(max_pages=3))
    assert (limited.rows, current(lake).reasons) == (3, ("limited",))
    assert read_details(start_run).rows == 10
    assert Counter(items.asked) == {str(n): 1 for n in range(1, 11)}
    assert (current(lake).left_out, current(lake).count) == ((), 10)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("change", range(1, 17))
def test_a_kill_anywhere_costs_no_stored_detail(
    items: Items, lake: FolderLake, start_run: StartRun, change: int, after: bool
) -> None:
    items.merge(2, "two", 200)
    read_lists(start_run)
    killing = start_run(lake=KillingLake(lake, change, after=after))
    with suppress(KilledError):
        read_details(start_run, run=killing)
    is_committed = bool(list(lake.list("manifests/rawg/game_details/")))
    stored = [o.key for o in lake.list("inflight/rawg/game_details/") if "/page_" in o.key]
    is_begun = bool(list(lake.list("inflight/rawg/game_details/")))
    if not (is_begun or is_committed):
        read_details(start_run)  # died before it had fixed the ids
    items.api.rows = []  # the ids are those of the first run, whatever there is now
    before = len(items.asked)
    read_details(start_run, daily_requests=20)
    if is_begun and not is_committed:
        assert len(items.asked) - before == 11 - len(stored)
    elif is_committed:
        assert len(items.asked) == before
    assert current(lake).distinct_ids == 10
    told = outcomes(current(lake))
    assert told[2] == ("merged", 200)
    assert len(told) == 10
    clear_leftovers(lake, "rawg")
    assert not list(lake.list("inflight/"))


@pytest.mark.parametrize("change", range(1, 16))
def test_a_kill_anywhere_loses_no_item_that_the_api_cant_show(
    items: Items, lake: FolderLake, start_run: StartRun, change: int
) -> None:
    for n in (3, 7):
        items.answers[str(n)] = Answer(500, b"<html>")
    read_lists(start_run)
    with suppress(KilledError):
        read_details(start_run, run=start_run(lake=KillingLake(lake, change, after=True)))
    assert read_details(start_run).exit_code is ExitCode.DONE
    manifest = current(lake)
    told = Counter(outcome for outcome, _ in outcomes(manifest).values())
    assert (told, len(manifest.pages)) == ({"stored": 8, "unavailable": 2}, 10)
    assert [item.id for item in manifest.left_out] == [3, 7]
    assert verify_partition(lake, manifest).exit_code is ExitCode.DONE


def test_a_torn_checkpoint_is_the_only_one_that_is_asked_again(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    with pytest.raises(KilledError):
        read_details(start_run, run=start_run(lake=KillingLake(lake, 9, after=True)))
    torn = next(o.key for o in lake.list("inflight/rawg/game_details/") if "page_00002" in o.key)
    (Path(lake.uri) / torn).write_bytes(b"torn")
    stored = {int(m[1]) for o in lake.list("inflight/") if (m := re.search(r"page_(\d+)", o.key))}
    read_details(start_run)
    again = {int(key) for key, n in Counter(items.asked).items() if n > 1}
    assert 2 in again
    assert again <= {2} | (set(range(1, 11)) - stored)
    assert current(lake).distinct_ids == 10
    assert set(outcomes(current(lake)).values()) == {("stored", None)}


def test_a_torn_redirect_is_asked_again_from_the_beginning(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.merge(1, "one", 100)
    read_lists(start_run)
    with pytest.raises(KilledError):
        read_details(start_run, run=start_run(lake=KillingLake(lake, 9, after=True)))
    torn = next(o.key for o in lake.list("inflight/rawg/game_details/") if ".again" in o.key)
    (Path(lake.uri) / torn).write_bytes(b"torn")
    read_details(start_run)
    told = [page.detail for page in current(lake).pages if page.detail]
    assert ("merged", 100) in {(d.outcome, d.merged_into) for d in told if d.requested_id == 1}
    assert current(lake).left_out == ()


def test_a_month_is_planned_with_the_budget_of_every_day(
    items: Items, lake: FolderLake, source: Source, start_run: StartRun
) -> None:
    read_lists(start_run)
    read_details(start_run)
    days = list(days_between(date(2024, 2, 1), date(2024, 2, 29)))
    work = choose_work([build_details()], days, ReadOptions())
    (line,) = Planner(lake, source, Clock(NOW)).plan(work)
    assert (line.run_dates, line.requests) == (29, 29 * 50)


def test_status_shows_what_is_open_and_what_was_left(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    with pytest.raises(KilledError):
        read_details(start_run, run=start_run(lake=KillingLake(lake, 5, after=True)))

    def status() -> list[tuple[str, int, tuple[str, ...]]]:
        shown = read_status(lake, [build_details()], (DAY, DAY), NOW)
        return [(s.state, s.pages, s.reasons) for s in shown]

    assert [state for state, _, _ in status()] == ["open"]
    read_details(start_run, daily_requests=20)
    assert status() == [("committed", 10, ())]


def test_what_was_gone_and_is_listed_again_is_asked_again_and_then_held(
    items: Items, lake: FolderLake, start_run: StartRun, api: LoopbackApi
) -> None:
    items.delete(3)
    read_lists(start_run)
    read_details(start_run)
    items.answers.clear()
    for day, asked in ((1, ["3"]), (2, [])):
        api.date = NOW + day * A_DAY
        items.asked.clear()
        read_lists(start_run, DAY + day * A_DAY)
        read_details(start_run, DAY + day * A_DAY)
        assert items.asked == asked


def test_an_outage_is_not_asked_to_the_end(items: Items, start_run: StartRun) -> None:
    items.api.rows = [
        {"id": n, "added": 100, "updated": "2024-01-01T10:00:00", "released": None}
        for n in range(1, 101)
    ]
    for n in range(6, 101):
        items.answers[str(n)] = Answer(502, b"<html>")
    read_lists(start_run)
    with pytest.raises(UpstreamError, match="however often"):
        read_details(start_run, daily_requests=200)
    assert len(set(items.asked)) < 5 + 6 + 2 * 4  # the first, the troubled, what is in flight


def test_items_that_the_api_cant_show_do_not_stop_the_others_of_a_long_day(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.api.rows = [
        {"id": n, "added": 1000 - n, "updated": "2024-01-01T10:00:00", "released": None}
        for n in range(1, 301)
    ]
    broken = range(100, 300, 30)
    for n in broken:
        items.answers[str(n)] = Answer(500, b"<html>")
    read_lists(start_run)
    assert read_details(start_run, daily_requests=700).rows == 300 - len(broken)
    assert [item.id for item in current(lake).left_out] == list(broken)


def test_games_that_are_listed_and_gone_stop_nothing_and_come_last(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    gone = {str(n) for n in (1, 2, 3, 4, 6)}
    items.delete(1, 2, 3, 4, 6)
    read_lists(start_run)
    assert read_details(start_run).rows == 5
    for later, asked in ((A_DAY, gone), (2 * A_DAY, set()), (3 * A_DAY, gone)):
        items.asked.clear()
        items.api.date = NOW + later
        items.api.rows = [*items.api.rows, {"id": 100 + later.days, "added": 0, "updated": None}]
        extract_endpoint(start_run(now=NOW + later), build_endpoint(), DAY + later, ALL)
        assert read_details(start_run, DAY + later).exit_code is ExitCode.DONE
        first = current(lake, DAY + later).pages[0].detail
        assert first and first.requested_id == 100 + later.days
        assert set(items.asked) == {str(100 + later.days)} | asked


def test_what_a_list_says_in_another_type_decides_nothing(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.api.rows[0] |= {"added": 1.5, "updated": 20240101, "released": {}}
    read_lists(start_run)
    assert read_details(start_run).rows == 10
    options = {page.detail.requested_id: page.detail for page in current(lake).pages if page.detail}
    assert (options[1].added, options[1].updated, options[2].added) == (None, None, 98)


def test_a_limited_day_that_goes_on_has_what_is_left_of_its_budget(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    read_details(start_run, options=ReadOptions(max_pages=3), daily_requests=5)
    assert read_details(start_run, daily_requests=5).rows == 5
    assert len(items.asked) == 5
    assert len(current(lake).left_out) == 5


def test_a_detail_may_have_a_field_that_is_named_as_the_rows_of_lists(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.answers["3"] = Answer(body=b'{"id": 3, "results": [{"id": 70}, {"id": 80}]}')
    read_lists(start_run)
    assert read_details(start_run).rows == 10
    assert current(lake).distinct_ids == 10
    assert verify_partition(lake, current(lake)).exit_code is ExitCode.DONE


def test_a_refetch_after_the_question_changed_asks_for_all_that_it_replaces(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    read_lists(start_run)
    read_details(start_run, daily_requests=8)
    ask_otherwise = partial(read_details, start_run, params={"lang": "en"}, daily_requests=8)
    assert ask_otherwise().generation == 1
    summary = ask_otherwise(options=ReadOptions(refetch=True))
    assert (summary.generation, summary.rows) == (2, 8)
    assert Counter(items.asked) == {str(n): 2 for n in range(1, 9)}
    again = ask_otherwise(options=ReadOptions(refetch=True))
    assert (again.generation, again.rows) == (3, 10), "the same question: what is held is kept"
    assert Counter(items.asked) == {str(n): 2 if n < 9 else 1 for n in range(1, 11)}


def test_details_of_an_open_day_come_before_those_of_later_days() -> None:
    endpoints = (build_details(), build_endpoint())
    chosen = choose_work(endpoints, [DAY + A_DAY], ALL, catch_up=1)
    assert [(item.endpoint.name, item.run_date) for item in chosen] == [
        ("games", DAY + A_DAY),
        ("games", DAY),
        ("game_details", DAY),
        ("game_details", DAY + A_DAY),
    ]


def test_a_wrong_path_is_noticed_after_a_kill_before_it_costs_more(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.delete(*range(1, 11))
    read_lists(start_run)
    with pytest.raises(KilledError):
        read_details(start_run, run=start_run(lake=KillingLake(lake, 6, after=True)))
    assert len(items.asked) == 5
    with pytest.raises(QuestionRefusedError, match="none of the first 5"):
        read_details(start_run)
    # What the killed run asked is given up without another request; its own question costs five.
    assert len(items.asked) == 10


def test_a_redirect_to_itself_is_no_merger(
    items: Items, lake: FolderLake, start_run: StartRun
) -> None:
    items.merge(4, "four", 4)
    read_lists(start_run)
    read_details(start_run)
    assert outcomes(current(lake))[4] == ("stored", None)


def test_details_come_after_the_lists_that_name_them_however_they_are_called() -> None:
    work = choose_work([build_details(), build_endpoint()], [DAY], ReadOptions())
    assert [item.endpoint.name for item in work] == ["games", "game_details"]
