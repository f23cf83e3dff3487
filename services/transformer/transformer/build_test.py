"""Builds over hand-made lakes: what the marts say, however the lake was loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

import transformer.dbt_runner.dbt_project
from gamemarket.errors import DataError, ExitCode, LakeError, UpstreamError, UsageError
from gamemarket.settings import Settings
from transformer.conftest import DAY_1, DAY_2, DAY_3, LakeWriter, Page, Pipeline, game, page_of
from transformer.dbt_runner.data_tests import DataTest, read_data_tests
from transformer.dbt_runner.dbt_files import MANIFEST, read_json
from transformer.dbt_runner.run_dbt import DbtFolders, run_models

ACTION = {"id": 4, "name": "Action", "slug": "action"}
INDIE = {"id": 51, "name": "Indie", "slug": "indie"}
RPG = {"id": 5, "name": "RPG", "slug": "role-playing-games-rpg"}


def commit_three_days(writer: LakeWriter) -> None:
    """Each game changes or loses genres on some day, one is only there once."""
    writer.commit(
        "games",
        DAY_1,
        page_of(game(1, added=10, genres=[ACTION, INDIE, RPG]), game(2, genres=[INDIE])),
        page_of(game(3, name="Only here")),
    )
    writer.commit(
        "games",
        DAY_2,
        page_of(game(1, added=20, genres=[ACTION, INDIE]), game(2, genres=[RPG], metacritic=None)),
    )
    writer.commit("games", DAY_3, page_of(game(1, added=30, genres=[ACTION]), game(2, genres=[])))
    writer.commit("genres", DAY_1, page_of({**ACTION, "games_count": 7}))


def test_marts_are_the_same_in_whatever_order_days_are_loaded(pipeline: Pipeline) -> None:
    commit_three_days(pipeline.writer)
    pipeline.build()
    at_once = pipeline.marts()
    assert pipeline.rows("select game_id, added_count from marts.dim_games order by 1") == [
        (1, 30),
        (2, 100),
        (3, 100),
    ]
    assert pipeline.rows("select game_id, genre_id from marts.bridge_game_genres order by 1") == [
        (1, 4),
        (3, 4),
    ]
    assert len(at_once["fct_game_daily_snapshot"]) == 7
    pipeline.forget_warehouse()  # more days, and all of their orders: tests/warehouse
    for day in (DAY_3, DAY_1, DAY_2):
        pipeline.build(run_date=day)
    assert pipeline.marts() == at_once
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == at_once


def test_a_build_with_nothing_new_changes_and_publishes_nothing(pipeline: Pipeline) -> None:
    pipeline.begin(game(1), game(2))
    before, pointer = pipeline.marts(), pipeline.lake.get("marts/current_dev.json")
    assert pipeline.build() == ExitCode.DONE
    assert pipeline.marts() == before
    assert pipeline.lake.get("marts/current_dev.json") == pointer


def test_a_refetch_adds_its_part_and_the_newer_observation_wins(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1))
    later = datetime(2024, 1, 5, 12, tzinfo=UTC)
    writer.commit("games", DAY_1, page_of(game(1, added=99)), observed_at=later)
    pipeline.build()
    assert pipeline.rows("select added_count from marts.dim_games") == [(99,)]
    assert pipeline.rows("select observed_on from marts.fct_game_daily_snapshot order by 1") == [
        (DAY_2,),
        (later.date(),),
    ]


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


def test_a_superseded_part_leaves_the_marts_also_when_its_build_had_failed(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1))
    writer.commit("games", DAY_2, page_of(game(2), game(3)), rows=9)
    with pytest.raises(DataError):
        pipeline.build()
    writer.commit("games", DAY_2, page_of(game(2)), keeps_older_parts=False)
    assert pipeline.build() == ExitCode.DONE
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,)]


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
    pipeline.begin(game(1))
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    pipeline.build()
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


def test_dimensions_are_the_union_of_lists_and_of_what_games_name(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    writer.commit("genres", DAY_1, page_of({**ACTION, "games_count": 7}))
    russian = {"id": 42, "name": "Для одного игрока", "slug": "dlia", "language": "rus"}
    english = {"id": 31, "name": "Singleplayer", "slug": "singleplayer", "language": "eng"}
    renamed = {**ACTION, "name": "Renamed later"}
    writer.commit(
        "games", DAY_2, page_of(game(1, genres=[renamed, INDIE], tags=[russian, english]))
    )
    pipeline.build()
    found = pipeline.rows("select genre_id, name, games_count, is_listed from marts.dim_genres")
    assert sorted(found) == [(4, "Renamed later", 7, True), (51, "Indie", None, False)]
    assert pipeline.rows("select name from marts.dim_tags") == [("Singleplayer",)]
    assert pipeline.rows("select tag_id from marts.bridge_game_tags") == [(31,)]


def test_what_has_left_its_list_is_listed_no_more_however_the_lake_is_loaded(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    query = "select genre_id, games_count, is_listed from marts.dim_genres order by 1"
    writer.commit("genres", DAY_1, *(page_of({**one, "games_count": 7}) for one in (ACTION, RPG)))
    pipeline.build()
    # Known not to be whole: what is not in it may be there.
    writer.commit("genres", DAY_2, page_of({**INDIE, "games_count": 8}), reasons=("limited",))
    pipeline.build()
    assert pipeline.rows(query) == [(4, 7, True), (5, 7, True), (51, 8, True)]
    writer.commit("genres", DAY_3, page_of({**ACTION, "games_count": 9}))
    writer.commit("games", DAY_3, page_of(game(1)))
    left = [(4, 9, True), (5, 7, False), (51, 8, False)]
    pipeline.forget_warehouse()
    for day in (DAY_3, DAY_1, DAY_2):
        pipeline.build(run_date=day)
    assert pipeline.rows(query) == left
    healed = pipeline.marts()
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == healed


def test_every_shape_of_a_game_is_staged(pipeline: Pipeline) -> None:
    unfiltered = game(
        1,
        platforms=[
            {"platform": {"id": 1, "name": "PC", "slug": "pc"}, "released_at": "2013-09-17"}
        ],
        stores=[{"id": 290375, "store": {"id": 3, "name": "PlayStation Store", "slug": "ps"}}],
        esrb_rating={"id": 4, "name": "Mature", "slug": "mature"},
    )
    bare = game(
        2, released=None, metacritic=None, stores=None, genres=[], tags={}, esrb_rating=None
    )
    del bare["platforms"]
    pipeline.writer.commit("games", DAY_1, page_of(unfiltered, bare))
    pipeline.writer.commit("game_details", DAY_1, detail(3, rating=0))
    pipeline.build()
    assert pipeline.rows(
        "select game_id, esrb_rating, released_on is null, metacritic_score, rating "
        "from marts.dim_games order by 1"
    ) == [(1, "mature", False, 80, 4.1), (2, None, True, None, 4.1), (3, None, False, 80, 0.0)]
    stores = pipeline.rows("select game_id, store_id from marts.bridge_game_stores order by 1")
    assert stores == [(1, 3), (3, 1)]
    assert pipeline.rows("from marts.rejected_values") == []


def detail(game_id: int, **fields: object) -> Page:
    """A page that is one game, as details are."""
    makers = {
        "developers": [{"id": 9, "name": "Dev", "slug": "dev"}],
        "publishers": [{"id": 8, "name": "Pub", "slug": "pub"}],
    }
    return game(game_id, **{**makers, "description_raw": "Long", **fields})


def test_what_only_details_carry_comes_from_the_last_detail_whenever_it_is_loaded(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    writer.commit("games", DAY_2, page_of(game(1, added=20)))
    pipeline.build()
    writer.commit("game_details", DAY_1, detail(1, added=10))
    pipeline.build()
    query = "select added_count, description from marts.dim_games"
    makers = (
        "select developer_id, publisher_id from marts.bridge_game_developers "
        "inner join marts.bridge_game_publishers using (source_system, game_id)"
    )
    assert pipeline.rows(query) == [(20, "Long")]
    assert pipeline.rows(makers) == [(9, 8)]
    named = "select developer_id, name, is_listed from marts.dim_developers"
    assert pipeline.rows(named) == [(9, "Dev", False)]
    longer = detail(1, added=30, description_raw="Longer", developers=[{"id": 7}])
    writer.commit("game_details", DAY_3, longer)
    pipeline.build()
    assert pipeline.rows(query) == [(30, "Longer")]
    assert pipeline.rows(makers) == [(7, 8)]
    healed = pipeline.marts()
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == healed


def test_the_day_of_release_on_a_platform_outlives_lists_that_do_not_name_it(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    query = "select game_id, platform_id, released_on from marts.bridge_game_platforms order by 1"
    pc = {"platform": {"id": 1, "name": "PC", "slug": "pc"}}
    dated = [{**pc, "released_at": "2013-09-17"}]
    released_on = datetime(2013, 9, 17, tzinfo=UTC).date()
    writer.commit("game_details", DAY_1, detail(1, platforms=dated))
    writer.commit("games", DAY_2, page_of(game(2, platforms=[pc])))
    pipeline.build()
    assert pipeline.rows(query) == [(1, 1, released_on), (2, 1, None)]
    writer.commit("games", DAY_3, page_of(game(1, platforms=[pc])))
    # Read before the list that is loaded already.
    writer.commit("game_details", DAY_1, detail(1, platforms=dated), detail(2, platforms=dated))
    pipeline.build()
    assert pipeline.rows(query) == [(1, 1, released_on), (2, 1, released_on)]
    healed = pipeline.marts()
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == healed


def test_an_older_observation_that_comes_late_finds_its_place_in_the_history(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    query = (
        "select name, valid_from::date, valid_to::date, is_current "
        "from marts.dim_games_history order by valid_from"
    )
    at = {day: datetime(2024, 1, day, 4, tzinfo=UTC) for day in (2, 3, 4, 5)}
    days = {day: moment.date() for day, moment in at.items()}
    writer.commit("games", DAY_1, page_of(game(1, name="Old")), observed_at=at[2])
    writer.commit("games", DAY_3, page_of(game(1, name="Old")), observed_at=at[4])
    pipeline.build()
    assert pipeline.rows(query) == [("Old", days[2], None, True)]
    writer.commit("games", DAY_2, page_of(game(1, name="New")), observed_at=at[3])
    pipeline.build()
    assert pipeline.rows(query) == [
        ("Old", days[2], days[3], False),
        ("New", days[3], days[4], False),
        ("Old", days[4], None, True),
    ]


def test_ratings_and_ownership_of_a_day_are_replaced_together(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    ratings = [
        {"id": 5, "title": "exceptional", "count": 8, "percent": 80.0},
        {"id": 1, "title": "skip", "count": 2, "percent": 20.0},
    ]
    at = [datetime(2024, 1, 2, hour, tzinfo=UTC) for hour in (4, 9, 6)]
    owned = {"owned": 7, "yet": None}
    writer.commit(
        "games", DAY_1, page_of(game(1, ratings=ratings, added_by_status=owned)), observed_at=at[0]
    )
    pipeline.build()
    writer.commit(
        "games",
        DAY_1,
        page_of(game(1, ratings=ratings[:1], added_by_status={"beaten": 9})),
        observed_at=at[1],
    )
    pipeline.build()
    # Older than what is known: it changes nothing, in whatever day it falls.
    writer.commit("games", DAY_1, page_of(game(1, ratings=[], added_by_status={})))
    writer.commit("games", DAY_2, page_of(game(1, ratings=ratings[1:])), observed_at=at[2])
    pipeline.build()
    found = pipeline.rows(
        "select observed_on, exceptional_count, skip_count, owned_count, beaten_count "
        "from marts.fct_game_daily_snapshot"
    )
    assert found == [(DAY_2, 8, None, None, 9)]
    assert pipeline.rows("select owned_count, beaten_count from marts.dim_games") == [(None, 9)]


def test_a_platform_is_added_or_removed_whichever_day_is_loaded_first(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    pc, mac, switch = (
        {"platform": {"id": number, "name": name, "slug": name}}
        for number, name in ((4, "pc"), (5, "macos"), (7, "switch"))
    )
    writer.commit("games", DAY_3, page_of(game(1, platforms=[pc, switch])))
    pipeline.build()
    changes = "select platform_name, change, first_listed_at from marts.market_platform_changes"
    assert pipeline.rows(changes) == []
    writer.commit("games", DAY_1, page_of(game(1, platforms=[pc, mac])))
    pipeline.build()
    day_2, day_4 = datetime(2024, 1, 2, 4), datetime(2024, 1, 4, 4)  # as DuckDB has them
    assert pipeline.rows(f"{changes} order by 1") == [
        ("macos", "removed", day_2),
        ("switch", "added", day_4),
    ]


def test_platforms_belong_to_the_families_that_the_list_of_parents_names(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    pc, mac = ({"id": 4, "name": "PC", "slug": "pc"}, {"id": 5, "name": "macOS", "slug": "macos"})
    apple = {"id": 9, "name": "Apple Macintosh", "slug": "mac"}
    writer.commit(
        "games",
        DAY_1,
        page_of(
            game(1, platforms=[{"platform": pc}, {"platform": mac}], parent_platforms=None),
            game(2, platforms=[], parent_platforms=[{"platform": apple}]),
        ),
    )
    pipeline.build()
    query = "select platform_id, parent_platform_id from marts.dim_platforms order by 1"
    assert pipeline.rows(query) == [(4, None), (5, None)]
    writer.commit("parent_platforms", DAY_2, page_of({**apple, "platforms": [mac]}))
    pipeline.build()
    assert pipeline.rows(query) == [(4, None), (5, 9)]
    assert pipeline.rows("select name, is_listed from marts.dim_platform_families") == [
        ("Apple Macintosh", True)
    ]
    assert pipeline.rows("select game_id from marts.bridge_game_platform_families") == [(2,)]


def test_what_cannot_be_typed_is_rejected_in_the_open(pipeline: Pipeline) -> None:
    dirty = game(
        1,
        metacritic="N/A",
        playtime=4.5,
        released="2020-13-40",
        esrb_rating="Mature",
        genres="N/A",
        stores=[{"store": {"name": "No id"}}],
    )
    no_id = game(2)
    del no_id["id"]
    writer = pipeline.writer
    writer.commit("games", DAY_1, page_of(dirty, no_id, game(3, id="x-3")), {"detail": "Hello"})
    pipeline.build()
    assert pipeline.rows("select game_id, metacritic_score from marts.dim_games") == [(1, None)]
    found = pipeline.rows(
        "select row_id, field, field_value, reason, row_count from marts.rejected_values"
    )
    no_id_at_all = "not an id: an integer from 1 to 9223372036854775807, not in quotes"
    assert sorted(found) == [
        ("", "id", "", "missing", 2),
        ('"x-3"', "id", '"x-3"', no_id_at_all, 1),
        ("1", "esrb_rating", "Mature", "not an object", 1),
        ("1", "genres", "N/A", "not a list", 1),
        ("1", "metacritic", "N/A", "not an integer", 1),
        ("1", "playtime", "4.5", "not an integer", 1),
        ("1", "released", "2020-13-40", "not a date", 1),
        ("1", "stores.id", "", "missing", 1),
    ]


def test_a_value_out_of_range_is_rejected_in_the_open_and_stops_nothing(
    pipeline: Pipeline,
) -> None:
    skipped = {"id": 1, "title": "skip", "count": -3, "percent": 100.5}
    writer = pipeline.writer
    writer.commit(
        "games",
        DAY_1,
        page_of(
            game(1, metacritic=999, rating=5.01, added=-1, ratings=[skipped]),
            game(2, metacritic=100, rating=5, added=0),
        ),
    )
    writer.commit("genres", DAY_1, page_of({**ACTION, "games_count": -7}))
    pipeline.build()
    assert pipeline.rows(
        "select game_id, metacritic_score, rating, added_count from marts.dim_games order by 1"
    ) == [(1, None, None, None), (2, 100, 5.0, 0)]
    found = pipeline.rows("select row_id, field, field_value, reason from marts.rejected_values")
    assert sorted(found) == [
        ("1", "added", "-1", "out of range"),
        ("1", "metacritic", "999", "out of range"),
        ("1", "rating", "5.01", "out of range"),
        ("1", "ratings.ratings_count", "-3", "out of range"),
        ("1", "ratings.ratings_percent", "100.5", "out of range"),
        ("4", "games_count", "-7", "out of range"),
    ]


def test_a_game_twice_in_a_part_counts_once_and_whole(pipeline: Pipeline) -> None:
    older = game(1, updated="2024-01-01T09:00:00", genres=[ACTION, INDIE])
    newer = game(1, updated="2024-01-01T11:00:00", genres=[RPG, RPG])
    pipeline.writer.commit("games", DAY_1, page_of(newer, older), page_of(newer))
    pipeline.build()
    assert pipeline.rows("select count(*) from staging.stg_rawg__games") == [(3,)]
    assert pipeline.rows("select genre_id from marts.bridge_game_genres") == [(5,)]
    assert len(pipeline.rows("from marts.fct_game_daily_snapshot")) == 1


def test_rows_that_the_manifest_does_not_know_fail_the_build(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)), rows=2)
    with pytest.raises(DataError, match="accounts_for_every_row_stg_rawg__games"):
        pipeline.build()
    # Not remembered, so not forgotten: it fails until the data are right.
    with pytest.raises(DataError):
        pipeline.build()


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


def test_an_empty_lake_gives_empty_marts(pipeline: Pipeline) -> None:
    assert pipeline.build() == ExitCode.DONE
    assert all(rows == [] for rows in pipeline.marts().values())
    assert "dim_games" in pipeline.marts()


def test_prod_without_its_settings_is_refused(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT", raising=False)
    with pytest.raises(UsageError, match="SNOWFLAKE_ACCOUNT"):
        pipeline.build(target="prod")


def test_some_models_over_an_empty_warehouse_are_refused(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    with pytest.raises(UsageError, match="this warehouse is empty: build everything once"):
        pipeline.build(select=("dim_games",))
    assert pipeline.build() == ExitCode.DONE


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
    days = [DAY_1 + timedelta(days=number) for number in range(22)]
    loaded = days[9]
    pipeline.writer.commit("games", loaded, page_of(game(1)))
    pipeline.build()
    for day in days:
        if day != loaded:
            pipeline.writer.commit("games", day, page_of(game(2)))
    pipeline.build()
    target = DbtFolders.below(pipeline.settings.home, "dev").target
    compiled = next(target.glob("compiled/**/base_rawg__games.sql"))
    assert f"between date '{days[0]}' and date '{days[-1]}'" in compiled.read_text()
    staged = pipeline.rows("select run_date from staging.base_rawg__games order by 1")
    assert staged == [(day,) for day in days if day != loaded]
    named = pipeline.rows("select distinct run_date from rawg_lake.raw_games order by 1")
    assert named == staged
