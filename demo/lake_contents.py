"""What a demo's lake holds: the current partitions and the published marts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gamemarket.errors import MissingObjectError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartsPointerKey
from gamemarket.manifest import Manifest, find_current_manifests, read_manifest

__all__ = ["Contents", "Mart", "read_contents"]


@dataclass(frozen=True)
class Mart:
    """A published mart: its rows, and the sha256 of its file."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """The partitions by endpoint and run date, and the marts by name."""

    partitions: tuple[Manifest, ...] = ()
    marts: dict[str, Mart] | None = None


def read_contents(home: Path) -> Contents:
    """Reads the lake below a demo's home; empty before its first run."""
    if not (home / "lake").is_dir():
        return Contents()
    lake = FolderLake.open(home / "lake")
    keys = find_current_manifests(lake).values()
    partitions = [read_manifest(lake, key) for key in keys]
    partitions.sort(key=lambda manifest: (manifest.endpoint, manifest.run_date))
    return Contents(tuple(partitions), _read_marts(lake))


def _read_marts(lake: FolderLake) -> dict[str, Mart] | None:
    try:
        models = json.loads(lake.get(MartsPointerKey(target="dev")))["models"]
    except MissingObjectError:
        return None
    return {name: Mart(mart["rows"], mart["sha256"]) for name, mart in sorted(models.items())}
