"""What a build that finds nothing new has to report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformer.checks.checks import Check
from transformer.checks.last_build import LastBuild, find_last_build, keep_last_build
from transformer.dbt_runner.data_tests import DataTest
from transformer.dbt_runner.dbt_project import DbtProject


def test_what_is_kept_counts_for_the_project_that_made_it(tmp_path: Path) -> None:
    project = DbtProject(tmp_path, "models", "all of it")
    kept = LastBuild(
        project_fingerprint=project.fingerprint,
        models=("dim_games",),
        checks=(Check("natural_key", "dim_games", "error", "fail", 2, "1; 2"),),
        lake_tests=(DataTest("lake_is_fresh", "partitions", False, frozenset(), "select 1"),),
        manifest="",
    )
    assert find_last_build(tmp_path, project) is None
    keep_last_build(tmp_path, kept)
    assert find_last_build(tmp_path, project) == kept
    assert find_last_build(tmp_path, replace(project, fingerprint="another")) is None


def test_what_was_cut_short_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "last_build.json").write_text('{"project_fingerprint": "all')
    assert find_last_build(tmp_path, DbtProject(tmp_path, "models", "all of it")) is None
