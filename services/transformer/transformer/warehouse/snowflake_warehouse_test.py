"""What the transformer does in Snowflake by itself; fakesnow (DuckDB inside) stands in for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_environment import check_target
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeContents, LakePart
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse.snowflake_warehouse import SnowflakeWarehouse, _refreshes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import fakesnow
    from snowflake.connector.errors import OperationalError

NOW = datetime(2024, 1, 3, tzinfo=UTC)
TODAY = NOW.date()
ENVIRONMENT = {
    "SNOWFLAKE_ACCOUNT": "emulated",
    "SNOWFLAKE_WAREHOUSE": "BUILDS",
    "SNOWFLAKE_DATABASE": "GAME_MARKET",
    "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
}
GAMES = [endpoint for endpoint in load_endpoints().endpoints if endpoint.name == "games"]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_PRIVATE_KEY_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[SnowflakeWarehouse]:
    with fakesnow.patch():
        yield SnowflakeWarehouse(settings)


def part(name: str, run_date: date = TODAY, endpoint: str = "games") -> LakePart:
    return LakePart("rawg", endpoint, run_date, name, NOW, 1, "")


def plan_of(*parts: LakePart) -> LoadPlan:
    return LoadPlan(parts, frozenset(), 0, full_refresh=False, reason="", first_build=False)


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_what_is_not_set_is_named(
    name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_target("prod", Settings())
    monkeypatch.delenv(name)
    with pytest.raises(UsageError, match=name):
        check_target("prod", Settings())


def test_a_key_file_wants_its_user(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PATH", "/somewhere/key.p8")
    with pytest.raises(UsageError, match="SNOWFLAKE_USER"):
        check_target("prod", Settings())


def test_external_tables_that_are_missing_are_named_before_anything_is_written(
    warehouse: SnowflakeWarehouse,
) -> None:
    warehouse.remember()
    with pytest.raises(UsageError, match=r"rawg_lake\.raw_games.*Terraform"):
        warehouse.prepare("s3://lake", GAMES, LakeContents(), plan_of(part("a")), "models")
    assert warehouse.remember() == WarehouseMemory()


def test_a_snowflake_that_does_not_answer_is_unavailable(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_arguments: object) -> None:
        raise OperationalError(msg="Failed to connect to DB: emulated", errno=250001)

    monkeypatch.setattr("snowflake.connector.connect", refuse)
    with pytest.raises(
        UpstreamError, match=r"Snowflake emulated with the role TRANSFORMER.*250001"
    ):
        SnowflakeWarehouse(settings).remember()


def test_an_attempt_is_remembered_until_a_build_passes(warehouse: SnowflakeWarehouse) -> None:
    plan, contents = plan_of(part("a"), part("b")), LakeContents((part("a"), part("b")))
    assert warehouse.remember() == WarehouseMemory()
    warehouse.prepare("s3://lake", [], contents, plan_of(), "models")
    warehouse.record("first", NOW, plan_of())
    with warehouse.session() as db:
        db.ask("create schema rawg_lake")
        db.ask("create table rawg_lake.raw_games (payload variant)")
    with pytest.raises(Exception, match="refresh_pages"):  # which the emulation does not have
        warehouse.prepare("s3://lake", GAMES, contents, plan, "models b")
    assert warehouse.remember() == WarehouseMemory(
        attempted_parts=frozenset({"a", "b"}),
        models_fingerprints=frozenset({"models", "models b"}),
        has_passed=True,
    )
    warehouse.record("second", NOW, plan)
    passed = WarehouseMemory(frozenset({"a", "b"}), frozenset(), frozenset({"models b"}), True)
    assert warehouse.remember() == passed


def test_builds_take_turns(warehouse: SnowflakeWarehouse) -> None:
    with warehouse.hold("transformer build"):
        refused = pytest.raises(UpstreamError, match=r"held by transformer build on .* process \d+")
        with refused, warehouse.hold("transformer dbt run"):
            pytest.fail("two at once")
    with pytest.raises(OSError, match="its own"), warehouse.hold("transformer build"):
        raise OSError("its own")
    with warehouse.hold("transformer build"):
        pass


def test_a_lease_that_was_left_behind_ends(warehouse: SnowflakeWarehouse) -> None:
    with warehouse.hold("transformer build"):
        with warehouse.session() as db:
            db.ask("update lake.build_lease set held_until = ?", [datetime(2024, 1, 1)])
        with warehouse.hold("another"), warehouse.session() as db:
            ((holder,),) = db.ask("select holder from lake.build_lease")
    assert holder.startswith("another")


def test_run_dates_that_are_due_are_refreshed_and_no_others() -> None:
    first, second = date(2024, 1, 1), date(2024, 1, 2)
    genres = part("g", first, "genres")
    removed = part("c", first, "creators")  # which endpoints.json has no more
    contents = LakeContents((part("a", first), part("b", second), genres, removed))
    tables = {"rawg_lake.raw_games", "rawg_lake.raw_genres"}
    assert _refreshes(contents, plan_of(part("b", second), genres, removed), tables) == [
        "call rawg_lake.refresh_pages('raw_games', to_date('2024-01-02'))",
        "call rawg_lake.refresh_pages('raw_genres', null)",
    ]


def test_a_mart_is_exported_with_the_types_of_its_contract(
    warehouse: SnowflakeWarehouse, tmp_path: Path
) -> None:
    columns = (("game_id", "bigint"), ("rating", "double"), ("read_at", "timestamp"))
    with warehouse.session() as db:
        db.ask("create schema marts")
        db.ask("create table marts.m (game_id number(38, 0), rating float, read_at timestamp_ntz)")
        db.insert("marts.m", dict(columns), [(2, 4.5, NOW.replace(tzinfo=None)), (1, None, None)])
    mart = ModelResult("m", "marts.m", ("game_id",), True, False, "success", "", 0.0, columns)
    file = warehouse.export([mart], tmp_path)["marts.m"]
    rows = duckdb.execute(f"from read_parquet('{file}')")
    assert [str(column[1]) for column in rows.description or ()] == [
        "BIGINT",
        "DOUBLE",
        "TIMESTAMP",
    ]
    assert rows.fetchall() == [(1, None, None), (2, 4.5, NOW.replace(tzinfo=None))]
