"""What the transformer does in Snowflake by itself; fakesnow (DuckDB inside) stands in for it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_environment import check_target
from transformer.dbt_runner.dbt_project import DbtProject
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeChanges, LakePart
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse import snowflake_warehouse
from transformer.warehouse.mart_slices import MartSlice
from transformer.warehouse.pending_marts import take_over
from transformer.warehouse.snowflake_connection import SnowflakeDb
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


def models(name: str) -> DbtProject:
    return DbtProject(Path(), name, "project")


PROJECTS: frozenset[str | None] = frozenset({"project"})


def plan_of(*parts: LakePart) -> LoadPlan:
    return LoadPlan(parts, 0, full_refresh=False, reason="", first_build=False)


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
        warehouse.prepare("s3://lake", GAMES, plan_of(part("a")), models("models"))
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
    plan = plan_of(part("a"), part("b"))
    assert warehouse.remember() == WarehouseMemory()
    warehouse.change_lake(LakeChanges(plan.due), anew=True)
    warehouse.prepare("s3://lake", [], plan_of(), models("models"))
    warehouse.record("first", NOW)
    with warehouse.session() as db:
        db.ask("create schema rawg_lake")
        db.ask("create table rawg_lake.raw_games (payload variant)")
    with pytest.raises(Exception, match="refresh_pages"):  # which the emulation does not have
        warehouse.prepare("s3://lake", GAMES, plan, models("models b"))
    assert warehouse.remember() == WarehouseMemory(
        attempted_parts=frozenset({"a", "b"}),
        models_fingerprints=frozenset({"models", "models b"}),
        has_passed=True,
        project_fingerprints=PROJECTS,
    )
    warehouse.record("second", NOW)
    passed = WarehouseMemory(frozenset(), frozenset({"models b"}), True, PROJECTS)
    assert warehouse.remember() == passed
    with warehouse.session() as db:
        loaded = db.ask("select file_name, has_passed from lake.loaded_parts order by 1")
    assert loaded == [("a", True), ("b", True)]


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


def test_a_lease_is_renewed_while_its_build_works(
    warehouse: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_warehouse, "_LEASE", timedelta(seconds=3))
    monkeypatch.setattr(snowflake_warehouse, "_LOOK_SECONDS", 0.1)
    with warehouse.hold("transformer build"):
        first = _held_until(warehouse)
        deadline = monotonic() + 60
        while _held_until(warehouse) == first:
            assert monotonic() < deadline
            sleep(0.2)


def _held_until(warehouse: SnowflakeWarehouse) -> object:
    with warehouse.session() as db:
        return db.ask("select held_until from lake.build_lease")


def test_a_build_that_was_overtaken_writes_nothing_more(warehouse: SnowflakeWarehouse) -> None:
    warehouse.remember()
    changes = LakeChanges((part("a"),))
    with warehouse.hold("transformer build"):
        warehouse.change_lake(changes, anew=True)
        warehouse.prepare("s3://lake", [], plan_of(part("a")), models("models"))
        with warehouse.session() as db:
            db.ask("update lake.build_lease set holder = 'another'")
        writes: list[Callable[[], None]] = [
            lambda: warehouse.change_lake(changes, anew=False),
            lambda: warehouse.prepare("s3://lake", [], plan_of(), models("models")),
            lambda: warehouse.take_over([], full_refresh=False),
            lambda: warehouse.record("late", NOW),
        ]
        for write in writes:
            with pytest.raises(UpstreamError, match="taken over by another build"):
                write()
    assert not warehouse.remember().has_passed
    with warehouse.session() as db:
        assert db.ask("select holder from lake.build_lease") == [("another",)]


def test_a_build_that_was_overtaken_is_stopped_whatever_it_does(
    warehouse: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_warehouse, "_LEASE", timedelta(seconds=3))
    monkeypatch.setattr(snowflake_warehouse, "_LOOK_SECONDS", 0.1)
    stopped = pytest.raises(UpstreamError, match="taken over by another build")
    with stopped, warehouse.hold("transformer build"):
        with warehouse.session() as db:
            db.ask("update lake.build_lease set holder = 'another'")
        sleep(60)  # in dbt, or anywhere
        pytest.fail("it goes on")


def test_a_persons_interrupt_stays_one(warehouse: SnowflakeWarehouse) -> None:
    with pytest.raises(KeyboardInterrupt), warehouse.hold("transformer build"):
        raise KeyboardInterrupt


def test_many_run_dates_are_one_refresh_of_the_table() -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(22)]
    parts = [part(str(day), day) for day in days]
    due = plan_of(*parts[1:])
    assert _refreshes({("rawg", "games"): 23}, due, {"rawg_lake.raw_games"}) == [
        "call rawg_lake.refresh_pages('raw_games', null)"
    ]


def test_run_dates_that_are_due_are_refreshed_and_no_others() -> None:
    first, second = date(2024, 1, 1), date(2024, 1, 2)
    genres = part("g", first, "genres")
    removed = part("c", first, "creators")  # which endpoints.json has no more
    known = {("rawg", "games"): 2, ("rawg", "genres"): 1, ("rawg", "creators"): 1}
    tables = {"rawg_lake.raw_games", "rawg_lake.raw_genres"}
    assert _refreshes(known, plan_of(part("b", second), genres, removed), tables) == [
        "call rawg_lake.refresh_pages('raw_games', to_date('2024-01-02'))",
        "call rawg_lake.refresh_pages('raw_genres', null)",
    ]


def test_a_mart_is_exported_with_the_types_of_its_contract(
    warehouse: SnowflakeWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulation has no COPY INTO a stage: two files stand for what Snowflake would have unloaded."""
    asked: list[str] = []

    def ask(db: SnowflakeDb, sql: str, parameters: Sequence[object] = ()) -> list[object]:
        asked.append(sql)
        if found := re.fullmatch(r"get @~/game-market/m/ 'file://(.*)/'", sql):
            for number, values in enumerate(["2, 4.5, timestamp '2024-01-03'", "1, null, null"]):
                duckdb.execute(
                    "copy (select game_id::decimal(38, 0) as game_id, rating::double as rating, "
                    "read_at::timestamp as read_at "
                    f"from (values ({values})) as m (game_id, rating, read_at)) "
                    f"to '{found[1]}/data_{number}.parquet'"
                )
        return []

    monkeypatch.setattr(SnowflakeDb, "ask", ask)
    columns = (("game_id", "bigint"), ("rating", "double"), ("read_at", "timestamp"))
    mart = ModelResult("m", "marts.m", ("game_id",), True, False, "success", "", 0.0, columns)
    empty = replace(mart, name="n", relation="marts.n")
    slices = [MartSlice(mart, None, 2, "a"), MartSlice(empty, None, 0, "b")]
    files = {one.mart.relation: file for one, file in warehouse.export(slices, tmp_path).items()}
    assert asked[1] == (
        'copy into @~/game-market/m/ from (select cast(game_id as bigint) as "game_id", '
        'cast(rating as double) as "rating", cast(read_at as timestamp) as "read_at" '
        "from marts.m) file_format = (type = parquet) header = true"
    )
    assert asked[3] == asked[0] == "remove @~/game-market/m/"
    types = ["BIGINT", "DOUBLE", "TIMESTAMP"]
    for name, expected in (
        ("marts.m", [(1, None, None), (2, 4.5, NOW.replace(tzinfo=None))]),
        ("marts.n", []),
    ):
        rows = duckdb.execute(f"from read_parquet('{files[name]}')")
        assert [str(column[1]) for column in rows.description or ()] == types
        assert rows.fetchall() == expected


def test_a_mart_keeps_its_table_from_the_second_build_on(warehouse: SnowflakeWarehouse) -> None:
    mart = ModelResult("m", "marts.m", ("game_id",), True, False, "success", "", 0.0)
    rows = (
        "create or replace table pending.m_rows (game_id number(38, 0) not null, name varchar, "
        "rating float, is_new boolean, day date, moment timestamp_ntz)"
    )
    with warehouse.session() as db:
        db.ask("create schema marts")
        db.ask("create schema pending")
        made = []
        for values in (
            "(1, 'old', 4.5, true, null, null), (2, 'x', 1, true, null, null)",
            "(1, 'new', 5, false, null, null)",
        ):
            db.ask(rows)
            db.ask(f"insert into pending.m_rows values {values}")
            db.ask("create or replace view pending.m as select * from pending.m_rows")
            create = "create or replace table {table}"
            made.append(take_over(db, [mart], create, full_refresh=False, creating_commits=True))
        found = db.ask("select game_id, name from marts.m order by game_id")
        will_be = db.ask("select game_id, name from pending.m order by game_id")
    assert made == [[mart], []]
    assert found == will_be == [(1, "new"), (2, "x")]
