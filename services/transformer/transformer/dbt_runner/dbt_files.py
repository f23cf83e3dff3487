"""What dbt leaves in its target folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from gamemarket.errors import DefectError

__all__ = ["MANIFEST", "PARSED", "RUN_RESULTS", "digest_manifest", "read_json"]

MANIFEST: Final = "manifest.json"
# What dbt keeps of a parse, and takes up when it has the same target and DuckDB file.
PARSED: Final = "partial_parse.msgpack"
RUN_RESULTS: Final = "run_results.json"


def read_json(file: Path) -> dict[str, Any]:
    """A file of JSON; DefectError when dbt did not write it."""
    try:
        parsed: dict[str, Any] = json.loads(file.read_bytes())
    except OSError as error:
        raise DefectError(f"dbt left no {file.name}: {error.strerror} ({file}).") from error
    return parsed


def digest_manifest(target: Path) -> str:
    """Empty where there is none."""
    try:
        return hashlib.sha256((target / MANIFEST).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
