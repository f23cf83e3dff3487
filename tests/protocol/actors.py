"""Who works on the lake: runs, gc, readers. All of it is the extractor's own code.

Each takes a lake and an API client and does what it does alone; which of its calls comes when is the
search's business (`histories`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, cast

from tenacity import Retrying

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import Answer, RawgClient, Request
from extractor.extract_endpoint import extract_endpoint
from extractor.inspection import collect_garbage
from extractor.inspection.verify import verify_partition
from extractor.open_run import Run
from extractor.pages.page import Page
from extractor.planning.decide import ReadOptions
from extractor.reading import open_generation
from extractor.reading.fetch_page import Api
from extractor.reading.progress import Progress
from extractor.workers.worker_pool import StopRequest, WorkerPool
from gamemarket.endpoints import Endpoint
from gamemarket.errors import ExitCode
from gamemarket.lake import Lake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import read_current_manifest
from gamemarket.run_dates import Clock
from gamemarket.sources import PageNumbers

SOURCE = "rawg"
DAY = date(2024, 1, 1)
NOW = datetime(2024, 1, 3, 6, tzinfo=UTC)
GAMES = Partition(source=SOURCE, endpoint="games", run_date=DAY)
DETAILS = Partition(source=SOURCE, endpoint="game_details", run_date=DAY)


class Client(Protocol):
    """What a run needs of an API client."""

    def ask(self, request: Request) -> Answer: ...


@dataclass(frozen=True)
class Actor:
    """Somebody with a name; `act` must ask the same again when it is given the same answers."""

    name: str
    act: Callable[[Lake, Client], object]
    is_run: bool = True


class TornReadError(Exception):
    """A reader has seen what it must never see."""


class _OneAtATime:
    """A WorkerPool without threads."""

    workers = 1

    def run(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        for item in items:
            work(item)

    def map_in_order(self, work: Callable[[Any], object], items: Iterable[Any]) -> Iterable[object]:
        return map(work, items)


class _Backwards(_OneAtATime):
    """The pages in the other order."""

    def run(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        super().run(work, reversed(list(items)))


class _NoLimit:
    def take(self) -> None:
        pass


class _Claimed:
    def make(self) -> None:
        pass


def _ask_once(ask: Callable[[Request], Page], request: Request) -> Page:
    return ask(request)


def build_endpoint(**changes: object) -> Endpoint:
    """Pages of two rows."""
    fields: dict[str, object] = {
        "name": GAMES.endpoint,
        "source": SOURCE,
        "description": "A game",
        "kind": "incremental",
        "path": "/games",
        "params": {"updated": "{run_date},{run_date}"},
        "page_size": 2,
    }
    return Endpoint.model_validate(fields | changes)


def build_details(**changes: object) -> Endpoint:
    """The details of those rows."""
    fields: dict[str, object] = {
        "name": DETAILS.endpoint,
        "source": SOURCE,
        "description": "A game",
        "kind": "detail",
        "path": "/games/{id}",
        "parents": (GAMES.endpoint,),
        "daily_requests": 50,
        "refresh_days": 30,
    }
    return Endpoint.model_validate(fields | changes)


def run(
    name: str,
    *,
    refetch: bool = False,
    max_pages: int | None = None,
    finish_open: bool = False,
    backwards: bool = False,
    run_date: date = DAY,
    **changes: object,
) -> Actor:
    """`extractor run`: clears what others left, then extracts; `changes` are endpoints.json's."""
    options = ReadOptions(max_pages=max_pages, refetch=refetch, finish_open=finish_open)
    pool = _Backwards() if backwards else _OneAtATime()
    return _extract(name, build_endpoint(**changes), options, pool, run_date)


def details(
    name: str, *, refetch: bool = False, max_pages: int | None = None, **changes: object
) -> Actor:
    """The same for the details of what was read before."""
    options = ReadOptions(max_pages=max_pages, refetch=refetch)
    return _extract(name, build_details(**changes), options, _OneAtATime())


def _extract(
    name: str, endpoint: Endpoint, options: ReadOptions, pool: _OneAtATime, run_date: date = DAY
) -> Actor:
    parents = (build_endpoint(),) if endpoint.parents else ()

    def act(lake: Lake, client: Client) -> object:
        stop = StopRequest()
        api = Api(
            cast(RawgClient, client),
            cast(Retrying, _ask_once),
            Pace(None, 1, stop),
            cast(RequestBudget, _NoLimit()),
            cast(SourceClaim, _Claimed()),
            PageNumbers(),
        )
        threads = cast(WorkerPool, pool)
        begun = Run(name, lake, api, threads, stop, Clock(NOW), Progress())
        open_generation.clear_leftovers(lake, SOURCE)
        return extract_endpoint(begun, endpoint, run_date, options, parents)

    return Actor(name, act)


def gc(name: str = "gc") -> Actor:
    """`extractor gc`, and not a dry run."""

    def act(lake: Lake, client: Client) -> object:
        garbage = collect_garbage.find_garbage(lake, SOURCE)
        collect_garbage.collect_garbage(lake, garbage)
        return len(garbage)

    return Actor(name, act, is_run=False)


def reader(name: str = "reader", partition: Partition = GAMES) -> Actor:
    """Takes the parts that the current manifest names, and looks whether they are what it says."""

    def act(lake: Lake, client: Client) -> object:
        manifest = read_current_manifest(lake, partition)
        if manifest is None:
            return None
        summary = verify_partition(lake, manifest)
        if summary.exit_code != ExitCode.DONE:
            raise TornReadError("; ".join(summary.reasons))
        return manifest.generation

    return Actor(name, act, is_run=False)
