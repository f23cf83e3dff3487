"""What is kept of a build, however it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from gamemarket.errors import DataError
from transformer.checks.checks import Check, CheckStatus
from transformer.checks.quality import read_history, read_quality
from transformer.checks.results import keep_record
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

AT = datetime(2024, 1, 2, 6, tzinfo=UTC)
ONE_OF_EACH = [Check("is_kept", status, "warn", status) for status in get_args(CheckStatus)]


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDbWarehouse:
    return DuckDbWarehouse(tmp_path / "warehouse.duckdb")


def test_runs_are_summed_up_by_how_their_checks_and_they_themselves_ended(
    warehouse: DuckDbWarehouse,
) -> None:
    warehouse.remember()
    with keep_record(warehouse, AT) as published:
        published.add(ONE_OF_EACH)
        published.build_id = "b1"
    with keep_record(warehouse, AT):
        pass
    with pytest.raises(DataError), keep_record(warehouse, AT) as failed:
        failed.add(ONE_OF_EACH)
        failed.build_id = "b3"
        raise DataError("Something is wrong.")
    runs = read_history(warehouse, 5)
    assert [(r.run, r.state, r.passed, r.warned, r.failed, r.outcome) for r in runs] == [
        (3, "failed", 1, 1, 2, "Something is wrong."),
        (2, "passed", 0, 0, 0, "nothing published"),
        (1, "published", 1, 1, 2, "published b1"),
    ]
    assert runs[0].started_at == AT.replace(tzinfo=None)
    assert [run.run for run in read_history(warehouse, 2)] == [3, 2]
    assert {check.run_number for check in read_quality(warehouse, 2)} == {3, 2}
