"""Builds that nobody measured."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.warehouse.dbt_times import DbtTimes
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.synthetic_lake import Written


@pytest.fixture
def build() -> Build:
    """One of a day: 10 seconds of loading, 5 + 3 of what grows."""
    models = {"dim_games": 7.0, "dim_genres": 3.0, "market_genre_trend": 5.0}
    return Build(
        day=2,
        written=Written(
            pages=100, rows=4_000, parts=1, json_bytes=12_000_000, stored_bytes=1_000_000
        ),
        dbt=DbtTimes(10.0, 5.0, models, datetime(2024, 1, 3, tzinfo=UTC)),
        closing_seconds=3.0,
        start_seconds=6.0,
        seconds=9.0,
        cpu_seconds=12.0,
        peak_mb=500.0,
        read_mb=100.0,
        parts=9,
        parts_opened=1,
        parts_opened_mb=1.0,
        warehouse_mb=60.0,
        others_busy=0.25,
        load_before=1.5,
    )
