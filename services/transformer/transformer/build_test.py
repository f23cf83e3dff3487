"""What a build does with what the lake and the builds before have left; what its marts say: marts_test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard

import transformer.dbt_runner.dbt_project
from gamemarket.errors import DataError, ExitCode, LakeError, UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.conftest import DAY_1, DAY_2, DAY_3, Pipeline, game, page_of
from transformer.dbt_runner.data_tests import DataTest, read_data_tests
from transformer.dbt_runner.dbt_files import MANIFEST, read_json
from transformer.dbt_runner.run_dbt import DbtFolders, run_models
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

ACTION = {"id": 4, "name": "Action", "slug": "action"}
INDIE = {"id": 51, "name": "Indie", "slug": "indie"}
RPG = {"id": 5, "name": "RPG", "slug": "role-playing-games-rpg"}


def test_a_build_with_nothing_new_changes_and_publishes_nothing(pipeline: Pipeline) -> None:
    pipeline.begin(game(1), game(2))
    before, pointer = pipeline.marts(), pipeline.lake.get("marts/current_dev.json")
    assert pipeline.build() == ExitCode.DONE
    assert pipeline.marts() == before
    assert pipeline.lake.get("marts/current_dev.json") == pointer


def test_a_superseded_part_leaves_the_marts_by_a_full_refresh(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1), game(2))
    writer.commit("games", DAY_1, page_of(game(1)), keeps_older_parts=False)
    caplog.set_level("INFO")
    pipeline.build(run_date=DAY_1)
    assert pipeline.rows("select game_id from marts.dim_games") == [(1,)]
    assert "full refresh, because 1 loaded part(s) are no longer named" in caplog.text


def test_a_build_of_one_run_date_finishes_what_an_unfinished_build_began(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1))
    writer.commit("games", DAY_1, page_of(game(2, genres=[ACTION])))
    writer.commit("games", DAY_2, page_of(game(2, genres=[RPG])))
    # Stands for a build that is killed there: which row counts is decided, the marts lack it.
    pipeline.build(select=("int_game_observations",))
    pipeline.build(run_date=DAY_1)
    assert pipeline.rows("select game_id, genre_id from marts.bridge_game_genres order by 1") == [
        (1, 4),
        (2, 5),
    ]
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,)]


def test_a_full_refresh_of_some_models_loads_all_of_the_lake_for_them(pipeline: Pipeline) -> None:
    pipeline.begin(game(1), game(2))
    pipeline.build(full_refresh=True, select=("dim_games",))
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,)]


def test_models_that_were_taken_back_leave_nothing_in_the_marts(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.begin(game(1))
    packed = dict(transformer.dbt_runner.dbt_project._packed_files())
    snapshot = "models/marts/fct_game_daily_snapshot.sql"
    doubled = packed[snapshot].replace(
        b"games.added_count,", b"games.added_count * 2 as added_count,"
    )
    with monkeypatch.context() as patch:
        patch.setattr(
            transformer.dbt_runner.dbt_project,
            "_packed_files",
            lambda: iter({**packed, snapshot: doubled}.items()),
        )
        pipeline.build(select=("fct_game_daily_snapshot",))
    query = "select game_id, added_count from marts.fct_game_daily_snapshot order by 1"
    assert pipeline.rows(query) == [(1, 200)]
    pipeline.writer.commit("games", DAY_2, page_of(game(2, added=10)))
    pipeline.build()
    assert pipeline.rows(query) == [
        (1, 100),
        (2, 10),
    ]


def test_a_build_that_starts_while_another_runs_is_refused_and_takes_nothing_from_it(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1))
    writer.commit("games", DAY_1, page_of(game(10)))
    writer.commit("games", DAY_2, page_of(game(2)))
    refusals: list[str] = []

    def run_models_after_another_build(
        args: Sequence[str], settings: Settings, folders: DbtFolders, *, manifest_stands: bool
    ) -> object:
        monkeypatch.setattr("transformer.build.run_models", run_models)
        try:
            pipeline.build(run_date=DAY_1)
        except UpstreamError as error:
            refusals.append(str(error))
        return run_models(args, settings, folders, manifest_stands=manifest_stands)

    monkeypatch.setattr("transformer.build.run_models", run_models_after_another_build)
    pipeline.build()
    pipeline.build()
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,), (10,)]
    assert len(refusals) == 1
    assert f"held by process {os.getpid()} (transformer build)" in refusals[0]


def test_rows_that_the_manifest_does_not_know_fail_the_build(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1))
    marts, pointer = pipeline.marts(), pipeline.lake.get("marts/current_dev.json")
    writer.commit("games", DAY_2, page_of(game(2), game(3)), rows=9)
    # Not remembered, so not forgotten: it fails until the data are right.
    for _ in range(2):
        with pytest.raises(DataError, match="accounts_for_every_row_stg_rawg__games"):
            pipeline.build()
        assert pipeline.marts() == marts
        assert pipeline.lake.get("marts/current_dev.json") == pointer
    # What a build that failed has loaded leaves by a full refresh, too.
    writer.commit("games", DAY_2, page_of(game(2)), keeps_older_parts=False)
    assert pipeline.build() == ExitCode.DONE
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,)]


def test_an_empty_lake_gives_empty_marts(pipeline: Pipeline) -> None:
    pipeline.begin()
    assert all(rows == [] for rows in pipeline.marts().values())
    assert "dim_games" in pipeline.marts()


def test_some_models_over_an_empty_warehouse_are_refused(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    with pytest.raises(UsageError, match="this warehouse is empty: build everything once"):
        pipeline.build(select=("dim_games",))
    assert DuckDbWarehouse(pipeline.settings.duckdb_path).remember().is_empty


def test_a_part_that_has_changed_is_named(pipeline: Pipeline) -> None:
    key = pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    file = pipeline.settings.lake_dir / key
    whole = file.read_bytes()
    foreign_line = zstandard.compress(b'{"results": [{"id": 2}]}\n')
    for body in (whole[: len(whole) // 2], whole + foreign_line):
        file.write_bytes(body)
        with pytest.raises(LakeError, match=f"{key} has changed"):
            pipeline.build()
    file.unlink()
    with pytest.raises(LakeError, match=f"{key} is missing"):
        pipeline.build()


def test_prod_without_its_settings_is_refused(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT", raising=False)
    with pytest.raises(UsageError, match="SNOWFLAKE_ACCOUNT"):
        pipeline.build(target="prod")


def test_a_full_refresh_of_one_run_date_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="leave out --run-date"):
        pipeline.build(run_date=DAY_1, full_refresh=True)


def test_a_test_that_could_not_run_says_nothing_of_the_data(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.begin(game(1))
    name = "natural_key_bridge_game_genres"

    def read_of_a_missing_table(target: Path) -> list[DataTest]:
        tests = [test for test in read_data_tests(target) if test.name.startswith(name)]
        return [replace(test, sql="from marts.dim_never_built") for test in tests]

    monkeypatch.setattr("transformer.build.read_data_tests", read_of_a_missing_table)
    with pytest.raises(UsageError, match=rf"^{name}.*never built.*`transformer build`"):
        pipeline.build(select=("bridge_game_genres",))


def test_dbt_writes_its_manifest_only_where_another_one_lies(pipeline: Pipeline) -> None:
    pipeline.begin(game(1))
    target = DbtFolders.below(pipeline.settings.home, "dev").target
    written = (target / MANIFEST).stat().st_mtime_ns
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    pipeline.build()
    assert (target / MANIFEST).stat().st_mtime_ns == written
    assert len(pipeline.reporter.checks) == len(read_data_tests(target))
    # As `transformer dbt` leaves it for a project of other endpoints.
    (target / MANIFEST).write_text('{"nodes": {}}')
    pipeline.writer.commit("games", DAY_3, page_of(game(3)))
    pipeline.build()
    assert pipeline.reporter.assets["dim_games"]["rows"] == 3
    assert "model.game_market.dim_games" in read_json(target / MANIFEST)["nodes"]


def test_of_many_run_dates_the_due_parts_are_read_and_none_between_them(
    pipeline: Pipeline,
) -> None:
    """SQL names the span of more than twenty, in which a part lies that was loaded before."""
    days = [DAY_1 + timedelta(days=number) for number in range(-9, 13)]
    pipeline.begin(game(1))
    for day in days:
        if day != DAY_1:
            pipeline.writer.commit("games", day, page_of(game(2)))
    pipeline.build()
    target = DbtFolders.below(pipeline.settings.home, "dev").target
    compiled = next(target.glob("compiled/**/base_rawg__games.sql"))
    assert f"between date '{days[0]}' and date '{days[-1]}'" in compiled.read_text()
    staged = pipeline.rows("select run_date from staging.base_rawg__games order by 1")
    assert staged == [(day,) for day in days if day != DAY_1]
    named = pipeline.rows("select distinct run_date from rawg_lake.raw_games order by 1")
    assert named == staged
