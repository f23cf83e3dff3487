"""The dbt project as dbt can run it: a working copy, with the sources that endpoints.json asks for.

The packed project may lie in a PEX and is never written to. Sources, and views of what has no model,
are generated because the list of endpoints is written down once, in endpoints.json.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from uuid import uuid4

from gamemarket.endpoints import Endpoint, load_endpoints
from gamemarket.errors import UsageError
from gamemarket.settings import Settings
from transformer.dbt_runner.generic_models import build_generic_models, find_base_models

__all__ = [
    "DbtProject",
    "build_sources",
    "known_endpoints",
    "open_project",
    "write_dbt_project",
]

_FOLDERS = ("macros", "models", "tests")
_FILES = ("dbt_project.yml", "profiles.yml")
_SUFFIXES = (".sql", ".yml", ".md")
_SOURCES_FILE = "models/staging/base/_api_sources.yml"
# The one description that decides rows: the map of games' fields (macros/games.sql).
_FIELDS_FILE = "models/marts/dim_games.yml"


@dataclass(frozen=True, slots=True)
class DbtProject:
    """A working copy.

    `models_fingerprint` changes when any packed model or macro does, and with them what marts hold;
    `fingerprint` when any file does. `base_models`: those that read the lake, with source and endpoint.
    """

    folder: Path
    models_fingerprint: str
    fingerprint: str
    base_models: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)


def known_endpoints(settings: Settings) -> list[Endpoint]:
    """The endpoints of ENDPOINTS_FILE, and the packed ones: the models name those as sources."""
    packed = load_endpoints().endpoints
    chosen = load_endpoints(settings.endpoints_file).endpoints
    named = {(endpoint.source, endpoint.name): endpoint for endpoint in (*packed, *chosen)}
    return list(named.values())


def _known_items(settings: Settings) -> dict[str, str]:
    """The field of a page that holds its rows, by source, for all known endpoints."""
    sources = load_endpoints().sources | load_endpoints(settings.endpoints_file).sources
    return {name: source.paging.items for name, source in sources.items()}


def open_project(settings: Settings) -> DbtProject:
    """The working copy of the dbt project below GAME_MARKET_HOME."""
    folder = settings.home.resolve() / "dbt" / "project"
    return write_dbt_project(folder, known_endpoints(settings), _known_items(settings))


def write_dbt_project(
    folder: Path, endpoints: Iterable[Endpoint], items: Mapping[str, str]
) -> DbtProject:
    """Brings the working copy in `folder` up to date; files that are right are left alone.

    `items` names, by source, the field of a page that holds its rows.

    Raises UsageError when the folder can't be written.
    """
    listed, packed = list(endpoints), dict(_packed_files())
    wanted = packed | dict(build_generic_models(listed, packed, items))
    wanted[_SOURCES_FILE] = json.dumps(build_sources(listed), indent=1).encode()
    try:
        for path in _stale_files(folder, wanted):
            path.unlink(missing_ok=True)
        for name, body in wanted.items():
            _write_if_different(folder / name, body)
    except OSError as error:
        raise UsageError(
            f"Could not write dbt's working copy {folder}: {error.strerror}. Make it writable, or "
            "choose another folder by GAME_MARKET_HOME."
        ) from error
    models = {name: body for name, body in packed.items() if _decides_rows(name)}
    base_models = find_base_models(packed)
    return DbtProject(folder, _fingerprint(models), _fingerprint(wanted), base_models)


def build_sources(endpoints: Iterable[Endpoint]) -> dict[str, object]:
    """dbt's source of each API, `<source>_lake.raw_<endpoint>`."""
    by_source: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_source.setdefault(endpoint.source, []).append(endpoint)
    return {
        "sources": [
            {
                "name": f"{source}_lake",
                "description": f"Pages as {source} sent them: payload, run_date, file_name.",
                "tables": [
                    {"name": f"raw_{endpoint.name}", "description": endpoint.description}
                    for endpoint in listed
                ],
            }
            for source, listed in sorted(by_source.items())
        ]
    }


def _packed_files() -> Iterator[tuple[str, bytes]]:
    packed = files("analytics")
    for name in _FILES:
        yield name, (packed / name).read_bytes()
    for folder in _FOLDERS:
        yield from _walk(packed / folder, folder)


def _walk(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, path)
        elif entry.name.endswith(_SUFFIXES):
            yield path, entry.read_bytes()


def _fingerprint(project: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(project):
        digest.update(f"{name}\0{len(project[name])}\0".encode() + project[name])
    return digest.hexdigest()


def _decides_rows(name: str) -> bool:
    """Models and macros do; descriptions and tests do not, but for one."""
    is_sql = name.startswith(("models/", "macros/")) and name.endswith(".sql")
    return is_sql or name == _FIELDS_FILE


def _stale_files(folder: Path, wanted: Mapping[str, bytes]) -> list[Path]:
    """Files that the project has no more; dbt would go on building them."""
    present = [path for name in _FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    return [path for path in present if path.relative_to(folder).as_posix() not in wanted]


def _write_if_different(path: Path, body: bytes) -> None:
    if path.is_file() and path.read_bytes() == body:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # In one step: another process may be reading the working copy.
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    aside.write_bytes(body)
    os.replace(aside, path)
