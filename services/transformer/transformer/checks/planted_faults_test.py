"""Every rule of analytics/tests/generic with the fault that turns it red; a rule without one has no place.

What Python checks is planted beside it: drift_test, filled_fields_test, quality_test (keeps_its_rows),
build_test (parts that are not what their manifest says).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb

from transformer.checks.data_tests import run_data_tests
from transformer.conftest import DAY_1, Pipeline, game, page_of
from transformer.dbt_runner.data_tests import read_data_tests
from transformer.dbt_runner.dbt_results import DbtResults, read_results
from transformer.dbt_runner.run_dbt import DbtFolders
from transformer.warehouse.warehouse import open_warehouse

FAULTS: Final[Mapping[str, str]] = {
    "natural_key": "insert into marts.dim_genres from marts.dim_genres",
    "references": "delete from marts.dim_stores",
    "holds_what_was_loaded": "delete from marts.bridge_game_tags",
    "within_range": "update marts.fct_game_daily_snapshot set rating = 9",
    "one_of": "update marts.dim_games set esrb_rating = 'odd'",
    "is_empty": (
        "insert into marts.rejected_values select source_system, endpoint, run_date, file_name, "
        "'1', 'field', 'value', 'reason', 1 from lake.parts where is_due limit 1"
    ),
    "accounts_for_every_row": "update lake.parts set row_count = row_count + 1",
    "accounts_for_every_id": "update lake.partitions set distinct_id_count = distinct_id_count + 1",
    "has_usual_row_count": (
        "insert into lake.partitions select partitions.* replace "
        "(cast(run_date - interval (n) day as date) as run_date, 1000 as row_count) "
        "from lake.partitions as partitions, range(1, 9) as before (n) where endpoint = 'games'"
    ),
    "is_whole": "update lake.partitions set is_complete = false where endpoint = 'genres'",
    "is_fresh": "update lake.endpoints set due_run_date = date '2030-01-01'",
}


def test_every_rule_has_its_fault() -> None:
    rules = {path.stem for path in Path(str(files("analytics") / "tests")).glob("generic/*.sql")}
    assert rules == FAULTS.keys()


def test_every_fault_is_found_by_its_rule(pipeline: Pipeline) -> None:
    pipeline.writer.commit(
        "games", DAY_1, page_of(game(1, esrb_rating={"id": 4, "slug": "mature"}))
    )
    pipeline.writer.commit("genres", DAY_1, page_of({"id": 4, "name": "Action"}))
    pipeline.build()
    folders = DbtFolders.below(pipeline.settings.home, "dev")
    before = _count_failures(read_results(folders.target))
    with duckdb.connect(str(pipeline.settings.duckdb_path)) as db:
        for fault in FAULTS.values():
            db.execute(fault)
    tests = read_data_tests(folders.target)
    warehouse = open_warehouse("dev", pipeline.settings)
    results = run_data_tests(warehouse, tests, (), folders.target, some_only=False)
    after = _count_failures(DbtResults((), results))
    assert [rule for rule in FAULTS if after[rule] <= before[rule]] == []


def _count_failures(results: DbtResults) -> dict[str, int]:
    """Failing rows by rule; no test may be unable to run."""
    assert results.broken_tests == ()
    return {
        rule: sum(
            test.failures
            for test in results.tests
            if test.name.startswith((f"{rule}_", f"lake_{rule}"))
        )
        for rule in FAULTS
    }
