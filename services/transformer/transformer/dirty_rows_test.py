"""Rows that are none, and what only one thing names: no build stops because of them."""

from __future__ import annotations

from gamemarket.errors import ExitCode
from transformer.conftest import DAY_1, Pipeline, game, page_of

NO_IDS: list[object] = ["5", 5.0, 2**63, -1, 0, True, "x", None, 10**30]
AS_WRITTEN = ["", "-1", "0", "10" + "0" * 29, '"5"', '"x"', "5.0", str(2**63), "true"]


def test_a_row_that_is_none_stops_no_build_and_is_rejected_in_the_open(pipeline: Pipeline) -> None:
    rows = [{"name": "No store", "slug": "none", "id": value} for value in NO_IDS]
    pipeline.writer.commit("stores", DAY_1, page_of(*rows, {"id": 2**63 - 1, "name": "Last"}))
    pipeline.writer.commit(
        "games", DAY_1, page_of(*(game(1, id=value) for value in NO_IDS), game(2))
    )
    pipeline.writer.commit(
        "game_details", DAY_1, game(3), game(4, id=2**63), gone={7: 2**63, 2**63: None}
    )
    assert pipeline.build() == ExitCode.DONE
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(2,), (3,)]
    assert pipeline.rows("select store_id from marts.dim_stores where is_listed") == [(2**63 - 1,)]
    rejected = (
        "select field_value from marts.rejected_values "
        "where endpoint = '{}' and field = 'id' order by 1"
    )
    for endpoint in ("stores", "games"):
        found = pipeline.rows(rejected.format(endpoint))
        assert found == [(value,) for value in sorted(AS_WRITTEN)]
    assert pipeline.rows(rejected.format("game_details")) == [(str(2**63),)]


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


def test_dimensions_take_what_anything_names(pipeline: Pipeline) -> None:
    score = {
        "metascore": 80,
        "url": None,
        "platform": {"platform": 77, "name": "Only scored", "slug": "s"},
    }
    pipeline.writer.commit("game_details", DAY_1, game(1, metacritic_platforms=[score]))
    family = {
        "id": 6,
        "name": "Family",
        "slug": "f",
        "platforms": [{"id": 78, "name": "Only in it", "slug": "o"}],
    }
    pipeline.writer.commit("parent_platforms", DAY_1, page_of(family))
    pipeline.build()
    named = (
        "select platform_id, name, parent_platform_id, is_listed from marts.dim_platforms "
        "where platform_id > 70 order by 1"
    )
    assert pipeline.rows(named) == [
        (77, "Only scored", None, False),
        (78, "Only in it", 6, False),
    ]
    assert pipeline.rows("select platform_id from marts.fct_game_platform_scores") == [(77,)]
