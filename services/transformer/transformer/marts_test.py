"""What the marts say of a lake, however it was loaded.

All tests of a file that are `in_one_lake` share its builds: each commits games of its own, yields, and
goes on when a build has loaded what all of them had committed. So none may look at what others
commit, nor commit a list that tells another one what is listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from transformer.conftest import (
    DAY_1,
    DAY_2,
    DAY_3,
    OneLake,
    Page,
    Pipeline,
    game,
    in_one_lake,
    page_of,
)

ACTION = {"id": 4, "name": "Action", "slug": "action"}
INDIE = {"id": 51, "name": "Indie", "slug": "indie"}
RPG = {"id": 5, "name": "RPG", "slug": "role-playing-games-rpg"}
NO_IDS: list[object] = ["5", 5.0, 2**63, -1, 0, True, "x", None, 10**30]
AS_WRITTEN = ["", "-1", "0", "10" + "0" * 29, '"5"', '"x"', "5.0", str(2**63), "true"]


def at(day: int, hour: int) -> datetime:
    return datetime(2024, 1, day, hour, tzinfo=UTC)


def detail(game_id: int, **fields: object) -> Page:
    """A page that is one game, as details are."""
    makers = {
        "developers": [{"id": 9, "name": "Dev", "slug": "dev"}],
        "publishers": [{"id": 8, "name": "Pub", "slug": "pub"}],
    }
    return game(game_id, **{**makers, "description_raw": "Long", **fields})


def fates_of(low: int, high: int) -> str:
    return (
        "select game_id, is_deleted, merged_into_game_id from marts.dim_games "
        f"where game_id between {low} and {high} order by 1"
    )


# None begins with the first day, each has another end.
ORDERS = ((DAY_3, DAY_1, DAY_2), (DAY_2, DAY_3, DAY_1))


def test_what_was_built_step_by_step_is_what_a_full_refresh_and_any_order_of_days_give(
    one_lake: OneLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first test, so that the lake is there still. More days, as a sandbox has them: tests/warehouse."""
    monkeypatch.setattr(
        "transformer.build.run_data_tests", lambda *_, **__: ()
    )  # asked in each step
    pipeline, marts = one_lake.pipeline, one_lake.pipeline.marts()
    assert len(marts["fct_game_daily_snapshot"]) > 50
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == marts
    for order in ORDERS:
        pipeline.forget_warehouse()
        for day in order:
            pipeline.build(day, publish=False)
        assert pipeline.marts() == marts, order


@in_one_lake
def test_each_day_is_loaded_and_the_newest_of_each_game_counts(
    pipeline: Pipeline,
) -> Iterator[None]:
    """Each game changes or loses genres on some day, one is only there once."""
    commit = pipeline.writer.commit
    commit(
        "games",
        DAY_1,
        page_of(game(101, added=10, genres=[ACTION, INDIE, RPG]), game(102, genres=[INDIE])),
        page_of(game(103, name="Only here")),
    )
    changed = game(102, genres=[RPG], metacritic=None)
    commit("games", DAY_2, page_of(game(101, added=20, genres=[ACTION, INDIE]), changed))
    commit("games", DAY_3, page_of(game(101, added=30, genres=[ACTION]), game(102, genres=[])))
    yield
    mine = "where game_id between 101 and 103 order by 1"
    assert pipeline.rows(f"select game_id, added_count from marts.dim_games {mine}") == [
        (101, 30),
        (102, 100),
        (103, 100),
    ]
    genres = pipeline.rows(f"select game_id, genre_id from marts.bridge_game_genres {mine}")
    assert genres == [(101, 4), (103, 4)]
    assert len(pipeline.rows(f"from marts.fct_game_daily_snapshot {mine}")) == 7


@in_one_lake
def test_a_refetch_adds_its_part_and_the_newer_observation_wins(
    pipeline: Pipeline,
) -> Iterator[None]:
    pipeline.writer.commit("games", DAY_1, page_of(game(151)))
    yield
    later = page_of(game(151, added=99))
    pipeline.writer.commit("games", DAY_1, later, observed_at=at(5, 12))
    yield
    added = "select added_count from marts.dim_games where game_id = 151"
    assert pipeline.rows(added) == [(99,)]
    assert pipeline.rows(
        "select day(observed_on) from marts.fct_game_daily_snapshot where game_id = 151 order by 1"
    ) == [(2,), (5,)]


