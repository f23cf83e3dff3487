from __future__ import annotations

from collections.abc import Callable, Iterator

import dagster as dg
import psycopg
import pytest
from dagster._core.storage.schedules import ScheduleStorage
from dagster_postgres import PostgresRunStorage

from orchestrator.home.kept_connections import KeptConnections
from tests.postgres_server import PostgresServer, serve_postgres

RUN = "0f3c6a1e-7d0a-4a6e-9d4c-2f1f5a7d9b10"
# What Dagster gives its pages by itself.
TIMEOUT_MILLISECONDS = 15_000


def ask_runs(storage: KeptConnections) -> object:
    return storage.run_storage.get_runs(dg.RunsFilter(run_ids=[RUN]))


def ask_events(storage: KeptConnections) -> object:
    return storage.event_log_storage.get_logs_for_run(RUN)


def ask_schedules(storage: KeptConnections) -> object:
    schedules: ScheduleStorage = storage.schedule_storage
    return schedules.all_instigator_state()


QUESTIONS = (ask_runs, ask_events, ask_schedules)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with serve_postgres() as running:
        yield running


@pytest.fixture
def pages(server: PostgresServer) -> KeptConnections:
    """As the process of Dagster's pages has it."""
    storage = KeptConnections(server.url())
    for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        part.optimize_for_webserver(TIMEOUT_MILLISECONDS, pool_recycle=3_600, max_overflow=20)
    return storage


def find_connections(server: PostgresServer) -> set[int]:
    with psycopg.connect(server.url()) as db:
        found = db.execute(
            "select pid from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in found.fetchall()}


@pytest.mark.parametrize("ask", QUESTIONS)
def test_a_page_outlives_a_server_that_restarts(
    server: PostgresServer, pages: KeptConnections, ask: Callable[[KeptConnections], object]
) -> None:
    assert ask(pages) == []
    server.stop()
    server.start()
    assert ask(pages) == []


def test_all_questions_go_by_connections_that_are_kept(
    server: PostgresServer, pages: KeptConnections
) -> None:
    for ask in QUESTIONS:
        ask(pages)
    kept = find_connections(server)
    for ask in QUESTIONS:
        ask(pages)
    assert find_connections(server) == kept
    assert 1 <= len(kept) <= 2


def test_a_page_waits_no_longer_than_dagster_lets_it(pages: KeptConnections) -> None:
    runs = pages.run_storage
    assert isinstance(runs, PostgresRunStorage)
    with runs.connect() as db:
        assert db.exec_driver_sql("show statement_timeout").scalar() == "15s"
