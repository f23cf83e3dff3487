"""Every rule of analytics/tests/generic with the fault that turns it red; a rule without one has no place.

docs/dwh_design.md lists these, and where the faults of all other checks are planted.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb

from transformer.checks.checks import Check
from transformer.checks.data_tests import run_data_tests
from transformer.conftest import DAY_1, Pipeline, game, page_of
from transformer.dbt_runner.data_tests import DataTest, read_data_tests
from transformer.dbt_runner.run_dbt import DbtFolders
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

# Partitions on the days before that of the endpoint.
_EARLIER: Final = (
    "insert into lake.partitions select partitions.* replace "
    "(cast(run_date - interval (n) day as date) as run_date, {rows} as row_count, "
    "{ids} as distinct_id_count) "
    "from lake.partitions as partitions, range(1, {days} + 1) as before (n) "
    "where endpoint = '{endpoint}'"
)
# Each is planted alone: one for every way in which a rule can be broken.
FAULTS: Final[Mapping[str, Sequence[str]]] = {
    "natural_key": (
        "insert into marts.dim_genres from marts.dim_genres",
        "update marts.dim_genres set genre_id = null",
    ),
    "references": ("delete from marts.dim_stores",),
    "holds_what_was_loaded": (
        "delete from marts.bridge_game_tags",
        "insert into marts.bridge_game_tags "
        "select * replace (99 as tag_id) from marts.bridge_game_tags",
    ),
    "within_range": (
        "update marts.fct_game_daily_snapshot set rating = 9",
        "update marts.fct_game_daily_snapshot set rating = -1",
    ),
    "one_of": ("update marts.dim_games set esrb_rating = 'odd'",),
    "is_empty": (
        "insert into marts.rejected_values select source_system, endpoint, run_date, file_name, "
        "'1', 'field', 'value', 'reason', 1 from lake.parts where is_due limit 1",
    ),
    "accounts_for_every_row": ("update lake.parts set row_count = row_count + 1",),
    "accounts_for_every_id": (
        "update lake.partitions set distinct_id_count = distinct_id_count + 1",
        "update lake.partitions set distinct_id_count = distinct_id_count - 1",
    ),
    "has_usual_row_count": (
        _EARLIER.format(days=7, rows=5, ids=1, endpoint="games"),
        "update lake.partitions set row_count = 5; "
        + _EARLIER.format(days=7, rows=1, ids=1, endpoint="games"),
        _EARLIER.format(days=1, rows=1, ids=2, endpoint="genres"),
    ),
    "is_whole": (
        "update lake.partitions set is_complete = false where endpoint = 'genres'",
        "update lake.endpoints set min_coverage = 0.5, page_limit = null; "
        "update lake.partitions set reported_count = 2",
    ),
    "is_fresh": (
        "update lake.endpoints set due_run_date = date '2030-01-01'",
        "insert into lake.endpoints (source_system, endpoint, due_run_date) "
        "values ('rawg', 'never_read', date '2024-01-01')",
    ),
}


def test_every_rule_has_its_fault() -> None:
    paths = Path(str(files("analytics") / "tests")).glob("generic/*.sql")
    rules = [rule for path in paths for rule in re.findall(r"{% test (\w+)", path.read_text())]
    assert sorted(rules) == sorted(FAULTS)


def test_every_fault_is_found_by_its_rule(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.writer.commit(
        "games", DAY_1, page_of(game(1, esrb_rating={"id": 4, "slug": "mature"}))
    )
    pipeline.writer.commit("genres", DAY_1, page_of({"id": 4, "name": "Action"}))
    pipeline.build()
    folders = DbtFolders.below(pipeline.settings.home, "dev")
    tests = read_data_tests(folders.target)
    standing = DuckDbWarehouse(pipeline.settings.duckdb_path)
    before = _count_failures(run_data_tests(standing, tests, (), tmp_path / "before"))
    silent = [
        (rule, fault)
        for rule, faults in FAULTS.items()
        for fault in faults
        if _plant(fault, pipeline, tmp_path, [t for t in tests if _is_of(rule, t.name)])
        <= before[rule]
    ]
    assert silent == []


def _plant(fault: str, pipeline: Pipeline, folder: Path, tests: Sequence[DataTest]) -> int:
    """The rows that tests find in a copy of the warehouse that has the fault."""
    faulty = folder / pipeline.settings.duckdb_path.name  # views name it
    shutil.copyfile(pipeline.settings.duckdb_path, faulty)
    with duckdb.connect(str(faulty)) as db:
        db.execute(fault)
    answers = run_data_tests(DuckDbWarehouse(faulty), tests, (), folder / "complaints")
    assert {answer.status for answer in answers} <= {"pass", "warn", "fail"}
    return sum(answer.failures for answer in answers)


def _count_failures(answers: Iterable[Check]) -> dict[str, int]:
    """Failing rows by rule."""
    found = list(answers)
    return {rule: sum(c.failures for c in found if _is_of(rule, c.test)) for rule in FAULTS}


def _is_of(rule: str, name: str) -> bool:
    return name.startswith((f"{rule}_", f"lake_{rule}"))
