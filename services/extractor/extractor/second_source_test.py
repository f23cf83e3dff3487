"""A source that is as unlike RAWG as the sandbox can be: by endpoints.json alone, through the same code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from extractor.inspection.verify import verify_partition
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import Endpoints
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import Manifest, read_current_manifest
from gamemarket.run_dates import Clock
from gamemarket.run_summary import RunSummary
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread

KEY = "canary-0123456789abcdef"
DAY = date(2024, 1, 1)
NOW = datetime(2024, 1, 2, 6, tzinfo=UTC)

Run = Callable[..., list[RunSummary]]

RAWG: dict[str, Any] = {
    "base_url_variable": "RAWG_BASE_URL",
    "key_variable": "RAWG_API_KEY",
    "key_parameter": "key",
    "paging": {"style": "page_numbers"},
    "quota_refusal": {"status": 401, "text": "limit reached"},
    "max_page_size": 40,
}
OUTLET: dict[str, Any] = {
    "base_url_variable": "OUTLET_BASE_URL",
    "key_variable": "OUTLET_API_KEY",
    "key_header": "X-Outlet-Key",
    "paging": {
        "style": "offsets",
        "offset_parameter": "offset",
        "limit_parameter": "limit",
        "items": "items",
        "count": "total",
        "next": None,
        "behind_the_end": "empty_page",
    },
    "quota_refusal": {"status": 402},
    "max_page_size": 100,
    "monthly_requests": 1000,
}
TITLES: dict[str, Any] = {
    "name": "titles",
    "source": "outlet",
    "description": "A title that changed on the run date",
    "kind": "incremental",
    "path": "/titles",
    "params": {"changed_on": "{run_date}", "sort": "created"},
    "page_size": 30,
    "run_date_field": "updated",
}
MAKERS: dict[str, Any] = {
    "name": "makers",
    "source": "outlet",
    "description": "A maker",
    "kind": "snapshot",
    "path": "/makers",
    "page_size": 100,
    "refresh_days": 7,
    "min_coverage": 1.0,
}
TITLE_DETAILS: dict[str, Any] = {
    "name": "title_details",
    "source": "outlet",
    "description": "A title, with its makers",
    "kind": "detail",
    "path": "/titles/{id}",
    "parents": ["titles"],
    "daily_requests": 10,
    "refresh_days": 30,
}
GENRES: dict[str, Any] = {
    "name": "genres",
    "source": "rawg",
    "description": "A genre",
    "kind": "snapshot",
    "path": "/genres",
    "page_size": 40,
    "refresh_days": 7,
    "min_coverage": 1.0,
}


@pytest.fixture(scope="module")
def world() -> SyntheticSource:
    options = CatalogueOptions(seed=3, games=1_500, updated_per_day=90)
    return SyntheticSource(World(options), cache_bytes=20_000_000)


@pytest.fixture
def sandbox(world: SyntheticSource) -> Iterator[RunningSandbox]:
    clock = SandboxClock(parse_moment(NOW.isoformat()))
    server = RawgServer(world, clock, ServerOptions(keys=frozenset({KEY})))
    with sandbox_in_thread(server) as running:
        yield running


@pytest.fixture
def run(sandbox: RunningSandbox, lake: FolderLake, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Reads endpoints of both sources for the day."""
    for name in ("RAWG_API_KEY", "OUTLET_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("RAWG_BASE_URL", "OUTLET_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    outlet_url = sandbox.url.removesuffix("/api") + "/outlet/v1"

    def extract(
        *endpoints: dict[str, Any], max_requests: int | None = None, refetch: bool = False
    ) -> list[RunSummary]:
        sources = {
            "rawg": RAWG | {"base_url": sandbox.url},
            "outlet": OUTLET | {"base_url": outlet_url},
        }
        config = Endpoints.model_validate({"sources": sources, "endpoints": endpoints})
        options = ReadOptions(refetch=refetch)
        work = choose_work(config.endpoints, [DAY], options, 0, config.parents_of)
        return run_endpoints(lake, config.sources, work, Clock(NOW), max_requests)

    return extract


def read_manifest(lake: FolderLake, endpoint: str) -> Manifest:
    manifest = read_current_manifest(
        lake, Partition(source="outlet", endpoint=endpoint, run_date=DAY)
    )
    assert manifest is not None
    return manifest


def read_pages(lake: FolderLake, endpoint: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for part in read_manifest(lake, endpoint).parts
        for line in zstandard.ZstdDecompressor()
        .stream_reader(lake.get(part.key))
        .read()
        .splitlines()
    ]


def tell_truth(sandbox: RunningSandbox, endpoint: str, **asked: str) -> set[int]:
    server = sandbox.server
    truth = server.api.source.tell_truth(endpoint, asked, server.clock.catalogue_moment())
    return set(truth["ids"])


def test_a_day_of_it_is_proven_and_holds_what_there_was(
    run: Run, sandbox: RunningSandbox, lake: FolderLake
) -> None:
    (summary,) = run(TITLES)
    assert (summary.state, summary.exit_code) == ("committed", ExitCode.DONE)
    pages = read_pages(lake, "titles")
    read = {row["id"] for page in pages for row in page["items"]}
    assert read == tell_truth(sandbox, "games", updated=f"{DAY},{DAY}")
    assert len(pages) == -(-len(read) // 30) > 2
    # Both ends once more, and nothing twice beside that.
    calls = sandbox.server.calls.by_request
    assert sorted(calls.values()) == [*[1] * (len(pages) - 2), 2, 2]
    manifest = read_manifest(lake, "titles")
    assert (manifest.complete, manifest.items, manifest.rows) == (True, "items", len(read))


def test_a_list_that_fills_its_last_page_ends_there(
    run: Run, sandbox: RunningSandbox, lake: FolderLake
) -> None:
    size = len(tell_truth(sandbox, "games", updated=f"{DAY},{DAY}"))
    halves = next(n for n in range(2, size) if size % n == 0)
    (summary,) = run(TITLES | {"page_size": min(100, size // halves)})
    assert (summary.exit_code, summary.rows) == (ExitCode.DONE, size)


def test_details_take_their_ids_from_its_lists(
    run: Run, sandbox: RunningSandbox, lake: FolderLake
) -> None:
    summaries = run(TITLES, TITLE_DETAILS)
    assert [summary.exit_code for summary in summaries] == [ExitCode.DONE, ExitCode.DONE]
    details = read_pages(lake, "title_details")
    assert len(details) == 10
    assert all(detail["developers"] for detail in details)
    wanted = {row["id"] for page in read_pages(lake, "titles") for row in page["items"]}
    assert {detail["id"] for detail in details} < wanted


def test_committed_parts_are_read_again_by_its_names(run: Run, lake: FolderLake) -> None:
    run(TITLES, TITLE_DETAILS)
    run(TITLES, refetch=True)
    twice = read_manifest(lake, "titles")
    assert (twice.generation, twice.duplicates) == (2, twice.distinct_ids)
    for manifest in (twice, read_manifest(lake, "title_details")):
        assert verify_partition(lake, manifest).exit_code == ExitCode.DONE


def test_two_sources_have_a_ledger_and_a_claim_each(
    run: Run, sandbox: RunningSandbox, lake: FolderLake
) -> None:
    summaries = run(GENRES, MAKERS)
    assert {summary.exit_code for summary in summaries} == {ExitCode.DONE}
    assert {path.name for path in Path(lake.uri, "sources").iterdir()} == {
        "rawg.json",
        "outlet.json",
    }
    spent = {path.name for path in Path(lake.uri, "ledger").iterdir()}
    assert spent == {"rawg", "outlet"}
    by_endpoint = sandbox.server.calls.by_endpoint
    assert {s.endpoint: s.requests for s in summaries} == {
        "genres": by_endpoint["genres"],
        "makers": by_endpoint["outlet_makers"],
    }
    sandbox.server.calls.reset()
    assert {summary.state for summary in run(GENRES, MAKERS)} == {"done"}
    assert sandbox.server.calls.total == 0


def test_its_key_is_in_no_address_and_in_no_file(
    run: Run, sandbox: RunningSandbox, lake: FolderLake
) -> None:
    run(TITLES)
    # by_request leaves a parameter named `key` out; any other name would stand there.
    assert not [call for call in sandbox.server.calls.by_request if KEY in call]
    stored = [path.read_bytes() for path in Path(lake.uri).rglob("*") if path.is_file()]
    assert stored
    assert not [body for body in stored if KEY.encode() in body]


def test_a_source_without_its_key_keeps_the_other_from_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLET_API_KEY", "")
    genres, makers = run(GENRES, MAKERS)
    assert (genres.endpoint, genres.exit_code) == ("genres", ExitCode.DONE)
    assert (makers.endpoint, makers.exit_code) == ("makers", ExitCode.USAGE)
    assert "OUTLET_API_KEY is not set" in makers.reasons[0]


def test_what_the_caller_allows_is_for_all_sources_together(
    run: Run, sandbox: RunningSandbox
) -> None:
    summaries = run(GENRES, MAKERS, max_requests=2)
    assert [summary.exit_code for summary in summaries] == [
        ExitCode.DONE,
        ExitCode.STOPPED_EARLY,
    ]
    assert sandbox.server.calls.total == 2


@pytest.mark.parametrize(
    ("prepare", "changes", "code", "reason"),
    [
        (lambda s, p: s.server.api.quota.set(1), {}, ExitCode.STOPPED_EARLY, "quota is spent"),
        (
            lambda s, p: p.setenv("OUTLET_API_KEY", "another-canary-key"),
            {},
            ExitCode.KEY_REFUSED,
            "Check OUTLET_API_KEY",
        ),
        (lambda s, p: None, {"params": {"order": "id"}}, ExitCode.USAGE, "no such parameter"),
        (lambda s, p: None, {"path": "/nothing"}, ExitCode.USAGE, "has nothing at"),
    ],
)
def test_it_refuses_in_its_own_way(
    run: Run,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[RunningSandbox, pytest.MonkeyPatch], None],
    changes: dict[str, Any],
    code: ExitCode,
    reason: str,
) -> None:
    prepare(sandbox, monkeypatch)
    (summary,) = run(MAKERS | changes)
    assert (summary.exit_code, reason in summary.reasons[0]) == (code, True), summary.reasons
