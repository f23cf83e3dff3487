"""What a warehouse remembers of its builds."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import LakeError, UpstreamError, UsageError
from gamemarket.s3_access import S3Access
from gamemarket.settings import load_settings
from transformer.dbt_runner.dbt_project import DbtProject
from transformer.lake.lake_parts import LakeChanges, LakePart, LakePartition
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse
from transformer.warehouse.lake_tables import (
    Database,
    change_lake,
    read_rows,
    read_superseded,
)
from transformer.warehouse.warehouse import open_warehouse

NOW = datetime(2024, 1, 3, tzinfo=UTC)
MADE_WITHOUT_ATTEMPTS = """
create schema lake;
create table lake.loaded_parts (file_name varchar);
create table lake.builds (
    build_number bigint primary key,
    build_id varchar,
    built_at timestamp,
    models_fingerprint varchar,
    is_full_refresh boolean,
    part_count bigint
);
insert into lake.loaded_parts values ('a');
insert into lake.builds values (1, 'first', now(), 'models', false, 1);
"""


def models(name: str) -> DbtProject:
    return DbtProject(Path(), name, "project")


PARTITION = LakePartition(
    "rawg", "games", NOW.date(), 1, True, "", 1, 1, 1, 1, 1, 0, 0, 1, NOW, "manifest", "version"
)
PROJECTS: frozenset[str | None] = frozenset({"project"})


def part_of(name: str) -> LakePart:
    return LakePart("rawg", "games", NOW.date(), name, NOW, 1, "")


def plan_of(*names: str) -> LoadPlan:
    due = tuple(map(part_of, names))
    return LoadPlan(due, waiting=0, full_refresh=False, reason="", first_build=False)


def loaded_parts(warehouse: DuckDbWarehouse) -> list[tuple[str, bool]]:
    with warehouse.session() as db:
        return [(name, passed) for name, passed in db.ask("from lake.loaded_parts order by 1")]


def test_an_attempt_is_remembered_until_a_build_passes(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    assert warehouse.remember() == WarehouseMemory()
    partition = replace(PARTITION, manifest="m", manifest_version="1")
    warehouse.change_lake(LakeChanges(tuple(map(part_of, "abcd")), (partition,)), anew=True)
    warehouse.prepare(str(tmp_path), [], plan_of("a"), models("models"))
    warehouse.record("first", NOW)
    passed = WarehouseMemory(frozenset(), frozenset({"models"}), True, PROJECTS, {"m": "1"})
    assert warehouse.remember() == passed
    assert loaded_parts(warehouse) == [("a", True)]
    for name in ("b", "c"):
        warehouse.prepare(str(tmp_path), [], plan_of(name), models(f"models {name}"))
    assert warehouse.remember() == WarehouseMemory(
        attempted_parts=frozenset({"b", "c"}),
        models_fingerprints=frozenset({"models", "models b", "models c"}),
        has_passed=True,
        project_fingerprints=PROJECTS,
        manifests={"m": "1"},
    )
    with warehouse.session() as db:
        flags = db.ask("select file_name, is_due, is_loaded from lake.parts order by 1")
    assert flags == [
        ("a", False, True),
        ("b", True, False),
        ("c", True, False),
        ("d", False, False),
    ]
    warehouse.record("second", NOW)
    assert warehouse.remember() == replace(passed, models_fingerprints=frozenset({"models c"}))
    assert loaded_parts(warehouse) == [("a", True), ("b", True), ("c", True)]


def test_a_full_refresh_remembers_what_it_loaded_and_nothing_else(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.remember()
    warehouse.change_lake(LakeChanges((part_of("a"), part_of("b")), (PARTITION,)), anew=True)
    warehouse.prepare(str(tmp_path), [], plan_of("a"), models("models"))
    warehouse.record("first", NOW)
    again = replace(PARTITION, manifest="again")
    warehouse.change_lake(
        LakeChanges((part_of("b"),), (again,), left=frozenset({PARTITION.manifest})), anew=False
    )
    with warehouse.session() as db:
        assert read_superseded(db) == ["a"]
        assert read_rows(db, LakePart) == (part_of("b"),)
        assert read_rows(db, LakePartition) == (again,)
    refresh = replace(plan_of("b"), full_refresh=True)
    warehouse.prepare(str(tmp_path), [], refresh, models("models"))
    warehouse.record("second", NOW)
    assert loaded_parts(warehouse) == [("b", True)]


@dataclass
class Dies:
    """The warehouse for so many statements."""

    db: Database
    statements: int

    @property
    def Error(self) -> type[Exception]:
        return self.db.Error

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self._count()
        return self.db.ask(sql, parameters)

    def insert(
        self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]
    ) -> None:
        self._count()
        self.db.insert(table, columns, rows)

    def _count(self) -> None:
        if not self.statements:
            raise InterruptedError
        self.statements -= 1


@pytest.mark.parametrize(
    ("of_lake", "version", "anew"), [("b", "2", False), ("b", "2", True), ("a", "1", True)]
)
def test_a_build_that_dies_at_any_statement_leaves_what_the_next_one_makes_whole(
    tmp_path: Path, of_lake: str, version: str, anew: bool
) -> None:
    """Where there is no transaction, as in Snowflake."""
    lake = LakeChanges(
        (part_of(of_lake),),
        (replace(PARTITION, manifest_version=version),),
        left=frozenset({"manifest"}),
    )

    def write(db: Database, known: Mapping[str, str], anew: bool) -> None:
        if known != {"manifest": version} or anew:
            change_lake(db, lake, anew=anew or not known)

    for statements in range(20):
        warehouse = DuckDbWarehouse(tmp_path / f"{statements}.duckdb")
        warehouse.remember()
        before = LakeChanges((part_of("a"),), (replace(PARTITION, manifest_version="1"),))
        warehouse.change_lake(before, anew=True)
        with warehouse.session() as db, suppress(InterruptedError):
            write(Dies(db, statements), {"manifest": "1"}, anew)
            break  # it was whole
        with warehouse.session() as db:
            write(db, warehouse.remember().manifests, anew=False)
            assert read_rows(db, LakePart) == lake.parts, statements
            assert read_rows(db, LakePartition) == lake.partitions, statements
    assert statements > 5


def test_a_warehouse_that_was_made_without_attempts_keeps_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(MADE_WITHOUT_ATTEMPTS)
    expected = WarehouseMemory(frozenset(), frozenset({"models"}), True, frozenset({None}))
    assert DuckDbWarehouse(path).remember() == expected
    assert DuckDbWarehouse(path).remember() == expected
    assert loaded_parts(DuckDbWarehouse(path)) == [("a", True)]


OPEN_IT = "import sys, duckdb; duckdb.connect(sys.argv[1])"


def others_can_open(path: Path) -> bool:
    command = [sys.executable, "-c", OPEN_IT, str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_file_that_is_kept_open_is_closed_at_the_end_however_that_comes(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    warehouse = DuckDbWarehouse(path)
    with pytest.raises(KeyboardInterrupt), warehouse.kept_open():
        warehouse.remember()
        assert not others_can_open(path)
        raise KeyboardInterrupt
    assert others_can_open(path)
    warehouse.remember()
    assert others_can_open(path)


def test_a_file_that_is_kept_open_works_again_once_there_is_room(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    with warehouse.kept_open():
        warehouse.remember()
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        try:
            with pytest.raises(duckdb.FatalException), warehouse.session() as db:
                db.ask("checkpoint")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert warehouse.remember() == WarehouseMemory()


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5])
def test_flipped_bytes_are_said_and_so_is_what_to_do(tmp_path: Path, place: float) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.remember()
    with warehouse.session() as db:
        db.ask(
            "create table numbers as select range as n, md5(range::varchar) as hash from range(9000)"
        )
    with (tmp_path / "warehouse.duckdb").open("r+b") as file:
        size = file.seek(0, 2)
        for start in range(int(size * place), size, 4096):
            file.seek(start)
            file.write(b"flipped bytes")
    with pytest.raises(UpstreamError, match=r"is damaged: .* Remove it and build again"):
        _read_all(warehouse)


def _read_all(warehouse: DuckDbWarehouse) -> None:
    warehouse.remember()
    with warehouse.session() as db:
        db.ask("select max(n), max(hash) from numbers")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Runtime Error in model x: IO Error: Corrupt database file: computed checksum", "damaged"),
        ("[Errno 28] No space left on device: 'target/manifest.json'", "is full: make room"),
        ("IO Error: Could not write file: No space left on device", "is full: make room"),
        ("IO Error: Could not set lock on file: held in python (PID 7)", "held by process 7"),
    ],
)
def test_what_dbt_meets_of_it_is_explained_too(tmp_path: Path, said: str, expected: str) -> None:
    assert expected in str(DuckDbWarehouse(tmp_path / "warehouse.duckdb").explain(said))
    assert DuckDbWarehouse(tmp_path / "warehouse.duckdb").explain("Binder Error") is None


@pytest.mark.parametrize("character", list("*?[]#"))
@pytest.mark.parametrize("variable", ["GAME_MARKET_HOME", "DUCKDB_PATH", "DATA_LAKE_DIR"])
def test_a_path_that_duckdb_cannot_be_given_is_refused_by_its_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, character: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / f"a{character}b" / "c"))
    refusal = rf"has a \{character} in it|because of \{character} in its name"
    with pytest.raises(UsageError, match=refusal):  # by the settings, or by what they let pass
        open_warehouse("dev", load_settings())


def test_other_odd_paths_are_read_and_written(tmp_path: Path) -> None:
    folder = tmp_path / "it's \" a {{ b }} ~ %20 \r "
    warehouse = DuckDbWarehouse(folder / "warehouse.duckdb")
    part = "raw/rawg/games/run_date=2024-01-01/gen_001_a_part_00001.jsonl"
    (folder / part).parent.mkdir(parents=True)
    (folder / part).write_text('{"id": 1}\n')
    endpoint = load_endpoints().endpoint("games")
    warehouse.remember()
    warehouse.change_lake(LakeChanges((part_of(part),)), anew=True)
    warehouse.prepare(str(folder), [endpoint], plan_of(part), models("models"))
    with warehouse.session() as db:
        assert db.ask("select file_name from rawg_lake.raw_games") == [(part,)]


def of_lake_in_s3() -> S3Access:
    return S3Access("lake", None, "eu-west-1", "key-id", SecretStr("very-secret"), None)


def test_what_duckdb_says_of_the_lake_is_the_lakes_fault(tmp_path: Path) -> None:
    said = "HTTP Error: HTTP GET error reading 's3://lake/raw/x' (HTTP 404 Not Found)"
    with_lake = DuckDbWarehouse(tmp_path / "w.duckdb", of_lake_in_s3())
    assert isinstance(with_lake.explain(f"Runtime Error in model\n  {said}"), LakeError)
    assert with_lake.explain("Binder Error: no such column") is None


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "IO Error: Could not connect to server error for HTTP HEAD to 'http://store/x'",
            "store up",
        ),
        ("HTTP Error: HTTP GET error reading 's3://lake/x' (HTTP 403 Forbidden)", "credentials"),
    ],
)
def test_a_store_that_is_away_is_no_matter_of_credentials(
    said: str, advice: str, tmp_path: Path
) -> None:
    error = DuckDbWarehouse(tmp_path / "w.duckdb", of_lake_in_s3()).explain(said)
    assert advice in str(error)
    assert ("credentials" in str(error)) == (advice == "credentials")
