"""What dbt left behind after the last build in which everything passed.

A build that finds nothing new does not start dbt, yet an orchestrator wants every model and test
reported. What is kept only counts for the very project that made it: another one may have other
tests.
"""

from __future__ import annotations

import shutil

from transformer.dbt_runner.dbt_project import DbtProject
from transformer.dbt_runner.dbt_results import RESULTS_FILE, DbtResults, read_results
from transformer.dbt_runner.run_dbt import DbtFolders

__all__ = ["find_last_build", "keep_last_build"]

_FILES = ("manifest.json", "run_results.json", RESULTS_FILE)


def keep_last_build(folders: DbtFolders, project: DbtProject) -> None:
    """Copies the results of the invocation that has just ended over what was kept before."""
    kept = folders.target / "last_build"
    shutil.rmtree(kept, ignore_errors=True)
    folder = kept / project.fingerprint
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copyfile(folders.target / name, folder / name)


def find_last_build(folders: DbtFolders, project: DbtProject) -> DbtResults | None:
    """The kept results, or None when there are none of this project."""
    folder = folders.target / "last_build" / project.fingerprint
    if not all((folder / name).is_file() for name in _FILES):
        return None
    return read_results(folder)
