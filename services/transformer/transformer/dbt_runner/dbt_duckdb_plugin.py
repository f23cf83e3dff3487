"""dbt-duckdb's hook into a new connection (profiles.yml names this module): the lake in S3.

A secret in the profile would be made before httpfs is there, and would be written to dbt's files.
"""

from __future__ import annotations

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from gamemarket.duckdb_lake import let_read_lake
from gamemarket.lake import find_lake_access
from gamemarket.settings import load_settings

__all__ = ["Plugin"]


class Plugin(BasePlugin):
    """The name is dbt-duckdb's."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called once for the database, before anything is asked of it."""
        let_read_lake(conn, find_lake_access(load_settings()))
