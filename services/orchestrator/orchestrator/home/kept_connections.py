"""Dagster's storage in Postgres, by connections that are kept.

dagster-postgres opens a connection for each statement and closes it again, in all processes but the
pages: 4,300 for a stack's first day, at each of which Postgres forks and checks a password. That took
a third of the CPU of a day. Here a process keeps two, whatever storages and instances it makes.

What is kept is tried before each use: a server that was restarted is met by a new connection. The pages'
own are not: each failed once, and what was asked for was perhaps done. So they take these, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import (
    create_pg_engine,
    pg_url_from_config,
    set_pg_statement_timeout,
)
from sqlalchemy import Engine, event

__all__ = ["KeptConnections"]


class KeptConnections(DagsterPostgresStorage):
    """Named in stack/config/dagster.yaml."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        engine = _find_engine(postgres_url)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = engine
            # By dagster-postgres it makes the pages' own.
            storage.optimize_for_webserver = partial(_serve_pages, engine)  # type: ignore[method-assign]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptConnections:
        """As the class that it extends, which names itself there."""
        return cls(pg_url_from_config(config_value), inst_data)


@cache
def _find_engine(postgres_url: str) -> Engine:
    """Nobody waits for a connection: what is needed beyond the two is opened, and not kept."""
    return create_pg_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        pool_size=2,
        max_overflow=-1,
        pool_pre_ping=True,
    )


def _serve_pages(engine: Engine, statement_timeout: int, **_of_a_pool: int) -> None:
    """As Dagster has it, a page's question may take so many milliseconds."""
    _limit_statements(engine, statement_timeout)


@cache
def _limit_statements(engine: Engine, milliseconds: int) -> None:
    event.listen(
        engine, "connect", lambda connection, _: set_pg_statement_timeout(connection, milliseconds)
    )
    engine.dispose()  # what was connected has no limit
