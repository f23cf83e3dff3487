"""Two days of a lake, read by the real extractor from a sandbox in this process.

What the sandbox never says (dirt) comes from partitions that are made by hand. One endpoint has no model:
what stands for it is generated.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from extractor import open_run
from extractor.api.retry_policy import build_retry
from extractor.planning.choose_work import Work
from extractor.planning.decide import ReadOptions
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.run_dates import Clock
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread
from transformer.conftest import LakeWriter, game, page_of

__all__ = [
    "FIRST",
    "SECOND",
    "TwoDays",
    "make_lakes",
    "morning_after",
    "write_endpoints",
]

_KEY: Final = "canary-0123456789abcdef"
BY_HAND: Final = date(2023, 12, 31)
# Further apart than the longest span that a mart looks back over.
FIRST, SECOND = date(2024, 1, 1), date(2024, 2, 5)


def morning_after(day: date) -> datetime:
    """When the day's partition is read."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)


_CREATORS: Final = {
    "name": "creators",
    "source": "rawg",
    "description": "A person who makes games",
    "kind": "snapshot",
    "path": "/creators",
    "page_size": 40,
    "page_limit": 2,
    "refresh_days": 7,
    "min_coverage": 0.99,
}
# Enough for every table, and few: the emulation takes its pages one by one.
_DETAILS_A_DAY: Final = 60


def write_endpoints(file: Path) -> Endpoints:
    """endpoints.json with fewer details a day, and with one endpoint that has no model."""
    packed = load_endpoints().model_dump(mode="json", by_alias=True, exclude_unset=True)
    listed = [
        {**one, "daily_requests": _DETAILS_A_DAY} if "daily_requests" in one else one
        for one in packed["endpoints"]
    ]
    file.write_text(json.dumps({**packed, "endpoints": [*listed, _CREATORS]}))
    return load_endpoints(file)


@dataclass(frozen=True)
class TwoDays:
    """The lake after the first day, and after the second."""

    first: Path
    second: Path


def make_lakes(folder: Path) -> TwoDays:
    """The same lake twice: a copy of it after the first day, and with both."""
    both = folder / "both"
    endpoints = write_endpoints(folder / "endpoints.json")
    with _sandbox() as sandbox:
        _read(sandbox, both, FIRST, endpoints)
        _write_by_hand(both)
        shutil.copytree(both, folder / "first")
        _read(sandbox, both, SECOND, endpoints)
    return TwoDays(folder / "first", both)


@contextmanager
def _sandbox() -> Iterator[RunningSandbox]:
    world = World(CatalogueOptions(seed=5, games=400, updated_per_day=120))
    clock = SandboxClock(parse_moment(morning_after(FIRST).isoformat()))
    source = SyntheticSource(world, cache_bytes=50_000_000)
    server = RawgServer(source, clock, ServerOptions(keys=frozenset({_KEY})))
    with sandbox_in_thread(server) as running:
        yield running


def _read(sandbox: RunningSandbox, lake: Path, day: date, endpoints: Endpoints) -> None:
    """Every endpoint, without the waits of the real API."""
    sandbox.server.clock.set(parse_moment(morning_after(day).isoformat()))
    source = endpoints.sources["rawg"].model_copy(
        update={"requests_per_second": None, "concurrency": 4}
    )
    work = [Work(one, day, ReadOptions(), endpoints.parents_of(one)) for one in endpoints.endpoints]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAWG_API_KEY", _KEY)
        patch.setenv("RAWG_BASE_URL", sandbox.url)
        patch.setattr(open_run, "build_retry", partial(build_retry, first_wait_seconds=0.01))
        patch.setattr(
            "extractor.workers.worker_pool.StopRequest.on_signals", lambda stop: nullcontext()
        )
        summaries = run_endpoints(
            FolderLake.open(lake), {"rawg": source}, work, Clock(morning_after(day))
        )
    assert {summary.exit_code for summary in summaries} == {ExitCode.DONE}, summaries


_PLATFORMS: Final = (
    {"id": 4, "name": "PC", "slug": "pc"},
    {"id": 18, "name": "PlayStation 4", "slug": "playstation4"},
)


def _write_by_hand(lake: Path) -> None:
    company = {"id": 900_001, "name": "Tiny Ångström", "slug": "tiny-angstrom", "games_count": 1}
    dirty = game(
        900_002, metacritic="N/A", playtime=4.5, released="2020-13-40", rating=4.0, added=-1
    )
    fields = {"description": "<p>Long</p>", "developers": [company], "publishers": [company]}
    detail = game(900_003, **fields, results=[{"id": 900_005}, {"id": 900_006}])
    writer = LakeWriter(FolderLake.open(lake))
    writer.commit("games", BY_HAND, page_of(dirty, game(900_004)))
    moved = [
        game(900_007, released=released, platforms=[{"platform": one} for one in listed])
        for released, listed in (("2030-05-01", _PLATFORMS[:1]), ("2030-08-01", _PLATFORMS))
    ]
    for hour, one in enumerate(moved, 7):
        at = datetime(2024, 1, 1, hour, tzinfo=UTC)
        writer.commit("games", BY_HAND, page_of(one), observed_at=at)
    gone = {900_002: None, 900_004: 900_003}
    writer.commit("game_details", BY_HAND, detail, rows=1, distinct_ids=1, gone=gone)
