"""Days of a lake, as the real extractor reads them from a sandbox in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import zstandard

from extractor import open_run
from extractor.api.retry_policy import build_retry
from extractor.planning.choose_work import Work
from extractor.planning.decide import ReadOptions
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition, PartKey
from gamemarket.manifest import Manifest, PartRecord, read_current_manifest
from gamemarket.run_dates import Clock
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.mover import Move
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.source import Source
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread

KEY: Final = "canary-0123456789abcdef"
# Four months apart: games lose genres between them, which they seldom do from day to day.
FIVE_DAYS: Final = tuple(date(2024, 1, 1) + timedelta(days=120 * number) for number in range(5))
_DETAILS_A_DAY: Final = 60
_DELETION: Final = Move("delete", positions=(1, 7), rows=2, draw=lambda _: 0.0)
_LISTS: Final = (
    "games", "games_top", "genres", "platforms", "parent_platforms", "stores", "tags", "publishers",
    "developers",
)  # fmt: skip


def make_lake(folder: Path, days: Sequence[date]) -> FolderLake:
    """A lake with these days, each with details of some of its games, an hour after the lists.

    Between the two some are deleted, and on the next day they are there again.
    """
    lake = FolderLake.open(folder)
    world = World(CatalogueOptions(seed=3, games=2_000, updated_per_day=900, popular_percent=20))
    source = SyntheticSource(world, cache_bytes=50_000_000)
    with serve(source, days[0]) as sandbox:
        for day in days:
            set_clock(sandbox, morning_after(day))
            extract(lake, sandbox, only(*_LISTS), day)
            set_clock(sandbox, morning_after(day) + timedelta(hours=1))
            moment = sandbox.server.clock.catalogue_moment()
            source.move("games", {"ordering": "-added"}, moment, _DELETION)
            extract(lake, sandbox, only("game_details", daily_requests=_DETAILS_A_DAY), day)
            source.forget_moves()
    return lake


def only(*names: str, **changes: object) -> Endpoints:
    """These of the packed endpoints, changed; what names the ids of details is known, too."""
    packed = load_endpoints()
    chosen = tuple(packed.endpoint(name).model_copy(update=changes) for name in names)
    return packed.model_copy(update={"endpoints": chosen})


def set_clock(sandbox: RunningSandbox, moment: datetime) -> None:
    """The sandbox's time, which is that of its answers."""
    sandbox.server.clock.set(parse_moment(moment.isoformat()))


def morning_after(day: date) -> datetime:
    """When a schedule would read the day."""
    return datetime.combine(day + timedelta(days=1), time(6), UTC)


@contextmanager
def serve(source: Source, day: date) -> Iterator[RunningSandbox]:
    """A sandbox on the morning after the day."""
    clock = SandboxClock(parse_moment(morning_after(day).isoformat()))
    server = RawgServer(source, clock, ServerOptions(keys=frozenset({KEY})))
    with sandbox_in_thread(server) as running:
        yield running


def extract(lake: FolderLake, sandbox: RunningSandbox, endpoints: Endpoints, day: date) -> None:
    """Reads every endpoint for a day, without the waits that spare the real API."""
    hurried = {"requests_per_second": None, "concurrency": 4}
    source = endpoints.sources["rawg"].model_copy(update=hurried)
    parents_of = load_endpoints().parents_of
    work = [Work(one, day, ReadOptions(), parents_of(one)) for one in endpoints.endpoints]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAWG_API_KEY", KEY)
        patch.setenv("RAWG_BASE_URL", sandbox.url)
        patch.setattr(open_run, "build_retry", partial(build_retry, first_wait_seconds=0.01))
        patch.setattr(
            "extractor.workers.worker_pool.StopRequest.on_signals", lambda stop: nullcontext()
        )
        summaries = run_endpoints(lake, {"rawg": source}, work, Clock(morning_after(day)))
    assert {summary.exit_code for summary in summaries} == {ExitCode.DONE}, summaries


def read_partition(lake: FolderLake, endpoint: str, day: date) -> Manifest:
    """What the partition holds by now."""
    partition = Partition(source="rawg", endpoint=endpoint, run_date=day)
    manifest = read_current_manifest(lake, partition)
    assert manifest is not None
    return manifest


def commit_pages(
    lake: FolderLake, endpoint: str, day: date, pages: Sequence[dict[str, Any]], like: str = ""
) -> None:
    """The partition's next generation: the parts it has, and one of these pages, an hour later.

    `like`: it is the first one, and apart from its parts as that of another endpoint.
    """
    before = read_partition(lake, like or endpoint, day)
    if like:
        before = before.model_copy(update={"endpoint": endpoint, "generation": 0, "parts": ()})
    body = zstandard.compress(b"".join(json.dumps(page).encode() + b"\n" for page in pages))
    key = PartKey(
        partition=before.partition, generation=before.generation + 1, run_id="details", part=1
    )
    assert lake.put_if_absent(key, body)
    part = PartRecord(
        key=str(key),
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        pages=len(pages),
        rows=len(pages),
        observed_at=morning_after(day) + timedelta(hours=1),
    )
    manifest = before.model_copy(
        update={"generation": key.generation, "parts": (*before.parts, part)}
    )
    assert lake.put_if_absent(manifest.key, manifest.to_bytes())
