from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gamemarket.build_quality import BuildQuality, read_quality_of
from gamemarket.endpoints import load_endpoints
from gamemarket.published_marts import read_pointer
from transformer.conftest import DAY_1, DAY_2, Pipeline, game, page_of
from transformer.describe_quality import describe_quotas
from transformer.lake.lake_parts import read_lake
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse


def read_published(pipeline: Pipeline) -> BuildQuality:
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer
    quality = read_quality_of(pipeline.lake, pointer.build_id)
    assert quality
    return quality


def test_a_build_publishes_its_quality_beside_its_marts(pipeline: Pipeline) -> None:
    pipeline.begin(game(1), game(2))
    first = read_published(pipeline)
    pipeline.writer.commit("games", DAY_2, page_of(game(1, metacritic=999), game(2), game(3)))
    pipeline.build()
    quality = read_published(pipeline)
    (games,) = (one for one in quality.endpoints if one.endpoint == "games")
    assert [(one.run_date, one.rows, one.missing) for one in games.partitions] == [
        (DAY_1, 2, 0),
        (DAY_2, 3, 0),
    ]
    assert quality.passed > 100
    assert {check.status for check in quality.failed} <= {"warn", "skipped"}
    assert [run.state for run in quality.runs] == ["published"] * 2
    assert quality.runs[0].passed == first.runs[0].passed
    assert {"dim_games", "stg_rawg__games"} <= first.model_seconds.keys()
    assert "dim_games" in quality.model_seconds
    assert "stg_rawg__games" not in quality.model_seconds  # a view that stood as it should
    (quota,) = quality.quotas
    assert quota.limit == load_endpoints().sources["rawg"].monthly_requests


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2024, 1, 31), date(2024, 1, 15)),
        (date(2024, 1, 14), date(2023, 12, 15)),
        (date(2024, 1, 15), date(2024, 1, 15)),
    ],
)
def test_a_quota_is_of_the_period_that_today_is_in(
    pipeline: Pipeline, tmp_path: Path, today: date, since: date
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    changes = read_lake(pipeline.lake, {})
    source = load_endpoints().sources["rawg"].model_copy(update={"quota_reset_day": 15})
    warehouse = DuckDbWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.remember()
    warehouse.change_lake(changes, anew=True)
    with warehouse.session() as db:
        (quota,) = describe_quotas(db, {"rawg": source}, today)
    assert quota.since == since
    (partition,) = changes.partitions
    finished = partition.finished_at.date()
    assert quota.spent == (partition.request_count if finished >= since else 0)
