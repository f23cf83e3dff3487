"""Lists of endpoints with something more, as docs/adding_an_endpoint.md shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gamemarket.endpoints import load_endpoints

DOCS = Path.cwd() / "docs/adding_an_endpoint.md"  # in Pants' sandbox (see the BUILD file)


def copy_list(folder: Path) -> Path:
    """A copy of config/endpoints.json."""
    return _write(folder, _read_list())


def add_creators(folder: Path) -> Path:
    """A copy of config/endpoints.json with the entry of the docs."""
    config, (entry, _, _) = _read_list(), _read_examples()
    config["endpoints"].append(entry)
    return _write(folder, config)


def add_second_source(folder: Path) -> Path:
    """A copy of config/endpoints.json with the source of the docs and its endpoints."""
    config, (_, source, endpoints) = _read_list(), _read_examples()
    config["sources"] |= source
    config["endpoints"] += endpoints
    return _write(folder, config)


def _read_examples() -> tuple[Any, Any, Any]:
    entry, source, endpoints = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return json.loads(entry), json.loads(source), json.loads(endpoints)


def _read_list() -> dict[str, Any]:
    listed = load_endpoints().model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**listed, "endpoints": list(listed["endpoints"])}


def _write(folder: Path, config: dict[str, Any]) -> Path:
    file = folder / "endpoints.json"
    file.write_text(json.dumps(config))
    return file
