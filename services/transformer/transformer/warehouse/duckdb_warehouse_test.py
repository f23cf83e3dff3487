"""What a warehouse remembers of its builds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from transformer.lake.lake_parts import LakeContents, LakePart
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

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


def plan_of(*names: str, loaded: frozenset[str] = frozenset()) -> LoadPlan:
    due = tuple(LakePart("rawg", "games", NOW.date(), name, NOW, 1, "") for name in names)
    return LoadPlan(due, loaded, waiting=0, full_refresh=False, reason="", first_build=False)


def test_an_attempt_is_remembered_until_a_build_passes(tmp_path: Path) -> None:
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    assert warehouse.remember() == WarehouseMemory()
    warehouse.prepare(str(tmp_path), [], LakeContents(), plan_of("a"), "models")
    warehouse.record("first", NOW, plan_of("a"))
    passed = WarehouseMemory(frozenset({"a"}), frozenset(), frozenset({"models"}), True)
    assert warehouse.remember() == passed
    for name in ("b", "c"):
        warehouse.prepare(str(tmp_path), [], LakeContents(), plan_of("a", name), f"models {name}")
    assert warehouse.remember() == WarehouseMemory(
        loaded_parts=frozenset({"a"}),
        attempted_parts=frozenset({"b", "c"}),
        models_fingerprints=frozenset({"models", "models b", "models c"}),
        has_passed=True,
    )
    warehouse.prepare(str(tmp_path), [], LakeContents(), plan_of("a", "b"), "models d")
    warehouse.record("second", NOW, plan_of("b", loaded=frozenset({"a"})))
    assert warehouse.remember() == WarehouseMemory(
        frozenset({"a", "b"}), frozenset(), frozenset({"models d"}), True
    )


def test_a_warehouse_that_was_made_without_attempts_keeps_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(MADE_WITHOUT_ATTEMPTS)
    expected = WarehouseMemory(frozenset({"a"}), frozenset(), frozenset({"models"}), True)
    assert DuckDbWarehouse(path).remember() == expected
    assert DuckDbWarehouse(path).remember() == expected
