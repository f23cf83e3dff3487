"""`transformer docs`: dbt's documentation as one page, which needs no server and no network."""

from __future__ import annotations

import shutil
from pathlib import Path

from gamemarket.errors import DefectError
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_project import open_project
from transformer.dbt_runner.run_dbt import DbtFolders, build_dbt_args, run_dbt
from transformer.warehouse.warehouse import open_warehouse

__all__ = ["write_docs"]


def write_docs(settings: Settings, target: str, output: Path) -> Path:
    """Writes `output`/index.html; types and sizes of tables come from the warehouse.

    Raises UpstreamError (69) when the warehouse can't be used.
    """
    warehouse = open_warehouse(target, settings)
    folders = DbtFolders.below(settings.home, target)
    with warehouse.hold("transformer docs"):
        warehouse.remember()  # 69 when it can't be used, before dbt starts
        project = open_project(settings)
        outcome = run_dbt(build_dbt_args(["parse"], project, folders, target), settings, folders)
        if outcome.success:
            # Compiling would ask an empty warehouse for tables that it does not have.
            generate = ["generate", "--static", "--no-compile"]
            args = build_dbt_args(generate, project, folders, target)
            outcome = run_dbt(["docs", *args], settings, folders)
    if not outcome.success:
        raise (outcome.exception and warehouse.explain(str(outcome.exception))) or DefectError(
            f"dbt could not write its documentation; {folders.log_file} says why."
        )
    output.mkdir(parents=True, exist_ok=True)
    page = output / "index.html"
    shutil.copyfile(folders.target / "static_index.html", page)
    return page
