"""The state machine as Terraform makes it, run over the real stages: whole, and while parts of it fail.

The tests share one lake and go on from day to day, in the order of this file.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from gamemarket.endpoints import load_endpoints
from tests.cloud.cloud import Cloud
from tests.cloud.conftest import Reference
from tests.end_to_end.conftest import DAY_ONE, MORNING_AFTER_ONE

pytestmark = pytest.mark.timeout(1200)

LISTS = [one.name for one in load_endpoints().endpoints if one.kind != "detail"]
DETAILS = [one.name for one in load_endpoints().endpoints if one.kind == "detail"]


def read_marts(lake: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all published marts as text, in order; which run put the part of a row is left out."""
    pointer = json.loads((lake / "marts/current.json").read_text())
    return {
        name: duckdb.sql(
            "select regexp_replace(columns(*)::varchar, '(gen_[0-9]+)_[0-9a-z]+(_part)', '\\1\\2')"
            f" from read_parquet('{lake / mart['key']}') order by all"
        ).fetchall()
        for name, mart in pointer["models"].items()
    }


def test_a_second_plan_finds_nothing_to_change(cloud: Cloud) -> None:
    planned = cloud.root.plan()
    assert planned.returncode == 0, planned.stdout


def test_a_day_reads_each_endpoint_once_lists_first_and_builds(cloud: Cloud) -> None:
    cloud.set_clock(MORNING_AFTER_ONE)
    cloud.sandbox.control("calls/reset", {})
    execution = cloud.run(run_date=DAY_ONE)
    assert (execution.status, execution.output) == ("SUCCEEDED", {"outcome": "done"}), (
        cloud.read_notices()
    )
    assert [task.endpoint for task in execution.tasks[:-1]] == LISTS + DETAILS
    assert {task.exit_code for task in execution.tasks} == {0}
    assert execution.tasks[-1].arguments == ("build", "--target", "dev")
    assert cloud.read_notices() == []


def test_its_marts_are_those_of_the_embedded_mode(
    cloud: Cloud, reference: Reference, tmp_path: Path
) -> None:
    ours, theirs = (
        read_marts(cloud.copy_lake(tmp_path)),
        read_marts(reference.finish().path / "lake"),
    )
    assert [mart for mart in theirs if ours.get(mart) != theirs[mart]] == []
    assert ours.keys() == theirs.keys()
    assert sum(bool(rows) for rows in ours.values()) > 20
