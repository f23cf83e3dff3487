"""dbt's manifest, made by the transformer and kept until what it depends on changes.

Making it takes dbt some five seconds. It is a function of the dbt project, which a transformer's
PEX holds, and of endpoints.json; behind a command that is no PEX the project can change at any
time, so it is made anew at each start.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import UsageError
from gamemarket.settings import Settings
from orchestrator.home.dagster_home import dagster_home
from orchestrator.stages.stage_commands import find_stage_command

__all__ = ["build_manifest_id", "make_dbt_manifest"]

_NAME = "manifest.json"


def make_dbt_manifest(settings: Settings) -> Path:
    """The path of dbt's manifest: DBT_MANIFEST, the kept one, or a new one of the transformer's."""
    if settings.dbt_manifest_file:
        return settings.dbt_manifest_file
    command = find_stage_command("transformer", settings)
    folder = dagster_home(settings) / "dbt_manifest"
    manifest_id = build_manifest_id(command, settings)
    kept = folder / (manifest_id or "latest") / _NAME
    if manifest_id and kept.is_file():
        return kept
    _write_manifest(command, folder, kept)
    return kept


def build_manifest_id(command: Sequence[str], settings: Settings) -> str | None:
    """What the manifest depends on as one name, or None when that can't be told."""
    pex = Path(command[-1])
    if pex.suffix != ".pex" or not pex.is_file():
        return None
    stat = pex.stat()
    endpoints = load_endpoints(settings.endpoints_file).model_dump_json()
    text = f"{pex.absolute()} {stat.st_size} {stat.st_mtime_ns} {endpoints}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_manifest(command: Sequence[str], folder: Path, kept: Path) -> None:
    """Writes beside and renames: two that start together never see half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        made = subprocess.run(
            [*command, "manifest", "--output", temporary],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        written = Path(temporary) / _NAME
        if made.returncode or not written.is_file():
            raise _refusal(command, made)
        kept.parent.mkdir(exist_ok=True)
        shutil.move(written, kept)


def _refusal(command: Sequence[str], made: subprocess.CompletedProcess[str]) -> UsageError:
    lines = (made.stderr.strip() or made.stdout.strip() or "no word of why").splitlines()
    return UsageError(
        f"The transformer ({' '.join(command)}) gave no dbt manifest, exit code "
        f"{made.returncode}: {lines[-1]}"
    )
