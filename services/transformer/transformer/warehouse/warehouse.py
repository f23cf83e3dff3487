"""What a build needs of a warehouse beside dbt: DuckDB and Snowflake in one flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from gamemarket.endpoints import Endpoint
from gamemarket.errors import GameMarketError, UsageError
from gamemarket.lake import find_lake_access
from gamemarket.settings import Settings
from transformer.dbt_runner.dbt_project import DbtProject
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeChanges
from transformer.lake.load_plan import LoadPlan, WarehouseMemory
from transformer.warehouse.lake_tables import Database
from transformer.warehouse.mart_slices import MartSlice

__all__ = ["Warehouse", "check_paths", "open_warehouse"]

# `*` and what is in brackets are patterns to DuckDB where files are read, `?` ends the name of a file
# that it writes, and dbt-duckdb takes what stands before `#` for the database's name.
_NOT_IN_PATHS: Final = "*?[]#"


class Warehouse(Protocol):
    """A warehouse; every call connects for itself. UpstreamError (69) when that is not possible.

    `lake` is its schema of what the manifests say and of what it remembers (see lake_tables).
    Relations are named `schema.table`.
    """

    def hold(self, command: str) -> AbstractContextManager[None]:
        """One build at a time: UpstreamError at once when another one holds it."""

    def kept_open(self) -> AbstractContextManager[None]:
        """For the block nothing is closed that would cost to open again."""

    def remember(self) -> WarehouseMemory:
        """What earlier builds left."""

    def change_lake(self, changes: LakeChanges, *, anew: bool) -> None:
        """Writes what has changed of the manifests; `anew`: these are all."""

    def prepare(
        self,
        lake_uri: str,
        endpoints: Iterable[Endpoint],
        plan: LoadPlan,
        project: DbtProject,
    ) -> None:
        """Makes all that dbt's sources name, up to date with the lake; remembers the attempt."""

    def take_over(self, marts: Sequence[ModelResult], *, full_refresh: bool) -> None:
        """Makes marts what a build that has passed says they are, all in one transaction."""

    def record(self, build_id: str, built_at: datetime) -> None:
        """Remembers the attempt as passed: the due parts are loaded, too."""

    def session(self) -> AbstractContextManager[Database]:
        """An open connection, for what is kept in schema `lake`."""

    def count_rows(self, relations: Collection[str]) -> dict[str, int]:
        """Rows by relation."""

    def survey(self, marts: Iterable[ModelResult]) -> list[MartSlice]:
        """What is to be published, file by file, with the fingerprint of its rows."""

    def export(self, slices: Iterable[MartSlice], folder: Path) -> dict[MartSlice, Path]:
        """Writes each slice as Parquet, ordered by the mart's key; the files."""

    def explain(self, message: str) -> GameMarketError | None:
        """An error that dbt met, when it is the warehouse's or the lake's; None: a defect."""


def open_warehouse(target: str, settings: Settings) -> Warehouse:
    """The warehouse of a target; nothing is connected yet. UsageError names what is not set."""
    if target == "prod":
        # The connector takes a second to import: only who uses Snowflake pays for it.
        from transformer.warehouse.snowflake_warehouse import SnowflakeWarehouse

        return SnowflakeWarehouse(settings)
    from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

    check_paths(settings)
    return DuckDbWarehouse(
        settings.duckdb_path, find_lake_access(settings), settings.duckdb_memory_limit
    )


def check_paths(settings: Settings) -> None:
    """UsageError for a warehouse or a lake in a folder whose name DuckDB can't be given."""
    paths = [settings.duckdb_path] + ([] if settings.data_lake_bucket else [settings.lake_dir])
    for path in paths:
        if found := sorted(set(_NOT_IN_PATHS) & set(str(path.absolute()))):
            raise UsageError(
                f"DuckDB can't use {path.absolute()}, because of {' '.join(found)} in its name: choose "
                "another by GAME_MARKET_HOME (or DUCKDB_PATH, DATA_LAKE_DIR)."
            )
