"""Whether a slice is what was published."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse.duckdb_warehouse import _DIGEST, DuckDb
from transformer.warehouse.mart_slices import survey_mart

COLUMNS = (("game_id", "bigint"), ("name", "varchar"), ("day", "date"))
ROWS = "(1, 'a', date '2024-01-31'), (2, 'b', date '2024-01-01'), (3, null, date '2024-02-01')"


@pytest.fixture
def db() -> Iterator[DuckDb]:
    with duckdb.connect() as connection:
        yield DuckDb(connection)


def survey(
    db: DuckDb,
    rows: str,
    columns: tuple[tuple[str, str], ...] = COLUMNS,
    split_by: str = "day",
    description: str = "",
) -> dict[str | None, tuple[int, str]]:
    db.ask("create schema if not exists marts")
    names = ", ".join(name for name, _ in columns)
    db.ask(f"create or replace view marts.m as from (values {rows}) as m ({names})")
    mart = ModelResult(
        "m",
        "marts.m",
        ("game_id",),
        True,
        False,
        "success",
        "",
        0.0,
        columns,
        split_by=split_by,
        description=description,
    )
    return {one.month_name: (one.rows, one.fingerprint) for one in survey_mart(db, mart, _DIGEST)}


def test_a_mart_has_a_slice_a_month_or_one_of_all(db: DuckDb) -> None:
    assert {month: rows for month, (rows, _) in survey(db, ROWS).items()} == {
        "2024-01": 2,
        "2024-02": 1,
    }
    assert {month: rows for month, (rows, _) in survey(db, ROWS, split_by="").items()} == {None: 3}


@pytest.mark.parametrize("split_by", ["day", ""])
def test_a_mart_without_rows_has_a_slice_without_rows(db: DuckDb, split_by: str) -> None:
    nothing = "(null, null, cast(null as date))"
    survey(db, nothing)
    db.ask("create or replace view marts.n as from marts.m where game_id is not null")
    mart = ModelResult("n", "marts.n", (), True, False, "", "", 0.0, COLUMNS, split_by=split_by)
    (one,) = survey_mart(db, mart, _DIGEST)
    assert (one.month, one.rows, one.condition) == (None, 0, "true")


def test_rows_in_another_order_are_the_same(db: DuckDb) -> None:
    other = "(3, null, date '2024-02-01'), (2, 'b', date '2024-01-01'), (1, 'a', date '2024-01-31')"
    assert survey(db, other) == survey(db, ROWS)


@pytest.mark.parametrize(
    "changed",
    [
        ROWS.replace("'a'", "'c'"),
        ROWS.replace("'a'", "null"),
        ROWS.replace("'a'", "'x'").replace("'b'", "'a'").replace("'x'", "'b'"),  # swapped
        ROWS.replace("01-31", "01-09").replace("01-01", "01-31").replace("01-09", "01-01"),
        f"{ROWS}, (1, 'a', date '2024-01-31')",
        f"{ROWS}, (9, 'a', date '2024-01-30'), (9, 'a', date '2024-01-30')",
    ],
)
def test_a_month_is_another_one_when_a_value_of_it_is_and_no_other(
    db: DuckDb, changed: str
) -> None:
    before, after = survey(db, ROWS), survey(db, changed)
    assert after["2024-01"][1] != before["2024-01"][1]
    assert after["2024-02"] == before["2024-02"]


@pytest.mark.parametrize(
    "columns",
    [
        (("game_id", "bigint"), ("title", "varchar"), ("day", "date")),
        (("game_id", "integer"), ("name", "varchar"), ("day", "date")),
    ],
)
def test_all_are_others_when_a_column_has_another_name_or_type(
    db: DuckDb, columns: tuple[tuple[str, str], ...]
) -> None:
    before, after = survey(db, ROWS), survey(db, ROWS, columns)
    assert all(after[month] != before[month] for month in ("2024-01", "2024-02"))
    described = survey(db, ROWS, description="Other words.")
    assert all(described[month] != before[month] for month in ("2024-01", "2024-02"))
