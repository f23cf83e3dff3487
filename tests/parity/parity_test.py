"""The same lake in DuckDB and in Snowflake gives the same marts.

Snowflake is emulated, with DuckDB inside (see emulation.py): this shows that the models' SQL is taken
as Snowflake's, and that both halves of each macro say the same; not what the real one does.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

import transformer.dbt_runner.dbt_project
from gamemarket.errors import DataError, UsageError
from gamemarket.settings import load_settings
from tests.parity.builds import compare, count_rows, read_answers, rows_of
from tests.parity.conftest import TwoWarehouses
from tests.parity.lakes import FIRST, SECOND
from transformer.checks.quality import read_quality
from transformer.warehouse.warehouse import open_warehouse

# The statements that fakesnow 0.11.18 does not take as dbt and our macros write them.
KNOWN_REWRITES = {
    "a temporary table or view has a schema",
    "executemany is one statement",
    "hash_agg does not exist",
    "merge is DuckDB's own, not fakesnow's in steps",
    "system$typeof does not exist",
}


@pytest.mark.parametrize("build", [0, 1], ids=["first build", "next day"])
def test_every_mart_has_the_same_rows_in_both(warehouses: TwoWarehouses, build: int) -> None:
    one, other = warehouses.duckdb[build], warehouses.snowflake[build]
    assert not {*one.values()} & {*other.values()}  # each published its own
    assert compare(one, other) == []
    assert one.keys() == other.keys()
    for name, files in one.items():
        assert [file.read_bytes() for file in files] == [file.read_bytes() for file in other[name]]


def test_no_mart_is_empty_and_the_next_day_brings_more(warehouses: TwoWarehouses) -> None:
    first, second = map(count_rows, warehouses.duckdb)
    assert [name for name, rows in second.items() if rows == 0] == []
    assert second["fct_game_daily_snapshot"] > first["fct_game_daily_snapshot"]
    assert len(second) > 13


def test_games_that_are_gone_are_so_in_both(warehouses: TwoWarehouses) -> None:
    for marts in (warehouses.duckdb, warehouses.snowflake):
        gone = duckdb.execute(
            "select game_id, is_deleted, merged_into_game_id "
            f"from {rows_of(marts[1]['dim_games'])} where game_id between 900002 and 900006"
        ).fetchall()
        assert sorted(gone) == [
            (900002, True, None),
            (900003, False, None),
            (900004, False, 900003),
        ]


def test_an_endpoint_without_a_model_has_the_same_rows_in_both(warehouses: TwoWarehouses) -> None:
    asked = "select id, name, slug, cast(run_date as varchar), file_name from staging.stg_rawg__creators"
    with duckdb.connect(str(warehouses.builder.home / "warehouse.duckdb"), read_only=True) as db:
        one = db.execute(asked).fetchall()
    other = warehouses.builder.emulation.ask(asked)
    assert sorted(one) == sorted(other)
    assert {run_date for _, _, _, run_date, _ in one} == {str(FIRST), str(SECOND)}


def test_both_keep_the_same_results_of_the_same_checks(warehouses: TwoWarehouses) -> None:
    with warehouses.builder.environment(warehouses.lakes.second):
        one, other = (
            read_quality(open_warehouse(target, load_settings()), runs=2)
            for target in ("dev", "prod")
        )
    checks, same = (
        sorted((c.run_number, c.model, c.test, c.status, c.failures) for c in kept)
        for kept in (one, other)
    )
    assert checks == same
    assert {number for number, *_ in checks} == {1, 2}
    assert len(checks) > 300


def test_the_report_answers_alike_of_both(warehouses: TwoWarehouses) -> None:
    with warehouses.builder.environment(warehouses.lakes.second):
        assert read_answers("prod") == read_answers("dev")


def test_the_emulation_rewrites_what_it_says_and_nothing_else(warehouses: TwoWarehouses) -> None:
    assert warehouses.builder.emulation.rewrites.keys() == KNOWN_REWRITES


def test_a_build_refreshes_the_run_dates_that_it_loads_and_no_others(
    warehouses: TwoWarehouses,
) -> None:
    refreshed = warehouses.builder.emulation.refreshed
    assert "games all" in refreshed
    assert f"games run_date={SECOND}/" in refreshed
    assert len(refreshed) == len(set(refreshed))


def test_marts_leave_snowflake_as_files_of_its_own_with_our_names_and_types(
    warehouses: TwoWarehouses,
) -> None:
    unloaded = warehouses.builder.emulation.unloaded
    assert unloaded.keys() == warehouses.snowflake[1].keys()
    for name, query in unloaded.items():
        columns = duckdb.execute(f"describe from {rows_of(warehouses.duckdb[1][name])}").fetchall()
        casts = [
            f'cast({column} as {type_.lower()}) as "{column}"' for column, type_, *_ in columns
        ]
        of_a_month = query.partition(" where ")[0]
        assert of_a_month == f"select {', '.join(casts)} from marts.{name}"


def test_descriptions_of_marts_and_of_every_column_reach_snowflake(
    warehouses: TwoWarehouses,
) -> None:
    commented = warehouses.builder.emulation.commented
    assert commented.keys() == {f"marts.{name}" for name in warehouses.snowflake[1]}
    for name, files in warehouses.duckdb[1].items():
        table, columns = commented[f"marts.{name}"]  # once: the second build made no table anew
        assert "Grain: one row per" in table
        assert re.findall(r"(\w+) comment \$\$[^$]", columns) == [
            column for column, *_ in duckdb.execute(f"describe from {rows_of(files)}").fetchall()
        ]


def test_pages_are_pruned_by_a_literal_run_date(warehouses: TwoWarehouses) -> None:
    """The partition of an external table; a name of a file prunes in DuckDB only."""
    sql = warehouses.builder.compiled[f"base_rawg__games ({warehouses.lakes.second.name})"]
    assert f"raw_pages.run_date in (date '{SECOND}')" in sql
    assert str(FIRST) not in sql


def test_a_planted_value_is_caught(warehouses: TwoWarehouses, tmp_path: Path) -> None:
    right = warehouses.snowflake[1]
    wrong = tmp_path / "dim_games.parquet"
    duckdb.execute(
        f"copy (select * replace (case when game_id = 900003 then 'Other' else name end as name) "
        f"from {rows_of(right['dim_games'])}) to '{wrong}' (format parquet)"
    )
    differences = compare(warehouses.duckdb[1], {**right, "dim_games": (wrong,)})
    assert [text.split(",")[0] for text in differences] == [
        "dim_games: 1 rows only in one",
        "dim_games: 1 rows only in other",
    ]


def test_a_planted_key_in_the_wrong_case_is_caught(
    warehouses: TwoWarehouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of JSON are case-sensitive: Snowflake finds nothing and says nothing."""
    packed = dict(transformer.dbt_runner.dbt_project._packed_files())
    model = "models/staging/base/base_rawg__stores.sql"
    wrong = packed[model].replace(b"slug", b"Slug as slug")
    assert wrong != packed[model]
    monkeypatch.setattr(
        transformer.dbt_runner.dbt_project,
        "_packed_files",
        lambda: iter({**packed, model: wrong}.items()),
    )
    with suppress(DataError):  # a test of dbt's may see it, too
        warehouses.builder.build(
            "prod",
            warehouses.lakes.second,
            select=("base_rawg__stores", "stg_rawg__stores", "dim_stores"),
        )
    slugs = warehouses.builder.emulation.ask("select slug from marts.dim_stores")
    assert slugs
    expected = duckdb.execute(
        f"select slug from {rows_of(warehouses.duckdb[1]['dim_stores'])}"
    ).fetchall()
    assert sorted(map(str, slugs)) != sorted(map(str, expected))


def test_a_session_whose_timestamps_have_a_zone_is_refused_before_any_model(
    warehouses: TwoWarehouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt-snowflake's sessions are as their user is: a time would be another one in every mart."""
    emulation = warehouses.builder.emulation
    monkeypatch.setattr(emulation, "timestamp", "TIMESTAMP_LTZ(9)[SB8]")
    before = set(emulation.statements)
    with pytest.raises(UsageError, match=r"TIMESTAMP_TYPE_MAPPING .* makes TIMESTAMP_LTZ"):
        warehouses.builder.build("prod", warehouses.lakes.second, select=("dim_genres",))
    assert not [one for one in emulation.statements - before if "dim_genres" in one]
