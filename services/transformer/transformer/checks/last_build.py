"""What the last build in which everything passed has left, in dbt's target folder.

A build that finds nothing new does not start dbt, yet an orchestrator wants every model and test
reported. And the next that starts dbt need not have it write its manifest again. Both only for the very
project that made it: another one may have other tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from transformer.checks.checks import Check
from transformer.dbt_runner.data_tests import DataTest
from transformer.dbt_runner.dbt_files import digest_manifest
from transformer.dbt_runner.dbt_project import DbtProject

__all__ = ["LastBuild", "find_last_build", "keep_last_build", "manifest_stands"]

_FILE: Final = "last_build.json"


class LastBuild(BaseModel):
    """Names of all models, what their tests found, and those `lake_tests` that are to be asked again.

    `manifest`: the digest of dbt's.
    """

    model_config = ConfigDict(frozen=True)

    project_fingerprint: str
    models: tuple[str, ...]
    checks: tuple[Check, ...]
    lake_tests: tuple[DataTest, ...]
    manifest: str


def keep_last_build(target: Path, build: LastBuild) -> None:
    """Replaces what was kept before."""
    (target / _FILE).write_text(build.model_dump_json())


def find_last_build(target: Path, project: DbtProject) -> LastBuild | None:
    """What is kept, or None when there is nothing of this project."""
    try:
        build = LastBuild.model_validate_json((target / _FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return build if build.project_fingerprint == project.fingerprint else None


def manifest_stands(target: Path, project: DbtProject) -> bool:
    """Whether dbt's manifest is the one that this project's last build left: dbt by hand writes one, too."""
    build = find_last_build(target, project)
    return build is not None and build.manifest == digest_manifest(target)
