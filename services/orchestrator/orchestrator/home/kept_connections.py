"""Dagster's storage in Postgres, by connections that are kept.

dagster-postgres opens a connection for each statement and closes it again, in all processes but the
pages: 4,300 for a stack's first day, at each of which Postgres forks and checks a password. That took
a third of the CPU of a day. Here a process keeps two, whatever storages and instances it makes.

What is kept is tried before each use: a server that was restarted is met by a new connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config
from sqlalchemy import Engine

__all__ = ["KeptConnections"]


class KeptConnections(DagsterPostgresStorage):
    """Named in stack/config/dagster.yaml."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = _find_engine(postgres_url)

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
