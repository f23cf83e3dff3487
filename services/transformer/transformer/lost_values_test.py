"""Checks that can fail, before anybody reads the result: each with the fault that turns it red."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

import transformer.dbt_runner.dbt_project
from gamemarket.errors import DataError
from gamemarket.published_marts import read_pointer
from transformer.checks.quality import read_quality
from transformer.conftest import DAY_1, DAY_2, DAY_3, Pipeline, game, page_of
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

LISTS = ("genres", "platforms", "tags", "stores")


def test_mass_loss_is_found_before_anything_is_loaded_or_published(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(*map(game, range(1, 201))))
    pipeline.build()
    before = read_pointer(pipeline.lake, "dev")
    empty: dict[str, object] = {name: [] for name in LISTS}
    emptied = [game(n, **(empty if n > 50 else {})) for n in range(1, 201)]
    pipeline.writer.commit("games", DAY_2, page_of(*emptied))
    with pytest.raises(DataError, match="genres: a value in 50 of 200, expected in 100%") as lost:
        pipeline.build()
    assert "platforms: a value in 50 of 200" in str(lost.value)
    assert "tags: " not in str(lost.value)  # unpopular games have few
    assert read_pointer(pipeline.lake, "dev") == before
    assert len(pipeline.rows("from marts.bridge_game_genres")) == 200
    pipeline.build(accept_drift=True)
    assert len(pipeline.rows("from marts.bridge_game_genres")) == 50
    pipeline.writer.commit("games", DAY_3, page_of(*emptied))
    pipeline.inspect()  # what was accepted is what is usual now


@pytest.mark.parametrize("anew", ["full refresh", "a warehouse of its own"])
def test_what_loads_all_anew_compares_what_is_new_with_what_is_published(
    pipeline: Pipeline, anew: str
) -> None:
    """As in the cloud, where a build's DuckDB file lasts as long as its task."""

    def anew_by(build: Callable[..., object], **options: bool) -> None:
        if anew == "a warehouse of its own":
            pipeline.settings.duckdb_path.unlink()
        build(full_refresh=anew == "full refresh", **options)

    pipeline.begin(*map(game, range(1, 101)))
    before = read_pointer(pipeline.lake, "dev")
    emptied = [game(n, genres=[], platforms=[]) for n in range(1, 401)]
    pipeline.writer.commit("games", DAY_2, page_of(*emptied))
    with pytest.raises(DataError, match="genres: a value in 0 of 400, expected in 100%"):
        anew_by(pipeline.build)
    assert read_pointer(pipeline.lake, "dev") == before
    anew_by(pipeline.build, accept_drift=True)
    assert pipeline.rows("select count(*) from marts.bridge_game_genres") == [(0,)]
    anew_by(pipeline.inspect)  # it is published: nothing of it is new
    pipeline.writer.commit("games", DAY_3, page_of(*emptied))
    anew_by(pipeline.inspect)  # and what was accepted is what is usual now


def test_a_field_that_marts_can_do_without_is_null_with_a_warning(pipeline: Pipeline) -> None:
    kept: dict[str, object] = {"developers": [], "publishers": [], "metacritic_platforms": []}
    details = [game(n, **kept) for n in range(1, 31)]
    pipeline.writer.commit("game_details", DAY_1, *details)
    pipeline.build()
    assert pipeline.rows("select count(movies_count) from marts.dim_games") == [(0,)]
    missing = [
        check.status
        for check in read_quality(DuckDbWarehouse(pipeline.settings.duckdb_path), 1)
        if check.test == "schema_drift_missing_field" and check.message.startswith("movies_count")
    ]
    assert missing == ["warn"]


def test_a_key_that_stands_beside_an_older_row_is_found(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mart replaces rows of the same moment, not day: the new row alone has a key of its own."""
    packed = dict(transformer.dbt_runner.dbt_project._packed_files())
    snapshot = "models/marts/fct_game_daily_snapshot.sql"
    appending = packed[snapshot].replace(b"'observed_on'],", b"'observed_on', 'observed_at'],")
    assert appending != packed[snapshot]
    monkeypatch.setattr(
        transformer.dbt_runner.dbt_project,
        "_packed_files",
        lambda: iter({**packed, snapshot: appending}.items()),
    )
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    pipeline.build()
    later = datetime(2024, 1, 2, 9, tzinfo=UTC)
    pipeline.writer.commit("games", DAY_1, page_of(game(1)), observed_at=later)
    with pytest.raises(DataError, match="natural_key_fct_game_daily_snapshot"):
        pipeline.build()


def test_a_lake_that_gets_old_is_said_also_when_nothing_arrives(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    monkeypatch.setenv("GAME_MARKET_NOW", "2024-01-02T06:00:00Z")
    pipeline.settings = type(pipeline.settings)()
    pipeline.build()
    monkeypatch.setenv("GAME_MARKET_NOW", "2024-03-02T06:00:00Z")
    pipeline.settings = type(pipeline.settings)()
    pipeline.build()
    checks = read_quality(DuckDbWarehouse(pipeline.settings.duckdb_path), 2)
    found = {
        check.run_number: (check.status, "games, 2024-02-29, 2024-01-01" in check.message)
        for check in checks
        if check.test == "lake_is_fresh"
    }
    assert found[2] == ("warn", True)
    assert not found[1][1]
    assert pipeline.reporter.checks["partitions", "lake_is_fresh"] is False
