"""The protocol's rules, each with the code that would be without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import pytest

from extractor import extract_endpoint
from extractor.commit import commit_generation
from extractor.inspection import collect_garbage
from extractor.open_run import Run
from extractor.pages import parts
from extractor.pages.checkpoint import encode_checkpoint
from extractor.pages.detail_page import DetailPage
from extractor.pages.page import Page, PageFacts, Slot
from extractor.planning.decide import Decision, ReadOptions
from extractor.reading import open_generation, read_list
from extractor.reading.assembly import Assembly
from extractor.reading.choose_details import Choice, DetailChooser
from extractor.reading.last_answers import LastAnswers
from extractor.reading.open_generation import OpenGeneration, OpenReading
from extractor.reading.query import Query
from extractor.reading.read_list import ListReader
from extractor.workers.worker_pool import WorkerPool
from gamemarket.endpoints import Endpoint
from gamemarket.errors import LakeError
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    CheckpointKey,
    LakeKey,
    ManifestKey,
    MartsPointerKey,
    Partition,
    PartKey,
    QueryKey,
    inflight_prefix,
    manifests_prefix,
)
from gamemarket.manifest import Manifest, Reason, read_current_manifest
from gamemarket.run_summary import RunSummary
from gamemarket.stored_object import StoredObject
from tests.protocol import actors
from tests.protocol.actors import gc, reader, run
from tests.protocol.catalogue import build_catalogue
from tests.protocol.scenarios import EXHAUSTIVE, OF_DETAILS, SMALL_PARTS
from tests.protocol.search import Scenario

Patch = pytest.MonkeyPatch


def _named(words: str) -> Scenario:
    return next(s for s in (*EXHAUSTIVE, *OF_DETAILS, *SMALL_PARTS) if words in s.name)


ONE = Scenario("one run", [run("a")], build_catalogue(3))
ONE_FAULT = replace(ONE, name="one run, one fault", faults=1)
TWO = Scenario("two runs", [run("a"), run("b")], build_catalogue(1))
TWO_MOVES = Scenario(
    "two runs, the list moves", [run("a"), run("b")], build_catalogue(2, moves=1), switches=2
)
OTHERWISE = Scenario(
    "two runs that ask otherwise", [run("a"), run("b", page_size=1)], build_catalogue(2)
)
TWO_AND_GC = Scenario("two runs and gc", [run("a"), run("b"), gc()], build_catalogue(1))
REFETCH = Scenario(
    "a refetch",
    [run("a", refetch=True), run("b"), reader()],
    build_catalogue(2, moves=1),
    first=[(run("former"), None)],
)
REPLACED = Scenario(
    "a refetch that asks otherwise, and gc",
    [run("a", refetch=True, page_size=1), gc(), reader()],
    build_catalogue(2),
    first=[(run("former"), None)],
    last=run("last", page_size=1),
)
MOVES = Scenario("a list that moves", [run("a")], build_catalogue(5, moves=2), kills=False)
FOUR_PAGES = Scenario(
    "four pages that move", [run("a", page_size=1)], build_catalogue(4, moves=1), kills=False
)
TORN = Scenario(
    "a checkpoint torn after the part was put",
    [run("a")],
    build_catalogue(1, moves=1),
    first=[(run("killed"), 8)],
    torn=["page_00001.zst"],
)
TWO_MOVES_PARTS = replace(TWO_MOVES, part_bytes=1)
MOVES_PARTS = replace(MOVES, part_bytes=1)
BEHIND_PARTS = _named("small parts: the pages from behind")
LATE = _named("does not ask for its pages again")
TORN_TWO_PAGES = _named("a torn checkpoint, one fault")
ITEM_LEAVES = _named("details: two runs, an item leaves")
BUDGETS = _named("details: two runs with budgets")
MERGED_ITEM = _named("details: two runs")
LIMITED_DETAILS = _named("details: a limited run")
REPLACED_DETAILS = _named("details: a refetch that asks otherwise")


@dataclass(frozen=True)
class Rule:
    """A rule of the design; `remove` takes it out of the code, `broken` is what then goes wrong."""

    name: str
    remove: Callable[[Patch], None]
    scenario: Scenario
    broken: str

    def __str__(self) -> str:
        return self.name


class _LakeOf:
    """Another lake seen otherwise; subclasses change what they are about."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    @property
    def uri(self) -> str:
        return self.lake.uri

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        return self.lake.put_if_absent(key, body)

    def get(self, key: LakeKey | str) -> bytes:
        return self.lake.get(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return self.lake.list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        self.lake.delete(keys)

    def replace(self, key: LakeKey, body: bytes) -> None:
        self.lake.replace(cast(MartsPointerKey, key), body)

    def swap(self, key: LakeKey, before: bytes | None, body: bytes) -> bool:
        return self.lake.swap(cast(MartsPointerKey, key), before, body)


type Others = tuple[tuple[Reason, ...], Manifest | None, commit_generation.CommittingRun]
type Asked = tuple[Endpoint, date, ReadOptions, tuple[Endpoint, ...]]
type Commit = Callable[[Lake, WorkerPool, OpenGeneration, *Others], None]


def _commit_by(patch: Patch, change: Callable[[Commit], Commit]) -> None:
    """Runs commit otherwise."""
    patch.setattr(
        extract_endpoint, "commit_generation", change(commit_generation.commit_generation)
    )


def _over(lake_of: Callable[[Lake], Lake]) -> Callable[[Patch], None]:
    """Extracts over another view of the lake."""
    real = extract_endpoint.extract_endpoint

    def extract(run: Run, *others: *Asked) -> RunSummary:
        return real(replace(run, lake=lake_of(run.lake)), *others)

    return lambda patch: patch.setattr(actors, "extract_endpoint", extract)


def _do_not_adopt(patch: Patch) -> None:
    def open_next(generation: OpenGeneration, query: Query) -> OpenReading:
        begun = real(generation, query)
        begun.query = query
        return begun

    real = OpenGeneration._open_next
    patch.setattr(OpenGeneration, "_open_next", open_next)


def _put_no_request(patch: Patch) -> None:
    def open_next(generation: OpenGeneration, query: Query) -> OpenReading:
        number = len(generation.readings) + 1
        key = QueryKey(partition=generation.partition, generation=generation.number, reading=number)
        stored = generation._stored.get(number, set())
        return OpenReading(generation._lake, generation._spool, key, query, stored)

    patch.setattr(OpenGeneration, "_open_next", open_next)


def _keep_the_own_page(patch: Patch) -> None:
    def store(reading: OpenReading, page: Page) -> None:
        real(reading, page)
        reading._facts[page.slot] = page.facts

    real = OpenReading.store
    patch.setattr(OpenReading, "store", store)


def _have_what_was_refused_at_hand(patch: Patch) -> None:
    def store(reading: OpenReading, page: Page) -> None:
        reading._spool.add(str(reading._checkpoint_key(page.slot)), encode_checkpoint(page))
        real(reading, page)

    real = OpenReading.store
    patch.setattr(OpenReading, "store", store)


def _add_what_was_refused(patch: Patch) -> None:
    """The own page goes into a part, whoever's is stored."""

    def store(reading: OpenReading, page: Page) -> None:
        known = dict(reading._facts)
        real(reading, page)
        if reading._assembly and page.slot not in {*known, *reading._facts}:
            reading._assembly.add(page, reading.load)

    real = OpenReading.store
    patch.setattr(OpenReading, "store", store)


def _add_pages_as_they_come(patch: Patch) -> None:
    def add(assembly: Assembly, page: Page, load: Callable[[Slot], Page]) -> None:
        if not page.facts.is_behind_the_end:
            assembly._writer.add(page.line, page.facts)
        assembly.pages += 1

    patch.setattr(Assembly, "add", add)


def _add_second_requests_at_once(patch: Patch) -> None:
    def store(reading: OpenReading, page: Page) -> None:
        real(reading, page)
        if reading._assembly and page.slot.is_second:
            reading._assembly._writer.add(page.line, page.facts)

    real = OpenReading.store
    patch.setattr(OpenReading, "store", store)


def _share_checkpoints_between_readings(patch: Patch) -> None:
    def checkpoint_key(reading: OpenReading, slot: Slot) -> CheckpointKey:
        return real(reading, slot).model_copy(update={"reading": 1})

    real = OpenReading._checkpoint_key
    patch.setattr(OpenReading, "_checkpoint_key", checkpoint_key)


def _look_at_no_manifest_again(patch: Patch) -> None:
    patch.setattr(OpenGeneration, "is_overtaken", lambda generation: False)


class _Overwriting(_LakeOf):
    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        if not isinstance(key, ManifestKey):
            return super().put_if_absent(key, body)
        self.replace(key, bytes(body))
        return True


class _RefusedIsAnError(_LakeOf):
    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        created = super().put_if_absent(key, body)
        if isinstance(key, ManifestKey) and not created:
            raise LakeError(f"{key} is there already")
        return created


class _DeletingInRaw(_LakeOf):
    """Whoever believes that its commit failed tidies up after itself."""

    def __init__(self, lake: Lake) -> None:
        super().__init__(lake)
        self._parts: list[str] = []

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        created = super().put_if_absent(key, body)
        if isinstance(key, PartKey):
            self._parts.append(str(key))
        if isinstance(key, ManifestKey) and not created:
            self.delete(self._parts)
        return created


class _ManifestFirst(_LakeOf):
    def __init__(self, lake: Lake) -> None:
        super().__init__(lake)
        self._waiting: dict[LakeKey, bytes] = {}

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        if isinstance(key, PartKey):
            self._waiting[key] = bytes(body)
            return True
        created = super().put_if_absent(key, body)
        for part, bytes_of_it in self._waiting.items():
            super().put_if_absent(part, bytes_of_it)
        return created


class _ClearedFirst(_LakeOf):
    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        if isinstance(key, ManifestKey):
            self.delete([o.key for o in self.list(inflight_prefix(key.partition))])
        return super().put_if_absent(key, body)


def _give_parts_no_run_id(patch: Patch) -> None:
    def begin(
        writer: parts.PartWriter,
        lake: Lake,
        partition: Partition,
        generation: int,
        run_id: str,
        numbers: Iterator[int],
    ) -> None:
        real(writer, lake, partition, generation, "run", numbers)

    real = parts.PartWriter.__init__
    patch.setattr(parts.PartWriter, "__init__", begin)


def _forget_the_generation_before(patch: Patch) -> None:
    def change(real: Commit) -> Commit:
        return lambda lake, pool, generation, reasons, previous, by: real(
            lake, pool, generation, reasons, None, by
        )

    _commit_by(patch, change)


def _leave_gaps(patch: Patch) -> None:
    def next_generation(decision: Decision) -> int:
        return decision.committed.generation + 2 if decision.committed else 1

    patch.setattr(Decision, "next_generation", property(next_generation))


def _remove_older_manifests(patch: Patch) -> None:
    def clear(lake: Lake, partition: Partition, committed: int) -> None:
        real(lake, partition, committed)
        prefix = manifests_prefix(partition.source, partition.endpoint, partition.run_date)
        keys = [key for o in lake.list(prefix) if (key := ManifestKey.parse(o.key))]
        lake.delete([str(key) for key in keys if key.generation < committed])

    real = open_generation.clear_committed
    patch.setattr(extract_endpoint, "clear_committed", clear)


def _clear_all_generations(patch: Patch) -> None:
    def clear(lake: Lake, partition: Partition, committed: int) -> None:
        lake.delete([stored.key for stored in lake.list(inflight_prefix(partition))])

    patch.setattr(extract_endpoint, "clear_committed", clear)
    patch.setattr(open_generation, "clear_committed", clear)


def _clear_no_leftovers(patch: Patch) -> None:
    patch.setattr(open_generation, "clear_leftovers", lambda lake, source: None)


def _collect(patch: Patch, fence: int) -> None:
    """gc removes what no manifest names up to `fence` generations above the committed one."""

    def find(lake: Lake, source: str) -> list[StoredObject]:
        stored = [(PartKey.parse(o.key), o) for o in lake.list(f"raw/{source}/")]
        manifests = [ManifestKey.parse(o.key) for o in lake.list(manifests_prefix(source))]
        keys = [key for key in manifests if key]
        highest = max((key.generation for key in keys), default=0) + fence
        named = {
            part.key for key in keys for part in Manifest.model_validate_json(lake.get(key)).parts
        }
        return [o for k, o in stored if k and k.generation <= highest and o.key not in named]

    patch.setattr(collect_garbage, "find_garbage", find)


def _collect_what_is_not_current(patch: Patch) -> None:
    def find(lake: Lake, source: str) -> list[StoredObject]:
        stored = list(lake.list(f"raw/{source}/"))
        current = read_current_manifest(lake, actors.GAMES)
        named = {part.key for part in current.parts} if current else set()
        return [o for o in stored if current and o.key not in named]

    patch.setattr(collect_garbage, "find_garbage", find)


def _read_by_listing(patch: Patch) -> None:
    def read(lake: Lake, partition: Partition) -> Manifest | None:
        manifest = read_current_manifest(lake, partition)
        listed = list(lake.list(f"raw/{partition}/"))
        if manifest and len(listed) != len(manifest.parts):
            raise actors.TornReadError(f"{len(listed)} parts, of which one is no part of it")
        return manifest

    patch.setattr(actors, "read_current_manifest", read)


def _look_at_no_commit_before_asking(patch: Patch) -> None:
    real = OpenGeneration.is_overtaken
    patch.setattr(
        OpenGeneration,
        "is_overtaken",
        lambda generation: bool(generation.readings) and real(generation),
    )


def _mend_a_torn_reading(patch: Patch) -> None:
    """The torn page is asked for again within its reading, where the store leaves a gap."""

    def check(reading: OpenReading, slot: Slot) -> None:
        real(reading, slot)
        if not reading.is_whole:
            reading._lake.delete([str(reading._checkpoint_key(slot))])
        reading.is_whole = True

    real = OpenReading.check
    patch.setattr(OpenReading, "check", check)


def _prove_by(*ends: int) -> Callable[[Patch], None]:
    """Only these ends are read again: 1 the first page, -1 the last."""

    def remove(patch: Patch) -> None:
        def ends_are_still(lists: ListReader, reading: OpenReading, end: int) -> bool:
            numbers = [end if number < 0 else number for number in ends] if end > 1 else []
            again = [lists.pages.page(reading, number, is_second=True).ids for number in numbers]
            return again == [lists.pages.page(reading, number).ids for number in numbers]

        patch.setattr(ListReader, "ends_are_still", ends_are_still)

    return remove


def _read_in_order(patch: Patch) -> None:
    def expect_last(lists: ListReader, reading: OpenReading) -> int:
        last = real(lists, reading)
        lists.pages.read_to(reading, last)
        return last

    real = ListReader._expect_last
    patch.setattr(ListReader, "_expect_last", expect_last)


def _read_the_ends_again_too_early(patch: Patch) -> None:
    def read_to(pages: read_list.PageReader, reading: OpenReading, last: int) -> None:
        for number in (last, 1) if last > 1 else ():
            pages.page(reading, number, is_second=True)
        real(pages, reading, last)

    real = read_list.PageReader.read_to
    patch.setattr(read_list.PageReader, "read_to", read_to)


def _read_once_only(patch: Patch) -> None:
    patch.setattr(read_list, "ROUNDS", 1)


def _keep_the_last_reading_only(patch: Patch) -> None:
    def change(real: Commit) -> Commit:
        def commit(
            lake: Lake, pool: WorkerPool, generation: OpenGeneration, *others: *Others
        ) -> None:
            del generation.readings[:-1]
            real(lake, pool, generation, *others)

        return commit

    _commit_by(patch, change)


def _name_nothing_left_out(patch: Patch) -> None:
    patch.setattr(commit_generation, "find_left_out", lambda generation: ())


def _follow_no_redirect(patch: Patch) -> None:
    def facts(page: DetailPage) -> PageFacts:
        return replace(real(page), redirect=None)

    real: Callable[[DetailPage], PageFacts] = DetailPage.__dict__["facts"].func
    patch.setattr(DetailPage, "facts", property(facts))
    patch.setattr(DetailPage, "check", lambda page: None)


def _wait_for_nothing(patch: Patch) -> None:
    patch.setattr(LastAnswers, "is_due", lambda answers, item: True)


def _take_answers_to_another_query(patch: Patch) -> None:
    def choose(chooser: DetailChooser, run_date: date, fingerprint: str) -> Choice:
        partition = Partition(
            source=chooser.endpoint.source, endpoint=chooser.endpoint.name, run_date=run_date
        )
        committed = read_current_manifest(chooser.lake, partition)
        return real(chooser, run_date, committed.fingerprint if committed else fingerprint)

    real = DetailChooser.choose
    patch.setattr(DetailChooser, "choose", choose)


RULES: Sequence[Rule] = (
    Rule("request.json is adopted", _do_not_adopt, OTHERWISE, "not what its reading asked"),
    Rule("request.json is put first", _put_no_request, OTHERWISE, "asked|those in its parts"),
    Rule("a refused page: what is stored counts", _keep_the_own_page, TWO_MOVES, "in its parts"),
    Rule(
        "what is at hand is what was put",
        _have_what_was_refused_at_hand,
        TWO_MOVES,
        "in its parts|which were read",
    ),
    Rule(
        "a refused page is in no part of one's own",
        _add_what_was_refused,
        TWO_MOVES_PARTS,
        "in its parts",
    ),
    Rule("a part has its pages in order", _add_pages_as_they_come, BEHIND_PARTS, "in its parts"),
    Rule(
        "second requests wait for the commit",
        _add_second_requests_at_once,
        MOVES_PARTS,
        "in its parts",
    ),
    Rule(
        "a checkpoint belongs to a reading",
        _share_checkpoints_between_readings,
        MOVES,
        "without the rows|in its parts|moved once",
    ),
    Rule(
        "a missing checkpoint: look at the manifests",
        _look_at_no_manifest_again,
        TWO,
        "met no fault, but ends with MissingObjectError",
    ),
    Rule("the commit is put if absent", _over(_Overwriting), TWO, "was overwritten"),
    Rule("a refused commit is done", _over(_RefusedIsAnError), TWO, "met no fault"),
    Rule("a run never deletes in raw/", _over(_DeletingInRaw), ONE_FAULT, "part .* is missing"),
    Rule("parts before the manifest", _over(_ManifestFirst), ONE, "part .* is missing"),
    Rule("the commit before the clearing", _over(_ClearedFirst), ONE, "removed before its commit"),
    Rule("a refetch adds", _forget_the_generation_before, REFETCH, "has lost the rows"),
    Rule("no gaps between generations", _leave_gaps, REFETCH, "comes after a gap"),
    Rule("manifests stay", _remove_older_manifests, REFETCH, "gen_001.json was removed"),
    Rule("newer generations are not cleared", _clear_all_generations, REFETCH, "before its commit"),
    Rule("what is left is cleared", _clear_no_leftovers, ONE, "is left of a committed generation"),
    Rule("gc has a fence", lambda p: _collect(p, 999), TWO_AND_GC, "part .* is missing"),
    Rule("the fence is not higher", lambda p: _collect(p, 1), TWO_AND_GC, "part .* is missing"),
    Rule(
        "what any manifest names stays",
        _collect_what_is_not_current,
        REPLACED,
        "part .* is missing",
    ),
    Rule("readers never list raw/", _read_by_listing, REPLACED, "reader met no fault"),
    Rule("both ends again, not the last alone", _prove_by(-1), MOVES, "without the rows"),
    Rule("both ends again, not the first alone", _prove_by(1), FOUR_PAGES, "without the rows"),
    Rule("the ends first", _read_in_order, MOVES, "without the rows"),
    Rule("the ends again last", _read_the_ends_again_too_early, FOUR_PAGES, "without the rows"),
    Rule("a new reading when they differ", _read_once_only, MOVES, "moved once"),
    Rule(
        "the union of the readings",
        _keep_the_last_reading_only,
        MOVES,
        "which were read|in its parts",
    ),
    Rule(
        "a run looks for a commit before it asks",
        _look_at_no_commit_before_asking,
        LATE,
        "committed before it was begun",
    ),
    Rule("a torn page voids its proof", _mend_a_torn_reading, TORN_TWO_PAGES, "removed|without"),
    Rule(
        "a refused detail: what is stored counts",
        _keep_the_own_page,
        ITEM_LEAVES,
        "in its parts|which were read",
    ),
    Rule("what a budget leaves out is named", _name_nothing_left_out, BUDGETS, "says nothing of"),
    Rule("a redirect is followed", _follow_no_redirect, MERGED_ITEM, "says of 3: deleted"),
    Rule(
        "what has an answer is not due",
        _wait_for_nothing,
        LIMITED_DETAILS,
        "twice what came of them",
    ),
    Rule(
        "what answers another query is no answer",
        _take_answers_to_another_query,
        REPLACED_DETAILS,
        "says nothing of",
    ),
    Rule("parts carry the run id", _give_parts_no_run_id, TORN, "other bytes"),
)
