"""The protocol's promises, asked of the flow: nothing lost, nothing twice, no page asked again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import zstandard
from pydantic_core import from_json

from extractor.conftest import LAYOUT, NOW, Answer, LoopbackApi, build_endpoint, build_snapshot
from extractor.extract_endpoint import extract_endpoint
from extractor.inspection.status import read_status
from extractor.open_run import Run
from extractor.pages.checkpoint import encode_checkpoint
from extractor.pages.list_page import ListPage
from extractor.pages.page import Slot
from extractor.planning.decide import ReadOptions
from extractor.reading.open_generation import clear_leftovers
from gamemarket.errors import (
    ExitCode,
    KeyRefusedError,
    LakeError,
    StoppedEarlyError,
    UpstreamError,
)
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.lake_keys import LakeKey, MartsPointerKey, Partition
from gamemarket.manifest import Manifest, read_current_manifest
from gamemarket.run_summary import RunSummary
from gamemarket.stored_object import StoredObject

DAY = date(2024, 1, 1)
GAMES = Partition(source="rawg", endpoint="games", run_date=DAY)
ALL = ReadOptions()
ONCE_AND_BOTH_ENDS_AGAIN = {1: 2, 2: 1, 3: 1, 4: 1, 5: 2}
StartRun = Callable[..., Run]
CUT_BODY = encode_checkpoint(ListPage(Slot(1), 200, NOW, b'{"count":1,"next":null,"resul', LAYOUT))


class KilledError(BaseException):
    """Stands for kill -9: nothing after it runs, not even an `except Exception`."""


class KillingLake:
    """A lake whose n-th change is the last thing that a run does, before or after it took effect."""

    def __init__(self, lake: Lake, changes: int, *, after: bool) -> None:
        self._lake = lake
        self._left = changes
        self._after = after
        self._lock = threading.Lock()

    @property
    def uri(self) -> str:
        return self._lake.uri

    def _change[Result](self, change: Callable[[], Result]) -> Result:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise KilledError
            if self._left == 0:
                if self._after:
                    change()
                raise KilledError
            return change()

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        return self._change(lambda: self._lake.put_if_absent(key, body))

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._change(lambda key=key: self._lake.delete([key]))  # type: ignore[misc]

    def replace(self, key: MartsPointerKey, body: bytes) -> None:
        self._lake.replace(key, body)

    def swap(self, key: MartsPointerKey, before: bytes | None, body: bytes) -> bool:
        return self._lake.swap(key, before, body)

    def get(self, key: LakeKey | str) -> bytes:
        return self._lake.get(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return self._lake.list(prefix)


def current(lake: Lake, partition: Partition = GAMES) -> Manifest:
    manifest = read_current_manifest(lake, partition)
    assert manifest is not None
    return manifest


def part_lines(lake: Lake, manifest: Manifest) -> list[bytes]:
    return [
        line
        for part in manifest.parts
        for line in zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(lake.get(part.key))
        .splitlines()
    ]


def stored_ids(lake: Lake, manifest: Manifest) -> list[int]:
    return [row["id"] for line in part_lines(lake, manifest) for row in from_json(line)["results"]]


def keys(lake: Lake, prefix: str = "") -> list[str]:
    return [stored.key for stored in lake.list(prefix)]


def test_a_day_is_read_whole_each_page_once(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    manifest = current(lake)
    assert summary == RunSummary(
        endpoint="games",
        run_date=DAY,
        state="committed",
        generation=1,
        pages=5,
        rows=25,
        requests=7,
    )
    assert api.calls == ONCE_AND_BOTH_ENDS_AGAIN
    assert (api.pages_asked[:2], api.pages_asked[-2:]) == ([1, 5], [5, 1])
    assert stored_ids(lake, manifest) == list(range(1, 26))
    assert manifest.complete
    assert (manifest.rows, manifest.distinct_ids, manifest.duplicates) == (25, 25, 0)
    assert [page.number for page in manifest.pages] == [1, 2, 3, 4, 5]
    assert keys(lake, "inflight/") == []


def test_a_committed_day_is_not_asked_again(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    before = keys(lake)
    api.pages_asked.clear()
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.state, summary.requests, summary.rows) == ("done", 0, 25)
    assert api.pages_asked == []
    assert keys(lake) == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("changes", range(1, 20))
def test_a_run_that_is_killed_anywhere_is_gone_on_with(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, changes: int, after: bool
) -> None:
    # 18 changes: request, 5 checkpoints, 2 again, part, manifest, and 8 removals.
    killing = KillingLake(lake, changes, after=after)
    try:
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ALL)
    except KilledError:
        assert changes <= 18
    else:
        assert changes == 19
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    manifest = current(lake)
    assert stored_ids(lake, manifest) == list(range(1, 26))
    assert manifest.generation == 1
    # At most what was in flight at the kill was asked for once more.
    assert sum(api.calls.values()) <= 7 + 4


def test_a_killed_run_ends_with_the_parts_of_an_undisturbed_one(
    api: LoopbackApi,
    lake: FolderLake,
    start_run: StartRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    undisturbed = FolderLake.open(tmp_path_factory.mktemp("undisturbed"))
    extract_endpoint(start_run(lake=undisturbed), build_endpoint(), DAY, ALL)
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 4, after=True)), build_endpoint(), DAY, ALL
        )
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    ours, theirs = current(lake), current(undisturbed)
    assert [part.sha256 for part in ours.parts] == [part.sha256 for part in theirs.parts]
    assert [lake.get(p.key) for p in ours.parts] == [undisturbed.get(p.key) for p in theirs.parts]


def test_two_runs_at_once_commit_one_generation(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    runs = [start_run() for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        summaries = list(
            threads.map(lambda run: extract_endpoint(run, build_endpoint(), DAY, ALL), runs)
        )
    assert {summary.exit_code for summary in summaries} == {ExitCode.DONE}
    assert [summary.state for summary in summaries].count("committed") == 1
    assert stored_ids(lake, current(lake)) == list(range(1, 26))
    assert keys(lake, "manifests/") == [str(current(lake).key)]


def test_run_dates_keep_their_own_rows(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    api.rows = [{"id": 100}]
    next_day = DAY + timedelta(days=1)
    extract_endpoint(start_run(), build_endpoint(), next_day, ALL)
    assert len(stored_ids(lake, current(lake))) == 25
    second = Partition(source="rawg", endpoint="games", run_date=next_day)
    assert stored_ids(lake, current(lake, second)) == [100]


def test_an_empty_day_is_complete(api: LoopbackApi, lake: FolderLake, start_run: StartRun) -> None:
    api.rows = []
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.exit_code, summary.rows, summary.pages) == (ExitCode.DONE, 0, 1)
    assert current(lake).complete


@pytest.mark.parametrize("said", [11, 40])
def test_the_last_page_decides_when_the_count_is_stale(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, said: int
) -> None:
    api.count = said
    extract_endpoint(start_run(), build_endpoint(min_coverage=0.5), DAY, ALL)
    assert stored_ids(lake, current(lake)) == list(range(1, 26))


def test_rows_that_are_missing_make_a_day_incomplete_every_time_it_is_asked_for(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.count = 26
    endpoint = build_endpoint(min_coverage=1.0)
    for _ in range(2):
        summary = extract_endpoint(start_run(), endpoint, DAY, ALL)
        assert summary.exit_code is ExitCode.DATA
        assert summary.reasons == ("drifted", "1 of 26 rows missing")
    assert current(lake).missing == 1
    assert api.calls[1] == 1


def test_duplicates_are_counted_and_kept(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.rows[7] = api.rows[3]
    extract_endpoint(start_run(), build_endpoint(min_coverage=0.9), DAY, ALL)
    manifest = current(lake)
    assert (manifest.rows, manifest.distinct_ids, manifest.duplicates) == (25, 24, 1)


def test_a_limited_run_is_done_until_more_is_wanted(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    def run(max_pages: int | None) -> RunSummary:
        api.pages_asked.clear()
        options = ReadOptions(max_pages=max_pages)
        return extract_endpoint(start_run(), build_endpoint(), DAY, options)

    assert (run(2).reasons, sorted(api.pages_asked)) == (("limited",), [1, 2])
    assert (run(2).state, api.pages_asked) == ("done", [])
    assert (run(1).state, api.pages_asked) == ("done", [])
    assert (run(3).generation, sorted(api.pages_asked)) == (2, [1, 2, 3])
    assert (run(None).generation, current(lake).complete) == (3, True)
    assert current(lake).distinct_ids == 25


def test_a_page_limit_of_the_endpoint_makes_it_complete(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    summary = extract_endpoint(start_run(), build_endpoint(page_limit=2), DAY, ALL)
    assert (summary.rows, summary.reasons, current(lake).complete) == (10, (), True)


def test_a_refetch_adds_and_keeps_what_moved_on(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    api.rows = [{"id": 25}, {"id": 26}]
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions(refetch=True))
    manifest = current(lake)
    assert (summary.generation, summary.rows) == (2, 26)
    assert set(stored_ids(lake, manifest)) == set(range(1, 27))
    assert (manifest.rows, manifest.distinct_ids, manifest.duplicates) == (27, 26, 1)
    assert manifest.complete


def test_another_question_replaces_only_when_asked_to(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    api.rows = [{"id": 26}]
    other = build_endpoint(path="/other")
    assert extract_endpoint(start_run(), other, DAY, ALL).state == "done"
    extract_endpoint(start_run(), other, DAY, ReadOptions(refetch=True))
    assert stored_ids(lake, current(lake)) == [26]


def test_an_open_reading_is_adopted_as_it_was_asked(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 3, after=True)), build_endpoint(), DAY, ALL
        )
    extract_endpoint(start_run(), build_endpoint(page_size=3), DAY, ALL)
    assert current(lake).page_size == 5
    assert stored_ids(lake, current(lake)) == list(range(1, 26))


@pytest.mark.parametrize("stored", [b"", b"torn", CUT_BODY], ids=["empty", "torn", "no JSON"])
def test_a_corrupt_checkpoint_is_read_again(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun, stored: bytes
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 6, after=True)), build_endpoint(), DAY, ALL
        )
    for key in keys(lake, "inflight/"):
        if key.endswith(".zst"):
            Path(lake.uri, key).write_bytes(stored)
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert stored_ids(lake, current(lake)) == list(range(1, 26))


class ForgetfulLake(FolderLake):
    """Loses the second page's checkpoint when it is to be read."""

    def get(self, key: LakeKey | str) -> bytes:
        self.delete([str(key)] if "page_00002" in str(key) else [])
        return super().get(key)


