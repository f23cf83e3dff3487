"""One build at a time, from the reading of the lake to the remembering of its parts.

DuckDB's own lock lasts from open to close, and dbt by hand opens the file anew after we have looked at
it: in between, another build would replace `lake.parts`, and dbt would load that build's parts instead
of ours.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from transformer.warehouse.duckdb_errors import explain_duckdb_error, explain_held_warehouse

__all__ = ["hold_warehouse"]


@contextmanager
def hold_warehouse(path: Path, command: str) -> Iterator[None]:
    """Holds the DuckDB file `path` for the block, in the name of `command`.

    Raises UpstreamError (69) at once when it is held already. The lock is on a file beside it and
    ends with the process, however that ends; the file stays, because after its removal two
    processes could each lock one of their own.
    """
    path = path.resolve()
    beside = path.with_name(f"{path.name}.lock")
    with ExitStack() as held:
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            file = held.enter_context(beside.open("a+"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
            file.write(f"process {os.getpid()} ({command})")
            file.flush()
        except BlockingIOError:
            file.seek(0)
            raise explain_held_warehouse(path, file.read()) from None
        except OSError as error:
            raise explain_duckdb_error(str(error), path) from error
        yield
