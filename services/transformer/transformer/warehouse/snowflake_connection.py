"""Connections to Snowflake, by the connector that dbt-snowflake uses, and errors for people."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gamemarket.errors import DefectError, GameMarketError, UpstreamError, UsageError
from gamemarket.settings import Settings

with warnings.catch_warnings():
    # Its copy of requests warns of a library that it does not use.
    warnings.simplefilter("ignore")
    import snowflake.connector
    from snowflake.connector.errors import Error, ProgrammingError

if TYPE_CHECKING:
    from snowflake.connector.cursor import SnowflakeCursor

__all__ = ["SnowflakeDb", "connect_to_snowflake", "describe_account"]

DEFAULT_ROLE: Final = "TRANSFORMER"
_ROWS_A_REQUEST: Final = 5_000
_LOGIN_SECONDS: Final = 60
# Snowflake's error numbers: object missing or not authorized (2003, 2043; of procedures 2140, 2141), not
# enough privileges.
_NOT_GRANTED: Final = frozenset({2003, 2043, 2140, 2141, 3001})


class SnowflakeDb:
    """An open connection. Names are lower case here, as everywhere in our SQL: Snowflake folds them."""

    Error = Error

    def __init__(self, cursor: SnowflakeCursor) -> None:
        self._cursor = cursor

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""
        return list(self._run(sql, parameters).fetchall())

    def insert(
        self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Adds rows, some thousand a request (the connector binds them as arrays)."""
        marks = ", ".join("?" for _ in columns)
        command = f"insert into {table} ({', '.join(columns)}) values ({marks})"
        for batch in batched(rows, _ROWS_A_REQUEST):
            self._cursor.executemany(command, [list(row) for row in batch])

    def unload(self, query: str, name: str, folder: Path) -> str:
        """Writes the rows of a query as Parquet to `folder`, which is empty; a pattern of the files.

        Snowflake writes the files, to the user's own stage, so no row passes through Python; the connector
        fetches them. Nothing but files of this name is touched there, and they are removed.
        """
        staged = f"@~/game-market/{name}"
        self.ask(f"remove {staged}/")
        self.ask(f"copy into {staged}/ from ({query}) file_format = (type = parquet) header = true")
        self.ask(f"get {staged}/ 'file://{folder}/'")
        self.ask(f"remove {staged}/")
        return f"{folder}/*.parquet"

    def _run(self, sql: str, parameters: Sequence[object]) -> SnowflakeCursor:
        self._cursor.execute(sql, list(parameters) or None)
        return self._cursor


@contextmanager
def connect_to_snowflake(settings: Settings) -> Iterator[SnowflakeDb]:
    """A session for the block.

    UpstreamError (69) when there is no way to it, UsageError (64) when a statement is not allowed.
    """
    logging.getLogger("snowflake.connector").setLevel(logging.ERROR)
    try:
        connection = snowflake.connector.connect(**_arguments(settings))
    except (Error, OSError, ValueError, TypeError) as error:
        raise UpstreamError(
            f"Could not connect to {describe_account(settings)}: {_one_line(error)} Check "
            "SNOWFLAKE_* and the network, then run again: nothing was lost."
        ) from error
    try:
        with connection.cursor() as cursor:
            yield SnowflakeDb(cursor)
    except Error as error:
        raise _explain(error, settings) from error
    finally:
        connection.close()


def describe_account(settings: Settings) -> str:
    """Where and as whom, for people."""
    user = f" as {settings.snowflake_user}" if settings.snowflake_user else ""
    role = settings.snowflake_role or DEFAULT_ROLE
    return f"Snowflake {settings.snowflake_account}{user} with the role {role}"


def _arguments(settings: Settings) -> dict[str, Any]:
    """The same as profiles.yml gives to dbt; `?` for parameters, bound by Snowflake itself."""
    given: dict[str, Any] = {
        "account": settings.snowflake_account,
        "user": settings.snowflake_user,
        "role": settings.snowflake_role or DEFAULT_ROLE,
        "warehouse": settings.snowflake_warehouse,
        "database": settings.snowflake_database,
    }
    if settings.snowflake_private_key_path:
        given["authenticator"] = "SNOWFLAKE_JWT"
        given["private_key_file"] = str(settings.snowflake_private_key_path)
    else:
        given["authenticator"] = "WORKLOAD_IDENTITY"
        given["workload_identity_provider"] = settings.snowflake_workload_identity_provider
    return {name: value for name, value in given.items() if value is not None} | {
        "paramstyle": "qmark",
        "application": "game-market",
        "login_timeout": _LOGIN_SECONDS,
        "session_parameters": {
            "TIMEZONE": "UTC",
            "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
            "QUERY_TAG": "game-market",
        },
    }


def _explain(error: Error, settings: Settings) -> GameMarketError:
    where = describe_account(settings)
    said = _one_line(error)
    if not isinstance(error, ProgrammingError):
        return UpstreamError(f"Lost {where}: {said} Run again: nothing was lost.")
    if error.errno in _NOT_GRANTED:
        return UsageError(
            f"{where} refused a statement: {said} docs/dwh_design.md (Snowflake) lists what this "
            "role must be granted; Terraform grants it."
        )
    return DefectError(f"{where} did not take a statement of ours: {said}")


def _one_line(error: BaseException) -> str:
    said = " ".join(str(error).split())[:500]
    return said if said.endswith(".") else f"{said}."
