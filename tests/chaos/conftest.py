"""A sandbox in this process, small limits for the client, and the table of what was counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from gamemarket.s3_lake import S3Lake, _open_session
from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread
from tests.chaos.extraction import (
    KEY,
    MORNING_AFTER,
    Extraction,
    do_without_a_process,
    hurry,
)
from tests.chaos.scenario import Tally
from tests.object_store import ObjectStore, serve_objects

TALLIES: Final = pytest.StashKey[dict[tuple[str, str], Tally]]()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSandbox]:
    """Some 60 games were updated on the day: 12 pages of 5."""
    world = World(CatalogueOptions(seed=3, games=1_500, updated_per_day=60))
    source = SyntheticSource(world, cache_bytes=50_000_000)
    clock = SandboxClock(parse_moment(MORNING_AFTER.isoformat()))
    server = RawgServer(source, clock, ServerOptions(keys=frozenset({KEY})))
    with sandbox_in_thread(server) as sandbox:
        yield sandbox


@pytest.fixture
def slow_extraction(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Extraction:
    """With all waits as they are for everybody."""
    do_without_a_process(monkeypatch, sandbox.url)
    return Extraction(sandbox)


@pytest.fixture
def extraction(
    slow_extraction: Extraction, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Extraction:
    """In a hurry: thousands of small runs."""
    hurry(monkeypatch, tmp_path)
    return slow_extraction


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with serve_objects(tmp_path_factory.mktemp("objects")) as store:
        yield store


# What boto3 knows of S3 is read once.
_open_session_once = cache(_open_session)


@pytest.fixture
def make_s3_lake(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], S3Lake]:
    """Lakes as a stage opens them, each with a bucket of its own."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gamemarket.s3_lake._open_session", _open_session_once)
    return lambda: S3Lake.connect(object_store.make_bucket(), object_store.endpoint)


@pytest.fixture
def tallies(request: pytest.FixtureRequest) -> dict[tuple[str, str], Tally]:
    """By store and kind of trouble; shown at the end of the session."""
    return request.config.stash.setdefault(TALLIES, {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tallies = config.stash.get(TALLIES, {})
    if not tallies:
        return
    names = [name for name in asdict(Tally()) if name != "failures"]
    terminalreporter.section("chaos: what was counted")
    heads = [f"{name.replace('_', ' '):>10}" for name in names]
    terminalreporter.write_line(f"{'store':8}{'trouble':28}{' '.join(heads)}")
    for (store, trouble), tally in tallies.items():
        figures = [f"{getattr(tally, name):>10,}" for name in names]
        terminalreporter.write_line(f"{store:8}{trouble:28}{' '.join(figures)}")
