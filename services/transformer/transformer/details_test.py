"""Games that lists of the most popular and details show, and those that are gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from transformer.conftest import DAY_1, DAY_2, DAY_3, LakeWriter, Page, Pipeline, game, page_of

FATES: Final = "select game_id, is_deleted, merged_into_game_id from marts.dim_games order by 1"


def at(day: int, hour: int) -> datetime:
    return datetime(2024, 1, day, hour, tzinfo=UTC)


def detail(game_id: int, **fields: object) -> Page:
    """A page that is one game."""
    makers = {"developers": [{"id": 9, "name": "Dev", "slug": "dev"}], "publishers": []}
    return game(game_id, **{**makers, "description_raw": "Long", **fields})


def test_a_game_that_is_gone_stays_as_it_was_last_seen(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    writer.commit("games", DAY_1, page_of(game(1), game(2, added=20), game(3)))
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, False, None), (3, False, None)]
    writer.commit("game_details", DAY_2, detail(1), gone={2: None, 3: 1, 77: None})
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, True, None), (3, False, 1)]
    last_seen = "select added_count, run_date from marts.dim_games where game_id = 2"
    assert pipeline.rows(last_seen) == [(20, DAY_1)]
    writer.commit("games_top", DAY_3, page_of(game(2, added=21)))
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, False, None), (3, False, 1)]


def test_what_became_of_a_game_does_not_depend_on_the_order_of_loading(pipeline: Pipeline) -> None:
    def list_on_day_1(writer: LakeWriter) -> None:
        writer.commit("games", DAY_1, page_of(game(1), game(2), game(3)))

    def gone_on_day_2(writer: LakeWriter) -> None:
        writer.commit("game_details", DAY_2, detail(1), gone={2: None, 3: 1})

    def again_on_day_3(writer: LakeWriter) -> None:
        writer.commit("games_top", DAY_3, page_of(game(3)))
        writer.commit("game_details", DAY_3, detail(1), gone={2: 1})

    orders = [
        (gone_on_day_2, again_on_day_3, list_on_day_1),
        (again_on_day_3, gone_on_day_2, list_on_day_1),
    ]
    found = []
    for order in orders:
        pipeline.forget_lake()
        pipeline.forget_warehouse()
        for step in order:
            step(pipeline.writer)
            pipeline.build()
        assert pipeline.rows(FATES) == [(1, False, None), (2, False, 1), (3, False, None)]
        found.append(pipeline.marts())
    pipeline.build(full_refresh=True)
    assert found == [pipeline.marts()] * len(orders)


def test_a_game_that_was_deleted_is_merged_when_that_is_the_later_answer(
    pipeline: Pipeline,
) -> None:
    """It is gone already, so only the other answer makes it due again."""
    pipeline.begin(game(1), game(2))
    pipeline.writer.commit("game_details", DAY_2, detail(1), gone={2: None})
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, True, None)]
    pipeline.writer.commit("game_details", DAY_3, detail(1), gone={2: 1})
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, False, 1)]


def test_a_page_that_is_no_game_is_rejected_under_its_endpoint(pipeline: Pipeline) -> None:
    pipeline.writer.commit("game_details", DAY_1, {"detail": "?"}, detail(1, playtime=4.5))
    pipeline.build()
    rejects = "select endpoint, row_id, field from marts.rejected_values order by all"
    assert pipeline.rows(rejects) == [
        ("game_details", "", "id"),
        ("game_details", "1", "playtime"),
    ]


def test_a_list_in_a_detail_is_none_of_rows_where_its_part_names_no_field(
    pipeline: Pipeline,
) -> None:
    with_list = detail(1, results=[{"id": 7}, {"id": 8}])
    pipeline.writer.commit("game_details", DAY_1, with_list, detail(2), rows=2, distinct_ids=2)
    pipeline.build()
    assert pipeline.rows(FATES) == [(1, False, None), (2, False, None)]
    assert pipeline.rows("from marts.rejected_values") == []


def test_a_day_shows_its_newest_counters_and_of_one_moment_the_details(pipeline: Pipeline) -> None:
    writer = pipeline.writer
    writer.commit("games", DAY_1, page_of(game(1, added=10), game(2, added=10), game(3, added=10)))
    writer.commit("games_top", DAY_1, page_of(game(1, added=12)), observed_at=at(2, 9))
    writer.commit("game_details", DAY_1, detail(1, added=11), observed_at=at(2, 8))
    writer.commit("game_details", DAY_2, detail(2, added=13), observed_at=at(2, 4))
    writer.commit("games_top", DAY_3, page_of(game(2, added=14)))
    pipeline.build()
    counters = "select game_id, day(observed_on), added_count from marts.fct_game_daily_snapshot order by all"
    assert pipeline.rows(counters) == [(1, 2, 12), (2, 2, 13), (2, 4, 14), (3, 2, 10)]


def test_scores_by_platform_are_those_of_the_days_last_detail(pipeline: Pipeline) -> None:
    def scores(*pairs: tuple[int, int]) -> list[dict[str, object]]:
        return [
            {"metascore": score, "url": None, "platform": {"platform": platform_id, "name": "P"}}
            for platform_id, score in pairs
        ]

    platforms = [{"platform": {"id": n, "name": "P", "slug": "p"}} for n in (1, 4)]
    writer, fields = pipeline.writer, {"platforms": platforms}
    both = detail(1, metacritic_platforms=scores((1, 80), (4, 70)), **fields)
    writer.commit("game_details", DAY_1, both, observed_at=at(2, 4))
    writer.commit("games", DAY_1, page_of(game(1, **fields)), observed_at=at(2, 9))
    pipeline.build()
    found = (
        "select day(observed_on), platform_id, metacritic_score "
        "from marts.fct_game_platform_scores order by all"
    )
    assert pipeline.rows(found) == [(2, 1, 80), (2, 4, 70)]
    one = detail(1, metacritic_platforms=scores((1, 81)), **fields)
    writer.commit("game_details", DAY_2, one, observed_at=at(2, 6))
    writer.commit("game_details", DAY_3, both, observed_at=at(4, 6))
    pipeline.build()
    assert pipeline.rows(found) == [(2, 1, 81), (4, 1, 80), (4, 4, 70)]


def test_the_share_of_the_catalogue_that_leaderboards_are_based_on_is_told(
    pipeline: Pipeline,
) -> None:
    board = (
        "select name, leaders.games_count, details_coverage "
        "from marts.market_developer_leaderboard as leaders "
        "inner join marts.market_catalogue using (source_system)"
    )
    writer = pipeline.writer
    writer.commit("games", DAY_1, page_of(game(1)))
    writer.commit("game_details", DAY_1, detail(1), detail(2), detail(3))
    pipeline.build()
    assert pipeline.rows(board) == [("Dev", 3, None)]
    writer.commit("games_top", DAY_2, page_of(game(1), game(2)))
    pipeline.build()
    assert pipeline.rows(board) == [("Dev", 3, 1.0)]
    writer.commit("games_top", DAY_3, page_of(*map(game, range(11, 19))))
    writer.commit("game_details", DAY_3, detail(4), gone={2: None, 3: 1})
    pipeline.build()
    assert pipeline.rows(board) == [("Dev", 2, 0.25)]


def test_a_game_that_is_gone_has_no_current_version_until_it_is_there_again(
    pipeline: Pipeline,
) -> None:
    writer = pipeline.writer
    pipeline.begin(game(1), game(2))
    writer.commit("game_details", DAY_2, detail(3), gone={2: None})
    pipeline.build()
    versions = "select game_id, valid_to, is_current from marts.dim_games_history order by 1, 2"
    gone_at = at(3, 4).replace(tzinfo=None)
    assert pipeline.rows(versions) == [(1, None, True), (2, gone_at, False), (3, None, True)]
    healed = pipeline.marts()
    pipeline.build(full_refresh=True)
    assert pipeline.marts() == healed
    writer.commit("games_top", DAY_3, page_of(game(2, name="Back")))
    pipeline.build()
    back_at = at(4, 4).replace(tzinfo=None)
    assert pipeline.rows(versions)[1:3] == [(2, back_at, False), (2, None, True)]


def test_a_value_that_is_none_makes_no_version(pipeline: Pipeline) -> None:
    released = {DAY_1: "2020-02-29", DAY_2: "2020-13-40", DAY_3: "2020-02-29"}
    for day, text in released.items():
        pipeline.writer.commit("games", day, page_of(game(1, released=text)))
        pipeline.build()
    assert len(pipeline.rows("from marts.dim_games_history")) == 1
    assert len(pipeline.rows("from marts.rejected_values")) == 1


def test_what_a_refetch_has_no_more_is_listed_no_more(pipeline: Pipeline) -> None:
    both = [{"id": n, "name": f"G {n}", "slug": f"g-{n}"} for n in (4, 5)]
    pipeline.writer.commit("genres", DAY_1, page_of(*both))
    pipeline.writer.commit("genres", DAY_1, page_of(both[0]), observed_at=at(5, 4))
    pipeline.build()
    listed = "select genre_id, is_listed from marts.dim_genres order by 1"
    assert pipeline.rows(listed) == [(4, True), (5, False)]
