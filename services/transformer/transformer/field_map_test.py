"""A field of games is written down once: in the contract of dim_games."""

from __future__ import annotations

import pytest

import transformer.dbt_runner.dbt_project
from transformer.conftest import DAY_1, DAY_2, Pipeline, game

# RAWG has it in details; no model reads it.
NEW = (
    b"      - {name: reddit_posts_count, data_type: bigint, config: {meta: {path: reddit_count, "
    b"type: count, only_details: true}}, description: Posts on Reddit; from the last detail.}\n"
)
MAP = "models/marts/dim_games.yml"
BEFORE = b"      - name: details_observed_at\n"


def test_a_new_field_is_one_line(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.writer.commit("game_details", DAY_1, game(1, reddit_count=7))
    pipeline.writer.commit("game_details", DAY_2, game(2, reddit_count="many"), game(3))
    pipeline.build()
    packed = dict(transformer.dbt_runner.dbt_project._packed_files())
    assert packed[MAP].count(BEFORE) == 1
    changed = {**packed, MAP: packed[MAP].replace(BEFORE, NEW + BEFORE)}
    monkeypatch.setattr(
        transformer.dbt_runner.dbt_project, "_packed_files", lambda: iter(changed.items())
    )
    pipeline.build()  # loads what the lake has had for days, too
    for table in ("staging.stg_rawg__games", "marts.dim_games"):
        query = f"select game_id, reddit_posts_count from {table} order by 1"
        assert pipeline.rows(query) == [(1, 7), (2, None), (3, None)]
    assert pipeline.rows(
        "select row_id, field, field_value, reason from marts.rejected_values"
    ) == [("2", "reddit_count", "many", "not an integer")]
    assert pipeline.rows(
        "select data_type from information_schema.columns where table_schema = 'marts' "
        "and table_name = 'dim_games' and column_name = 'reddit_posts_count'"
    ) == [("BIGINT",)]
