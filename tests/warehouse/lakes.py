"""Days of a lake: lists as the real extractor reads them from a sandbox in this process, and details.

No endpoint brings details yet, so theirs are committed by hand: a newer generation of the day's games that
names the parts of the first one, too, as a refetch does.
"""

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

from extractor import run_endpoints as extractor
from extractor.choose_work import Work
from extractor.decide import Wanted
from extractor.retry_policy import build_retry
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition, PartKey
from gamemarket.manifest import Manifest, PartRecord, read_current_manifest
from gamemarket.run_dates import Clock
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.running import RunningSandbox, sandbox_in_thread
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.source import Source
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World

KEY: Final = "canary-0123456789abcdef"
# Four months apart: games lose genres between them, which they seldom do from day to day.
FIVE_DAYS: Final = tuple(date(2024, 1, 1) + timedelta(days=120 * number) for number in range(5))
_GAMES_WITH_DETAILS: Final = 40


def make_lake(folder: Path, days: Sequence[date]) -> FolderLake:
    """A lake with these days, each with details of some of its games."""
    lake = FolderLake.open(folder)
    world = World(CatalogueOptions(seed=3, games=2_000, updated_per_day=900, popular_percent=20))
    with serve(SyntheticSource(world, cache_bytes=50_000_000), days[0]) as sandbox:
        for day in days:
            sandbox.server.clock.set(parse_moment(morning_after(day).isoformat()))
            extract(lake, sandbox, load_endpoints(), day)
            _commit_details(lake, sandbox, day)
    return lake


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
    work = [Work(endpoint, day, Wanted()) for endpoint in endpoints.endpoints]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAWG_API_KEY", KEY)
        patch.setenv("RAWG_BASE_URL", sandbox.url)
        patch.setattr(extractor, "configure_logging", lambda redactor: None)
        patch.setattr(extractor, "build_retry", partial(build_retry, first_wait_seconds=0.01))
        patch.setattr("extractor.worker_pool.StopRequest.on_signals", lambda stop: nullcontext())
        summaries = extractor.run_endpoints(lake, "rawg", source, work, Clock(morning_after(day)))
    assert {summary.exit_code for summary in summaries} == {ExitCode.DONE}, summaries


def read_partition(lake: FolderLake, endpoint: str, day: date) -> Manifest:
    """What the partition holds by now."""
    partition = Partition(source="rawg", endpoint=endpoint, run_date=day)
    manifest = read_current_manifest(lake, partition)
    assert manifest is not None
    return manifest


def _commit_details(lake: FolderLake, sandbox: RunningSandbox, day: date) -> None:
    """Details of games that were edited on the day, an hour after its lists; others every day."""
    server, asked = sandbox.server, load_endpoints().endpoint("games").request_params(day)
    moment = server.clock.catalogue_moment()
    ids = server.api.source.tell_truth("games", asked, moment)["ids"]
    step = max(1, len(ids) // _GAMES_WITH_DETAILS)
    found = [server.api.source.detail("games", str(game_id), moment) for game_id in ids[::step]]
    details: list[dict[str, Any]] = [json.loads(body) for body in found if body]
    assert all("developers" in detail for detail in details)
    commit_pages(lake, "games", day, details)


def commit_pages(
    lake: FolderLake, endpoint: str, day: date, pages: Sequence[dict[str, Any]]
) -> None:
    """The partition's next generation: the parts it has, and one of these pages, an hour later."""
    before = read_partition(lake, endpoint, day)
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