@in_one_lake
def test_dimensions_are_the_union_of_lists_and_of_what_games_name(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    listed = {"id": 204, "name": "Listed", "slug": "listed"}
    commit("genres", DAY_1, page_of({**listed, "games_count": 7}))
    russian = {"id": 242, "name": "Для одного игрока", "slug": "dlia", "language": "rus"}
    english = {"id": 231, "name": "Alone", "slug": "alone", "language": "eng"}
    genres = [{**listed, "name": "Renamed later"}, {**INDIE, "id": 251}]
    commit("games", DAY_2, page_of(game(201, genres=genres, tags=[russian, english])))
    yield
    found = pipeline.rows(
        "select genre_id, name, games_count, is_listed from marts.dim_genres "
        "where genre_id between 200 and 299 order by 1"
    )
    assert found == [(204, "Renamed later", 7, True), (251, "Indie", None, False)]
    tags = "select name from marts.dim_tags where tag_id between 200 and 299"
    assert pipeline.rows(tags) == [("Alone",)]
    tags_of_game = "select tag_id from marts.bridge_game_tags where game_id = 201"
    assert pipeline.rows(tags_of_game) == [(231,)]


@in_one_lake
def test_what_has_left_its_list_is_listed_no_more(pipeline: Pipeline) -> Iterator[None]:
    commit = pipeline.writer.commit
    query = (
        "select publisher_id, games_count, is_listed from marts.dim_publishers "
        "where publisher_id between 300 and 399 order by 1"
    )
    one, other, another = ({"id": n, "name": f"P {n}", "slug": f"p-{n}"} for n in (301, 302, 303))
    commit("publishers", DAY_1, *(page_of({**each, "games_count": 7}) for each in (one, other)))
    yield
    # Known not to be whole: what is not in it may be there.
    commit("publishers", DAY_2, page_of({**another, "games_count": 8}), reasons=("limited",))
    yield
    assert pipeline.rows(query) == [(301, 7, True), (302, 7, True), (303, 8, True)]
    commit("publishers", DAY_3, page_of({**one, "games_count": 9}))
    yield
    assert pipeline.rows(query) == [(301, 9, True), (302, 7, False), (303, 8, False)]


@in_one_lake
def test_what_a_refetch_has_no_more_is_listed_no_more(pipeline: Pipeline) -> Iterator[None]:
    both = [{"id": n, "name": f"D {n}", "slug": f"d-{n}"} for n in (404, 405)]
    pipeline.writer.commit("developers", DAY_1, page_of(*both))
    pipeline.writer.commit("developers", DAY_1, page_of(both[0]), observed_at=at(5, 4))
    yield
    listed = (
        "select developer_id, is_listed from marts.dim_developers "
        "where developer_id in (404, 405) order by 1"
    )
    assert pipeline.rows(listed) == [(404, True), (405, False)]


@in_one_lake
def test_every_shape_of_a_game_is_staged(pipeline: Pipeline) -> Iterator[None]:
    unfiltered = game(
        501,
        platforms=[
            {"platform": {"id": 1, "name": "PC", "slug": "pc"}, "released_at": "2013-09-17"}
        ],
        stores=[{"id": 290375, "store": {"id": 3, "name": "PlayStation Store", "slug": "ps"}}],
        esrb_rating={"id": 4, "name": "Mature", "slug": "mature"},
    )
    bare = game(
        502, released=None, metacritic=None, stores=None, genres=[], tags={}, esrb_rating=None
    )
    del bare["platforms"]
    files = (
        pipeline.writer.commit("games", DAY_1, page_of(unfiltered, bare)),
        pipeline.writer.commit("game_details", DAY_1, detail(503, rating=0)),
    )
    yield
    mine = "where game_id between 501 and 503 order by 1"
    assert pipeline.rows(
        "select game_id, esrb_rating, released_on is null, metacritic_score, rating "
        f"from marts.dim_games {mine}"
    ) == [
        (501, "mature", False, 80, 4.1),
        (502, None, True, None, 4.1),
        (503, None, False, 80, 0.0),
    ]
    stores = pipeline.rows(f"select game_id, store_id from marts.bridge_game_stores {mine}")
    assert stores == [(501, 3), (503, 1)]
    assert pipeline.rows(f"from marts.rejected_values where file_name in {files}") == []


@in_one_lake
def test_what_only_details_carry_comes_from_the_last_detail_whenever_it_is_loaded(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    makers = {
        "developers": [{"id": 609, "name": "Dev 609", "slug": "dev-609"}],
        "publishers": [{"id": 608, "name": "Pub 608", "slug": "pub-608"}],
    }
    commit("games", DAY_2, page_of(game(601, added=20)))
    yield
    commit("game_details", DAY_1, detail(601, added=10, **makers))
    yield
    query = "select added_count, description from marts.dim_games where game_id = 601"
    makers_of = (
        "select developer_id, publisher_id from marts.bridge_game_developers "
        "inner join marts.bridge_game_publishers using (source_system, game_id) where game_id = 601"
    )
    assert pipeline.rows(query) == [(20, "Long")]
    assert pipeline.rows(makers_of) == [(609, 608)]
    named = "select name, is_listed from marts.dim_developers where developer_id = 609"
    assert pipeline.rows(named) == [("Dev 609", False)]
    longer = {**makers, "description_raw": "Longer", "developers": [{"id": 607}]}
    commit("game_details", DAY_3, detail(601, added=30, **longer))
    yield
    assert pipeline.rows(query) == [(30, "Longer")]
    assert pipeline.rows(makers_of) == [(607, 608)]


@in_one_lake
def test_the_day_of_release_on_a_platform_outlives_lists_that_do_not_name_it(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    query = (
        "select game_id, platform_id, released_on from marts.bridge_game_platforms "
        "where game_id in (701, 702) order by 1"
    )
    pc = {"platform": {"id": 1, "name": "PC", "slug": "pc"}}
    dated = [{**pc, "released_at": "2013-09-17"}]
    released_on = datetime(2013, 9, 17, tzinfo=UTC).date()
    commit("game_details", DAY_1, detail(701, platforms=dated))
    commit("games", DAY_2, page_of(game(702, platforms=[pc])))
    yield
    assert pipeline.rows(query) == [(701, 1, released_on), (702, 1, None)]
    commit("games", DAY_3, page_of(game(701, platforms=[pc])))
    # Read before the list that is loaded already.
    commit("game_details", DAY_1, detail(701, platforms=dated), detail(702, platforms=dated))
    yield
    assert pipeline.rows(query) == [(701, 1, released_on), (702, 1, released_on)]


@in_one_lake
def test_an_older_observation_that_comes_late_finds_its_place_in_the_history(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    query = (
        "select name, valid_from::date, valid_to::date, is_current "
        "from marts.dim_games_history where game_id = 801 order by valid_from"
    )
    days = {day: at(day, 4).date() for day in (2, 3, 4)}
    commit("games", DAY_1, page_of(game(801, name="Old")), observed_at=at(2, 4))
    commit("games", DAY_3, page_of(game(801, name="Old")), observed_at=at(4, 4))
    yield
    assert pipeline.rows(query) == [("Old", days[2], None, True)]
    commit("games", DAY_2, page_of(game(801, name="New")), observed_at=at(3, 4))
    yield
    assert pipeline.rows(query) == [
        ("Old", days[2], days[3], False),
        ("New", days[3], days[4], False),
        ("Old", days[4], None, True),
    ]


@in_one_lake
def test_a_value_that_is_none_makes_no_version(pipeline: Pipeline) -> Iterator[None]:
    released = {DAY_1: "2020-02-29", DAY_2: "2020-13-40", DAY_3: "2020-02-29"}
    for day, text in released.items():
        pipeline.writer.commit("games", day, page_of(game(901, released=text)))
        yield
    assert len(pipeline.rows("from marts.dim_games_history where game_id = 901")) == 1
    assert len(pipeline.rows("from marts.rejected_values where row_id = '901'")) == 1


@in_one_lake
def test_ratings_and_ownership_of_a_day_are_replaced_together(pipeline: Pipeline) -> Iterator[None]:
    commit = pipeline.writer.commit
    ratings = [
        {"id": 5, "title": "exceptional", "count": 8, "percent": 80.0},
        {"id": 1, "title": "skip", "count": 2, "percent": 20.0},
    ]
    owned = game(1001, ratings=ratings, added_by_status={"owned": 7, "yet": None})
    commit("games", DAY_1, page_of(owned), observed_at=at(2, 4))
    yield
    beaten = game(1001, ratings=ratings[:1], added_by_status={"beaten": 9})
    commit("games", DAY_1, page_of(beaten), observed_at=at(2, 9))
    yield
    # Older than what is known: it changes nothing, in whatever day it falls.
    commit("games", DAY_1, page_of(game(1001, ratings=[], added_by_status={})))
    commit("games", DAY_2, page_of(game(1001, ratings=ratings[1:])), observed_at=at(2, 6))
    yield
    found = pipeline.rows(
        "select observed_on, exceptional_count, skip_count, owned_count, beaten_count "
        "from marts.fct_game_daily_snapshot where game_id = 1001"
    )
    assert found == [(DAY_2, 8, None, None, 9)]
    counts = "select owned_count, beaten_count from marts.dim_games where game_id = 1001"
    assert pipeline.rows(counts) == [(None, 9)]


@in_one_lake
def test_a_platform_is_added_or_removed_whichever_day_is_loaded_first(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    pc, mac, switch = (
        {"platform": {"id": number, "name": name, "slug": name}}
        for number, name in ((1104, "pc"), (1105, "macos"), (1107, "switch"))
    )
    commit("games", DAY_3, page_of(game(1101, platforms=[pc, switch])))
    yield
    changes = (
        "select platform_name, change, first_listed_at from marts.market_platform_changes "
        "where game_id = 1101 order by 1"
    )
    assert pipeline.rows(changes) == []
    commit("games", DAY_1, page_of(game(1101, platforms=[pc, mac])))
    yield
    day_2, day_4 = datetime(2024, 1, 2, 4), datetime(2024, 1, 4, 4)  # as DuckDB has them
    assert pipeline.rows(changes) == [("macos", "removed", day_2), ("switch", "added", day_4)]


@in_one_lake
def test_platforms_belong_to_the_families_that_the_list_of_parents_names(
    pipeline: Pipeline,
) -> Iterator[None]:
    pc, mac = ({"id": 1204, "name": "PC", "slug": "pc"}, {"id": 1205, "name": "macOS", "slug": "m"})
    apple = {"id": 1209, "name": "Apple Macintosh", "slug": "mac"}
    platforms: list[dict[str, object]] = [{"platform": pc}, {"platform": mac}]
    pipeline.writer.commit(
        "games",
        DAY_1,
        page_of(
            game(1201, platforms=platforms, parent_platforms=None),
            game(1202, platforms=[], parent_platforms=[{"platform": apple}]),
        ),
    )
    yield
    query = (
        "select platform_id, parent_platform_id from marts.dim_platforms "
        "where platform_id in (1204, 1205) order by 1"
    )
    assert pipeline.rows(query) == [(1204, None), (1205, None)]
    pipeline.writer.commit("parent_platforms", DAY_2, page_of({**apple, "platforms": [mac]}))
    yield
    assert pipeline.rows(query) == [(1204, None), (1205, 1209)]
    family = (
        "select name, is_listed from marts.dim_platform_families where parent_platform_id = 1209"
    )
    assert pipeline.rows(family) == [("Apple Macintosh", True)]
    games = (
        "select game_id from marts.bridge_game_platform_families where parent_platform_id = 1209"
    )
    assert pipeline.rows(games) == [(1202,)]


@in_one_lake
def test_dimensions_take_what_anything_names(pipeline: Pipeline) -> Iterator[None]:
    scored = {"platform": 1377, "name": "Only scored", "slug": "s"}
    score = {"metascore": 80, "url": None, "platform": scored}
    pipeline.writer.commit("game_details", DAY_1, detail(1301, metacritic_platforms=[score]))
    only_in_it = {"id": 1378, "name": "Only in it", "slug": "o"}
    family = {"id": 1306, "name": "Family", "slug": "f", "platforms": [only_in_it]}
    pipeline.writer.commit("parent_platforms", DAY_1, page_of(family))
    yield
    named = (
        "select platform_id, name, parent_platform_id, is_listed from marts.dim_platforms "
        "where platform_id between 1300 and 1399 order by 1"
    )
    assert pipeline.rows(named) == [
        (1377, "Only scored", None, False),
        (1378, "Only in it", 1306, False),
    ]
    scores = "select platform_id from marts.fct_game_platform_scores where game_id = 1301"
    assert pipeline.rows(scores) == [(1377,)]


@in_one_lake
def test_what_cannot_be_typed_is_rejected_in_the_open(pipeline: Pipeline) -> Iterator[None]:
    dirty = game(
        1401,
        metacritic="N/A",
        playtime=4.5,
        released="2020-13-40",
        esrb_rating="Mature",
        genres="N/A",
        stores=[{"store": {"name": "No id"}}],
    )
    no_id = game(1402)
    del no_id["id"]
    rows = page_of(dirty, no_id, game(1403, id="x-3"))
    file = pipeline.writer.commit("games", DAY_1, rows, {"detail": "Hello"})
    yield
    scores = (
        "select game_id, metacritic_score from marts.dim_games where game_id between 1401 and 1403"
    )
    assert pipeline.rows(scores) == [(1401, None)]
    no_id_at_all = "not an id: an integer from 1 to 9223372036854775807, not in quotes"
    assert rejected_of(pipeline, file) == [
        ("", "id", "", "missing", 2),
        ('"x-3"', "id", '"x-3"', no_id_at_all, 1),
        ("1401", "esrb_rating", "Mature", "not an object", 1),
        ("1401", "genres", "N/A", "not a list", 1),
        ("1401", "metacritic", "N/A", "not an integer", 1),
        ("1401", "playtime", "4.5", "not an integer", 1),
        ("1401", "released", "2020-13-40", "not a date", 1),
        ("1401", "stores.id", "", "missing", 1),
    ]


def rejected_of(pipeline: Pipeline, *files: str) -> list[tuple[object, ...]]:
    """What was rejected of parts."""
    return sorted(
        row
        for file in files
        for row in pipeline.rows(
            "select row_id, field, field_value, reason, row_count from marts.rejected_values "
            f"where file_name = '{file}'"
        )
    )


@in_one_lake
def test_a_value_out_of_range_is_rejected_in_the_open_and_stops_nothing(
    pipeline: Pipeline,
) -> Iterator[None]:
    skipped = {"id": 1, "title": "skip", "count": -3, "percent": 100.5}
    games = page_of(
        game(1501, metacritic=999, rating=5.01, added=-1, ratings=[skipped]),
        game(1502, metacritic=100, rating=5, added=0),
    )
    files = (
        pipeline.writer.commit("games", DAY_1, games),
        pipeline.writer.commit("genres", DAY_1, page_of({**ACTION, "id": 1504, "games_count": -7})),
    )
    yield
    assert pipeline.rows(
        "select game_id, metacritic_score, rating, added_count from marts.dim_games "
        "where game_id in (1501, 1502) order by 1"
    ) == [(1501, None, None, None), (1502, 100, 5.0, 0)]
    assert rejected_of(pipeline, *files) == [
        ("1501", "added", "-1", "out of range", 1),
        ("1501", "metacritic", "999", "out of range", 1),
        ("1501", "rating", "5.01", "out of range", 1),
        ("1501", "ratings.ratings_count", "-3", "out of range", 1),
        ("1501", "ratings.ratings_percent", "100.5", "out of range", 1),
        ("1504", "games_count", "-7", "out of range", 1),
    ]


@in_one_lake
def test_a_row_that_is_none_stops_no_build_and_is_rejected_in_the_open(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    stores = [{"name": "No store", "slug": "none", "id": value} for value in NO_IDS]
    games = [*(game(1, id=value) for value in NO_IDS), game(1602)]
    files = {
        "stores": commit("stores", DAY_1, page_of(*stores, {"id": 2**63 - 1, "name": "Last"})),
        "games": commit("games", DAY_1, page_of(*games)),
    }
    gone = {1607: 2**63, 2**63: None}
    details = commit("game_details", DAY_1, detail(1603), detail(1604, id=2**63), gone=gone)
    yield
    known = "select game_id from marts.dim_games where game_id between 1600 and 1699 order by 1"
    assert pipeline.rows(known) == [(1602,), (1603,)]
    listed = "select store_id from marts.dim_stores where is_listed"
    assert pipeline.rows(listed) == [(2**63 - 1,)]
    for file in files.values():
        found = [value for _, field, value, *_ in rejected_of(pipeline, file) if field == "id"]
        assert sorted(map(str, found)) == sorted(AS_WRITTEN)
    assert [row[1:3] for row in rejected_of(pipeline, details)] == [("id", str(2**63))]


@in_one_lake
def test_a_page_that_is_no_game_is_rejected_under_its_endpoint(
    pipeline: Pipeline,
) -> Iterator[None]:
    pages = ({"detail": "?"}, detail(1701, playtime=4.5))
    file = pipeline.writer.commit("game_details", DAY_1, *pages)
    yield
    rejects = (
        "select endpoint, row_id, field from marts.rejected_values "
        f"where file_name = '{file}' order by all"
    )
    assert pipeline.rows(rejects) == [
        ("game_details", "", "id"),
        ("game_details", "1701", "playtime"),
    ]


@in_one_lake
def test_a_list_in_a_detail_is_none_of_rows_where_its_part_names_no_field(
    pipeline: Pipeline,
) -> Iterator[None]:
    with_list = detail(1801, results=[{"id": 1807}, {"id": 1808}])
    file = pipeline.writer.commit("game_details", DAY_1, with_list, detail(1802))
    yield
    assert pipeline.rows(fates_of(1800, 1899)) == [(1801, False, None), (1802, False, None)]
    assert rejected_of(pipeline, file) == []


@in_one_lake
def test_a_game_twice_in_a_part_counts_once_and_whole(pipeline: Pipeline) -> Iterator[None]:
    older = game(1901, updated="2024-01-01T09:00:00", genres=[ACTION, INDIE])
    newer = game(1901, updated="2024-01-01T11:00:00", genres=[RPG, RPG])
    pipeline.writer.commit("games", DAY_1, page_of(newer, older), page_of(newer))
    yield
    mine = "where game_id = 1901"
    assert pipeline.rows(f"select count(*) from staging.stg_rawg__games {mine}") == [(3,)]
    assert pipeline.rows(f"select genre_id from marts.bridge_game_genres {mine}") == [(5,)]
    assert len(pipeline.rows(f"from marts.fct_game_daily_snapshot {mine}")) == 1


@in_one_lake
def test_a_game_that_is_gone_stays_as_it_was_last_seen(pipeline: Pipeline) -> Iterator[None]:
    commit, fates = pipeline.writer.commit, fates_of(2000, 2099)
    commit("games", DAY_1, page_of(game(2001), game(2002, added=20), game(2003)))
    yield
    assert pipeline.rows(fates) == [(2001, False, None), (2002, False, None), (2003, False, None)]
    gone = {2002: None, 2003: 2001, 2077: None}
    commit("game_details", DAY_2, detail(2001), gone=gone)
    yield
    assert pipeline.rows(fates) == [(2001, False, None), (2002, True, None), (2003, False, 2001)]
    last_seen = "select added_count, run_date from marts.dim_games where game_id = 2002"
    assert pipeline.rows(last_seen) == [(20, DAY_1)]
    commit("games_top", DAY_3, page_of(game(2002, added=21)))
    yield
    assert pipeline.rows(fates) == [(2001, False, None), (2002, False, None), (2003, False, 2001)]


@in_one_lake
def test_what_became_of_a_game_does_not_depend_on_the_order_of_loading(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    commit("game_details", DAY_2, detail(2101), gone={2102: None, 2103: 2101})
    yield
    commit("games_top", DAY_3, page_of(game(2103)))
    commit("game_details", DAY_3, detail(2101), gone={2102: 2101})
    yield
    commit("games", DAY_1, page_of(game(2101), game(2102), game(2103)))
    yield
    found = pipeline.rows(fates_of(2100, 2199))
    assert found == [(2101, False, None), (2102, False, 2101), (2103, False, None)]


@in_one_lake
def test_what_became_of_a_game_last_is_known_also_when_it_is_loaded_first(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    commit("games_top", DAY_3, page_of(game(2203)))
    commit("game_details", DAY_3, detail(2201), gone={2202: 2201})
    yield
    commit("game_details", DAY_2, detail(2201), gone={2202: None, 2203: 2201})
    yield
    commit("games", DAY_1, page_of(game(2201), game(2202), game(2203)))
    yield
    found = pipeline.rows(fates_of(2200, 2299))
    assert found == [(2201, False, None), (2202, False, 2201), (2203, False, None)]


@in_one_lake
def test_a_game_that_was_deleted_is_merged_when_that_is_the_later_answer(
    pipeline: Pipeline,
) -> Iterator[None]:
    """It is gone already, so only the other answer makes it due again."""
    commit, fates = pipeline.writer.commit, fates_of(2300, 2399)
    commit("games", DAY_1, page_of(game(2301), game(2302)))
    yield
    commit("game_details", DAY_2, detail(2301), gone={2302: None})
    yield
    assert pipeline.rows(fates) == [(2301, False, None), (2302, True, None)]
    commit("game_details", DAY_3, detail(2301), gone={2302: 2301})
    yield
    assert pipeline.rows(fates) == [(2301, False, None), (2302, False, 2301)]


@in_one_lake
def test_a_game_that_is_gone_has_no_current_version_until_it_is_there_again(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    commit("games", DAY_1, page_of(game(2401), game(2402)))
    yield
    commit("game_details", DAY_2, detail(2403), gone={2402: None})
    yield
    versions = (
        "select game_id, valid_to, is_current from marts.dim_games_history "
        "where game_id between 2401 and 2403 order by 1, 2"
    )
    gone_at = at(3, 4).replace(tzinfo=None)
    assert pipeline.rows(versions) == [
        (2401, None, True),
        (2402, gone_at, False),
        (2403, None, True),
    ]
    commit("games_top", DAY_3, page_of(game(2402, name="Back")))
    yield
    back_at = at(4, 4).replace(tzinfo=None)
    assert pipeline.rows(versions)[1:3] == [(2402, back_at, False), (2402, None, True)]


@in_one_lake
def test_a_day_shows_its_newest_counters_and_of_one_moment_the_details(
    pipeline: Pipeline,
) -> Iterator[None]:
    commit = pipeline.writer.commit
    commit("games", DAY_1, page_of(*(game(n, added=10) for n in (2501, 2502, 2503))))
    commit("games_top", DAY_1, page_of(game(2501, added=12)), observed_at=at(2, 9))
    commit("game_details", DAY_1, detail(2501, added=11), observed_at=at(2, 8))
    commit("game_details", DAY_2, detail(2502, added=13), observed_at=at(2, 4))
    commit("games_top", DAY_3, page_of(game(2502, added=14)))
    yield
    counters = (
        "select game_id, day(observed_on), added_count from marts.fct_game_daily_snapshot "
        "where game_id between 2501 and 2503 order by all"
    )
    found = pipeline.rows(counters)
    assert found == [(2501, 2, 12), (2502, 2, 13), (2502, 4, 14), (2503, 2, 10)]


@in_one_lake
def test_scores_by_platform_are_those_of_the_days_last_detail(pipeline: Pipeline) -> Iterator[None]:
    def scores(*pairs: tuple[int, int]) -> list[dict[str, object]]:
        return [
            {"metascore": score, "url": None, "platform": {"platform": platform_id, "name": "P"}}
            for platform_id, score in pairs
        ]

    commit = pipeline.writer.commit
    fields = {"platforms": [{"platform": {"id": n, "name": "P", "slug": "p"}} for n in (1, 4)]}
    both = detail(2601, metacritic_platforms=scores((1, 80), (4, 70)), **fields)
    commit("game_details", DAY_1, both, observed_at=at(2, 4))
    commit("games", DAY_1, page_of(game(2601, **fields)), observed_at=at(2, 9))
    yield
    found = (
        "select day(observed_on), platform_id, metacritic_score "
        "from marts.fct_game_platform_scores where game_id = 2601 order by all"
    )
    assert pipeline.rows(found) == [(2, 1, 80), (2, 4, 70)]
    one = detail(2601, metacritic_platforms=scores((1, 81)), **fields)
    commit("game_details", DAY_2, one, observed_at=at(2, 6))
    commit("game_details", DAY_3, both, observed_at=at(4, 6))
    yield
    assert pipeline.rows(found) == [(2, 1, 81), (4, 1, 80), (4, 4, 70)]
