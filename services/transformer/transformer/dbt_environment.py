# ruff: noqa: TID251
"""What dbt reads from the environment by itself, in this process, through env_var in profiles.yml.

`os.environ` is gamemarket.settings' business; this module is the one exception, because dbt takes
the path of the DuckDB file in no other way that leaves its partial parsing intact (`--vars` would
not).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from gamemarket.errors import UsageError
from gamemarket.settings import Settings

__all__ = ["check_target", "dbt_environment"]

# What profiles.yml can't do without; the private key or a workload identity comes on top.
_SNOWFLAKE_NEEDS = (
    "SNOWFLAKE_ACCOUNT",
    "SNOWFLAKE_USER",
    "SNOWFLAKE_WAREHOUSE",
    "SNOWFLAKE_DATABASE",
)


@contextmanager
def dbt_environment(settings: Settings) -> Iterator[None]:
    """Sets DUCKDB_PATH to the file that the settings name, and puts back what was there."""
    before = os.environ.get("DUCKDB_PATH")
    os.environ["DUCKDB_PATH"] = str(settings.duckdb_path.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ["DUCKDB_PATH"]
        else:
            os.environ["DUCKDB_PATH"] = before


def check_target(target: str) -> None:
    """UsageError when the environment lacks what the target needs."""
    missing = [name for name in _SNOWFLAKE_NEEDS if not os.environ.get(name)]
    if target == "prod" and missing:
        raise UsageError(
            f"The target prod is Snowflake, and {', '.join(missing)} is not set. "
            "Set it (see .env.example), or build into DuckDB by --target dev."
        )
