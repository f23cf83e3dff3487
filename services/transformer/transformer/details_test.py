"""What details bring that only a lake of their own shows: how much they cover, how large one can be."""

from __future__ import annotations

from transformer.conftest import DAY_1, DAY_2, DAY_3, Page, Pipeline, game, page_of


def detail(game_id: int) -> Page:
    """A page that is one game."""
    return game(game_id, developers=[{"id": 9, "name": "Dev", "slug": "dev"}], publishers=[])


def test_the_share_of_the_catalogue_that_leaderboards_are_based_on_is_told(
    pipeline: Pipeline,
) -> None:
    """Without a count, and of fewer games than are known: market_catalogue's unit test."""
    commit = pipeline.writer.commit
    commit("games_top", DAY_2, page_of(game(1), game(2)))
    commit("game_details", DAY_1, detail(1), detail(2), detail(3))
    commit("games_top", DAY_3, page_of(*map(game, range(11, 19))))
    commit("game_details", DAY_3, detail(4), gone={2: None, 3: 1})
    pipeline.build()
    board = (
        "select name, leaders.games_count, details_coverage "
        "from marts.market_developer_leaderboard as leaders "
        "inner join marts.market_catalogue using (source_system)"
    )
    assert pipeline.rows(board) == [("Dev", 2, 0.25)]


def test_a_detail_of_twenty_megabytes_is_loaded(pipeline: Pipeline) -> None:
    """DuckDB's own limit of an object is 16 MB, and reached where one is read in two pieces."""
    long = "long " * 3_000_000
    pipeline.writer.commit(
        "game_details",
        DAY_1,
        game(1, description_raw=long),
        game(2, description_raw=long + long[:5_000_000]),
    )
    pipeline.build()
    lengths = "select game_id, description_length from marts.dim_games order by 1"
    assert pipeline.rows(lengths) == [(1, 15_000_000), (2, 20_000_000)]
