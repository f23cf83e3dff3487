"""Marts change all at once, after the tests, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from transformer.conftest import DAY_1, DAY_2, Pipeline, game, page_of
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse import pending_marts
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.pending_marts import take_over
from transformer.warehouse.warehouse import Warehouse


def test_readers_see_nothing_of_a_build_that_died(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that failed: test_rows_that_the_manifest_does_not_know_fail_the_build."""

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    pipeline.writer.commit("games", DAY_1, page_of(game(1, added=1), game(2)))
    with monkeypatch.context() as patch:
        patch.setattr("transformer.build.run_models", die)  # of a warehouse that has no view yet
        with pytest.raises(KeyboardInterrupt):
            pipeline.build()
    pipeline.build()
    before, seen = pipeline.marts(), []

    def look_and_die(warehouse: Warehouse, *_arguments: object, **_named: object) -> None:
        with warehouse.session() as db:
            seen.append({name: db.ask(f"from marts.{name} order by all") for name in before})
        raise KeyboardInterrupt

    pipeline.writer.commit("games", DAY_2, page_of(game(1, added=7, genres=[])))
    with monkeypatch.context() as patch:
        patch.setattr("transformer.build.run_data_tests", look_and_die)
        with pytest.raises(KeyboardInterrupt):
            pipeline.build()
    assert seen == [before]
    assert pipeline.marts() == before

    def ask_half_and_die(db: Database, statements: Sequence[str]) -> None:
        assert len(statements) > 30
        for statement in statements[: len(statements) // 2]:
            db.ask(statement)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pending_marts, "_ask_all", ask_half_and_die)
        with pytest.raises(KeyboardInterrupt):
            pipeline.build()
    assert pipeline.marts() == before

    pipeline.build()
    assert pipeline.rows("select game_id, added_count from marts.dim_games order by 1") == [
        (1, 7),
        (2, 100),
    ]
    assert pipeline.rows("select game_id from marts.bridge_game_genres") == [(2,)]


class Recorder:
    """A database that has these columns, and keeps what it is asked to do."""

    Error = ValueError

    def __init__(self, *columns: tuple[str, str]) -> None:
        self._columns = columns
        self.asked: list[str] = []

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if "information_schema.columns" in sql:
            return [(table, column, "NUMBER") for table, column in self._columns]
        self.asked.append(sql)
        return []

    def insert(self, table: str, columns: object, rows: object) -> None:
        raise NotImplementedError


def mart(name: str, *, everything: bool = False) -> ModelResult:
    return ModelResult(
        name,
        f"marts.{name}",
        ("id",),
        is_mart=True,
        is_view=False,
        status="success",
        message="",
        seconds=0.0,
        replaces_everything=everything,
    )


def test_rows_of_all_marts_change_in_one_transaction_without_a_statement_that_would_end_it() -> (
    None
):
    db = Recorder(
        *((f"{schema}", "id") for schema in ("marts.a", "pending.a_rows")),
        *((f"{schema}", "id") for schema in ("marts.b", "pending.b_rows", "pending.b_keys")),
        *((f"{schema}", "id") for schema in ("marts.c", "pending.c_rows")),
        ("pending.d_rows", "id"),
    )
    marts = [mart("a"), mart("b"), mart("c", everything=True), mart("d")]
    take_over(
        db,
        marts,
        "create or replace table {table} copy grants",
        full_refresh=False,
        creating_commits=True,
    )
    begin, commit = db.asked.index("begin"), db.asked.index("commit")
    assert db.asked[:begin] == [
        "create or replace table marts.d copy grants as select * from pending.d"
    ]
    assert db.asked[begin + 1 : commit] == [
        "delete from marts.a where (id) in (select id from pending.a_rows)",
        "insert into marts.a (id) select id from pending.a_rows",
        "delete from marts.b where (id) in (select id from pending.b_rows)",
        "delete from marts.b where (id) in (select id from pending.b_keys)",
        "insert into marts.b (id) select id from pending.b_rows",
        "delete from marts.c",
        "insert into marts.c (id) select id from pending.c_rows",
    ]
    assert not [sql for sql in db.asked[commit:] if sql.startswith(("delete", "insert"))]
