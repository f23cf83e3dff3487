"""What DuckDB says when it can't open its file, as one sentence."""

from __future__ import annotations

import re
from pathlib import Path

from gamemarket.errors import UpstreamError

__all__ = ["explain_duckdb_error", "explain_held_warehouse", "is_lock_conflict"]


def is_lock_conflict(message: str) -> bool:
    """Whether DuckDB says that another process holds the file."""
    return "Could not set lock" in message


def explain_duckdb_error(message: str, path: Path) -> UpstreamError:
    """69: the file is held by another process (DuckDB names it), or can't be used at all."""
    if not is_lock_conflict(message):
        return UpstreamError(
            f"Could not use the warehouse {path}: {message.splitlines()[0]} Check the file and "
            "DUCKDB_PATH; the warehouse can be removed, the next build makes it anew from the lake."
        )
    holder = re.search(r"held in (\S+) \(PID (\d+)\)", message)
    return explain_held_warehouse(path, f"process {holder[2]} ({holder[1]})" if holder else "")


def explain_held_warehouse(path: Path, holder: str) -> UpstreamError:
    """69: `holder`, if it is known, works with the file."""
    return UpstreamError(
        f"The warehouse {path} is held by {holder or 'another process'}: wait until that ends, or "
        "stop it, and run again. Published marts can be read meanwhile by `transformer query`."
    )
