"""What DuckDB says when it can't open its file, as one sentence."""

from __future__ import annotations

import re
from pathlib import Path

from gamemarket.errors import UpstreamError

__all__ = ["explain_duckdb_error", "explain_held_warehouse", "is_foreseen"]

_HELD = re.compile("Could not set lock")
_FULL = re.compile(r"No space left on device|disk full|Errno 28|max_temp_directory_size", re.I)
# What DuckDB says of bytes that it did not write: checksums, then what it trips over.
_DAMAGED = re.compile(
    r"not a valid DuckDB database file|Corrupt|[Cc]hecksum|[Ff]ailed to deserialize|Serialization Error"
    r"|Failed to load metadata pointer"
)


def is_foreseen(message: str) -> bool:
    """Whether DuckDB says that its file is held, damaged, or has no space left."""
    return any(said.search(message) for said in (_HELD, _FULL, _DAMAGED))


def explain_duckdb_error(message: str, path: Path) -> UpstreamError:
    """69: the file is held by another process (DuckDB names it), damaged, or can't be used at all."""
    if _FULL.search(message):
        return UpstreamError(
            f"The disk of the warehouse {path}, or the one for temporary files, is full: make room "
            "and build again. The lake and the marts published before are as they were."
        )
    if _DAMAGED.search(message):
        return UpstreamError(
            f"The warehouse {path} is damaged: {message.splitlines()[0][:300]} Remove it and build "
            "again: it is made anew from the lake."
        )
    if not _HELD.search(message):
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
