"""What the last build in which everything passed has left, in dbt's target folder.

A build that finds nothing new does not start dbt, yet an orchestrator wants every model and test
reported. And the next that starts dbt need not have it write its manifest and the tests' SQL again: a
second of CPU time. Both only for the very project that made it: another one may have other tests.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from transformer.checks.checks import Check
from transformer.dbt_runner.data_tests import SQL_FILE, DataTest
from transformer.dbt_runner.dbt_files import MANIFEST
from transformer.dbt_runner.dbt_project import DbtProject

__all__ = ["LastBuild", "digest_artifacts", "find_last_build", "keep_last_build"]

_FILE: Final = "last_build.json"


class LastBuild(BaseModel):
    """Names of all models, what their tests found, and those `lake_tests` that are to be asked again.

    `artifacts`: the digest of what dbt left beside.
    """

    model_config = ConfigDict(frozen=True)

    project_fingerprint: str
    models: tuple[str, ...]
    checks: tuple[Check, ...]
    lake_tests: tuple[DataTest, ...]
    artifacts: str


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


def digest_artifacts(target: Path) -> str:
    """Of dbt's manifest and the tests' SQL; empty without them. dbt by hand, too, writes a manifest."""
    digest = hashlib.sha256()
    for name in (MANIFEST, SQL_FILE):
        try:
            digest.update(hashlib.sha256((target / name).read_bytes()).digest())
        except FileNotFoundError:
            return ""
    return digest.hexdigest()
