"""What dbt reads from the environment by itself, in this process, through env_var in profiles.yml.

Every option of dbt's can also be given as a variable (DBT_EMPTY, DBT_FULL_REFRESH, DBT_TARGET_PATH ...;
since 1.11 as DBT_ENGINE_*, too). One left in a shell would steer a build past its plan: it would load no
rows and count as loaded. So dbt sees none of them, and has what is given on its command line.

The DuckDB file and its memory go this way because `--vars` would void dbt's partial parsing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from gamemarket.errors import UsageError
from gamemarket.settings import Settings, exported

__all__ = ["check_target", "dbt_environment"]

# What profiles.yml can't do without; a way to log in comes on top.
_SNOWFLAKE_NEEDS = ("snowflake_account", "snowflake_warehouse", "snowflake_database")


# What click makes of dbt's options, and what dbt and dbt-common read beside these.
_DBTS_OWN = "DBT_"


def dbt_environment(settings: Settings) -> AbstractContextManager[None]:
    """For the block DUCKDB_* are what the settings say, and DBT_* are not there."""
    given = {
        "DUCKDB_PATH": str(settings.duckdb_path.absolute()),
        "DUCKDB_MEMORY_LIMIT": settings.duckdb_memory_limit,
    }
    return exported(given, hidden_prefix=_DBTS_OWN)


def check_target(target: str, settings: Settings) -> None:
    """UsageError when the environment lacks what the target needs."""
    if target != "prod":
        return
    missing = [name.upper() for name in _SNOWFLAKE_NEEDS if getattr(settings, name) is None]
    if settings.snowflake_private_key_path:
        missing += [] if settings.snowflake_user else ["SNOWFLAKE_USER"]
    elif settings.snowflake_workload_identity_provider is None:
        missing.append("SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER (or SNOWFLAKE_PRIVATE_KEY_PATH)")
    if missing:
        raise UsageError(
            f"The target prod is Snowflake, and this is not set: {', '.join(missing)}. "
            "Set it (see .env.example), or build into DuckDB by --target dev."
        )
