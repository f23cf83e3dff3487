"""Published marts in a folder, and a Postgres with the roles that the local stack makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
from gamemarket.lake_keys import MartKey, MartMonthKey, MartsPointerKey
from gamemarket.published_marts import MartsPointer, PublishedFile, PublishedMart
from gamemarket.settings import Settings
from tests.postgres_server import PostgresServer, serve_postgres
from transformer.publishing.postgres_connection import Connection

CREATE_ROLES = Path.cwd() / "stack/create_roles.sh"  # in Pants' sandbox (see the BUILD file)
_DROP: Sequence[LiteralString] = (
    "drop database marts with (force)",
    "drop database dagster with (force)",
    "drop role marts",
    "drop role reporter",
    "drop role dagster",
)


@dataclass
class Publisher:
    """Publishes marts without a warehouse: each is a query of DuckDB, or one a month of `observed_on`."""

    lake: FolderLake
    folder: Path

    def publish(self, build_id: str, **marts: str | Mapping[str, str]) -> MartsPointer:
        models = {name: self._put(build_id, name, of) for name, of in marts.items()}
        built_at = datetime(2024, 1, 2, 6, tzinfo=UTC)
        pointer = MartsPointer(build_id=build_id, built_at=built_at, models=models)
        self.lake.replace(MartsPointerKey(target="dev"), pointer.model_dump_json().encode())
        return pointer

    def _put(self, build_id: str, name: str, of: str | Mapping[str, str]) -> PublishedMart:
        queries = {None: of} if isinstance(of, str) else of
        has_key = all(" as game_id" in query for query in queries.values())
        has_source = all(" as source_system" in query for query in queries.values())
        key = ("source_system", "game_id") if has_source else ("game_id",)
        return PublishedMart(
            files=tuple(
                self._put_file(build_id, name, month, query) for month, query in queries.items()
            ),
            split_by="" if isinstance(of, str) else "observed_on",
            description=f"What {name} is; it's for people.",
            natural_key=key if has_key else (),
            columns={"game_id": "Whose row it is."} if has_key else {},
        )

    def _put_file(self, build_id: str, name: str, month: str | None, query: str) -> PublishedFile:
        file = self.folder / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"copy ({query}) to '{file}' (format parquet)")
            [(rows,)] = db.execute("select count(*) from read_parquet(?)", [str(file)]).fetchall()
        body = file.read_bytes()
        key = (
            MartMonthKey(build_id=build_id, model=name, month=month)
            if month
            else MartKey(build_id=build_id, model=name)
        )
        assert self.lake.put_if_absent(key, body)
        digest = hashlib.sha256(body).hexdigest()
        return PublishedFile(key=str(key), rows=rows, sha256=digest, month=month)


@dataclass
class Marts:
    """One empty database, and what is published."""

    publisher: Publisher
    server: PostgresServer
    settings: Settings

    def ask(self, query: LiteralString, role: str = "reporter") -> list[tuple[Any, ...]]:
        with self.connect(role) as db:
            cursor = db.execute(query)
            return cursor.fetchall() if cursor.description else []

    def connect(self, role: str, database: str = "marts") -> closing[Connection]:
        return closing(psycopg.connect(self.server.url(database, role), autocommit=True))


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
    server.create_roles(CREATE_ROLES)
    yield Marts(Publisher(FolderLake.open(settings.lake_dir), tmp_path), server, settings)
    _drop_roles(server)


def _drop_roles(server: PostgresServer) -> None:
    with closing(psycopg.connect(server.url(), autocommit=True)) as db:
        for statement in _DROP:
            db.execute(statement)