@pytest.mark.parametrize("committed_before", [False, True])
def test_a_checkpoint_that_is_gone_is_an_error(
    lake: FolderLake, start_run: StartRun, committed_before: bool
) -> None:
    if committed_before:
        extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    options = ReadOptions(refetch=committed_before)
    with pytest.raises(KilledError):  # when all pages are stored
        killing = start_run(lake=KillingLake(lake, 8, after=True))
        extract_endpoint(killing, build_endpoint(), DAY, options)
    run = start_run(lake=ForgetfulLake.open(Path(lake.uri)))
    with pytest.raises(LakeError, match="page_00002"):
        extract_endpoint(run, build_endpoint(), DAY, options)


def test_a_checkpoint_that_another_run_has_cleared_is_no_error(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    class SlowLake(FolderLake):
        """Before it reads the first page, another run does all of the work."""

        def get(self, key: LakeKey | str) -> bytes:
            if "page_00001" in str(key):
                extract_endpoint(other, build_endpoint(), DAY, ALL)
            return super().get(key)

    with pytest.raises(KilledError):
        killing = start_run(lake=KillingLake(lake, 8, after=True))
        extract_endpoint(killing, build_endpoint(), DAY, ALL)
    other = start_run()
    slow = start_run(lake=SlowLake.open(Path(lake.uri)))
    summary = extract_endpoint(slow, build_endpoint(), DAY, ALL)
    assert (summary.state, summary.exit_code, summary.rows) == ("done", ExitCode.DONE, 25)
    assert current(lake).run_id == other.run_id


def test_what_a_run_has_put_itself_is_not_read_back(lake: FolderLake, start_run: StartRun) -> None:
    read: list[str] = []

    class WatchedLake(FolderLake):
        def get(self, key: LakeKey | str) -> bytes:
            read.append(str(key))
            return super().get(key)

    run = start_run(lake=WatchedLake.open(Path(lake.uri)))
    assert extract_endpoint(run, build_endpoint(), DAY, ALL).rows == 25
    assert {key.partition("/")[0] for key in read} == {"manifests"}


def test_what_a_run_left_after_its_commit_is_cleared_and_an_open_refetch_is_not(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):  # request, 5 checkpoints, 2 again, part, manifest
        extract_endpoint(
            start_run(lake=KillingLake(lake, 10, after=True)), build_endpoint(), DAY, ALL
        )
    with pytest.raises(KilledError):
        killing = KillingLake(lake, 3, after=True)
        extract_endpoint(start_run(lake=killing), build_endpoint(), DAY, ReadOptions(refetch=True))
    assert len(keys(lake, f"inflight/{GAMES}/gen_001/")) == 8
    clear_leftovers(lake, "rawg")
    assert keys(lake, f"inflight/{GAMES}/gen_001/") == []
    assert len(keys(lake, f"inflight/{GAMES}/gen_002/")) == 3


def test_transient_errors_cost_one_call_each(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    api.next_answers.extend([Answer(503), Answer(502, b"<html>"), Answer(429)])
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert (summary.requests, summary.rows) == (7 + 3, 25)


def test_an_api_that_stays_down_ends_the_run_and_keeps_its_pages(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    def fail_from_page_3(page: int) -> None:
        if page >= 3:
            api.next_answers.append(Answer(500))

    api.before_answer = fail_from_page_3
    with pytest.raises(UpstreamError, match=r"/games page \d.*status 500"):
        extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    open_partitions = read_status(lake, [build_endpoint()], (DAY, DAY), NOW)
    assert [(s.state, s.pages >= 1) for s in open_partitions] == [("open", True)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"error":"The API key is not found"}', KeyRefusedError),
        (b'{"error":"The monthly API limit reached"}', StoppedEarlyError),
    ],
)
def test_a_refusal_is_not_retried(
    api: LoopbackApi, start_run: StartRun, text: bytes, error: type[Exception]
) -> None:
    api.next_answers.append(Answer(401, text))
    with pytest.raises(error):
        extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    assert api.pages_asked == [1]


def test_a_snapshot_is_read_when_it_is_due_and_only_then(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    def run(run_date: date, days_later: int) -> str:
        now = NOW + timedelta(days=days_later)
        return extract_endpoint(start_run(now=now), build_snapshot(), run_date, ALL).state

    newest = NOW.date() - timedelta(days=1)
    assert run(DAY, 0) == "committed"
    assert run(newest, 0) == "not_due"
    assert run(DAY, 0) == "done"
    assert run(newest + timedelta(days=6), 6) == "not_due"
    assert run(newest, 7) == "not_due"  # a backfill never pays for a snapshot again
    assert run(newest + timedelta(days=7), 7) == "committed"
    assert api.calls == {page: 2 * calls for page, calls in ONCE_AND_BOTH_ENDS_AGAIN.items()}


def test_a_snapshot_that_is_open_is_gone_on_with_under_its_own_date(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 4, after=True)), build_snapshot(), DAY, ALL
        )
    newest = NOW.date() - timedelta(days=1)
    summary = extract_endpoint(start_run(), build_snapshot(), newest, ALL)
    assert (summary.run_date, summary.state, summary.rows) == (DAY, "committed", 25)


