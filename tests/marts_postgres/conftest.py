"""Published marts in a folder, and a Postgres with the roles that the local stack makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import duckdb
import psycopg
import pytest
from pydantic import SecretStr

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartKey, MartsPointerKey
from gamemarket.settings import Settings
from tests.postgres_server import PostgresServer, serve_postgres
from transformer.publish import MartsPointer, PublishedMart

# As stack/create_roles.sh makes them.
_CREATE = (
    "create role marts login",
    "create role reporter login",
    "create database marts owner marts",
)
_DROP = ("drop database marts with (force)", "drop role marts", "drop role reporter")


@dataclass
class Publisher:
    """Publishes marts without a warehouse: each is a query of DuckDB."""

    lake: FolderLake
    folder: Path

    def publish(self, build_id: str, **marts: str) -> MartsPointer:
        models = {name: self._put(build_id, name, query) for name, query in marts.items()}
        built_at = datetime(2024, 1, 2, 6, tzinfo=UTC)
        pointer = MartsPointer(build_id=build_id, built_at=built_at, models=models)
        self.lake.replace(MartsPointerKey(), pointer.model_dump_json().encode())
        return pointer

    def _put(self, build_id: str, name: str, query: str) -> PublishedMart:
        file = self.folder / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"copy ({query}) to '{file}' (format parquet)")
            [(rows,)] = db.execute("select count(*) from read_parquet(?)", [str(file)]).fetchall()
        key, body = MartKey(build_id=build_id, model=name), file.read_bytes()
        assert self.lake.put_if_absent(key, body)
        return PublishedMart(key=str(key), rows=rows, sha256=hashlib.sha256(body).hexdigest())


@dataclass
class Marts:
    """One empty database, and what is published."""

    publisher: Publisher
    server: PostgresServer
    settings: Settings

    def ask(self, query: LiteralString, role: str = "reporter") -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(self.server.url("marts", role), autocommit=True)) as db:
            cursor = db.execute(query)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with serve_postgres() as running:
        yield running


@pytest.fixture
def marts(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Marts]:
    for name in ("DATA_LAKE_BUCKET", "DATA_LAKE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path))
    settings = Settings().model_copy(
        update={"marts_postgres_url": SecretStr(server.url("marts", "marts"))}
    )
    _administrate(server, _CREATE)
    yield Marts(Publisher(FolderLake.open(settings.lake_dir), tmp_path), server, settings)
    _administrate(server, _DROP)


def _administrate(server: PostgresServer, statements: Sequence[LiteralString]) -> None:
    with closing(psycopg.connect(server.url(), autocommit=True)) as db:
        for statement in statements:
            db.execute(statement)