def test_parts_hold_pages_of_one_day_of_observation(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 4, after=True)), build_endpoint(), DAY, ALL
        )
    api.date = NOW + timedelta(days=1)
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    days = [part.observed_at.date() for part in current(lake).parts]
    assert len(days) >= 2
    assert set(days) == {NOW.date(), NOW.date() + timedelta(days=1)}
    assert sorted(stored_ids(lake, current(lake))) == list(range(1, 26))


def test_a_reading_that_is_gone_on_with_hours_later_does_not_make_old_rows_look_new(
    api: LoopbackApi, lake: FolderLake, start_run: StartRun
) -> None:
    with pytest.raises(KilledError):
        extract_endpoint(
            start_run(lake=KillingLake(lake, 4, after=True)), build_endpoint(), DAY, ALL
        )
    api.date = NOW + timedelta(hours=5)
    extract_endpoint(start_run(), build_endpoint(), DAY, ALL)
    manifest = current(lake)
    observed = {page.sha256: page.observed_at for page in manifest.pages}
    assert set(observed.values()) == {NOW, api.date}
    for part in manifest.parts:
        lines = part_lines(lake, manifest.model_copy(update={"parts": (part,)}))
        seen = {observed[hashlib.sha256(line + b"\n").hexdigest()] for line in lines}
        assert seen == {part.observed_at}
