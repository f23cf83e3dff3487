"""The published marts of one build, ready to be asked.

A query that the marts can't answer (a mart or a column that another version publishes) is a
MissingMartError: that question says so in its place, and the others are answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
from pydantic import BaseModel

from gamemarket.errors import DataError, LakeError
from gamemarket.lake import find_lake_access, open_lake
from gamemarket.published_marts import MartsPointer, open_marts, read_pointer
from gamemarket.settings import Settings

__all__ = ["MissingMartError", "PublishedMarts", "open_published"]


class MissingMartError(DataError):
    """The published build has not what a query names."""


@dataclass(frozen=True)
class PublishedMarts:
    """One build's marts; `pointer` says which."""

    pointer: MartsPointer
    db: duckdb.DuckDBPyConnection

    def ask[Row: BaseModel](self, sql: str, row: type[Row]) -> list[Row]:
        """The rows of a query, each as a `row`; LakeError (74) when a file can't be read."""
        try:
            cursor = self.db.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [row(**dict(zip(names, values, strict=True))) for values in cursor.fetchall()]
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            said = str(error).splitlines()[0].rstrip(".!")
            raise MissingMartError(
                f"Build {self.pointer.build_id} was published by another version: {said}."
            ) from error
        except (duckdb.IOException, duckdb.HTTPException, duckdb.InvalidInputException) as error:
            raise LakeError(
                f"Could not read the published marts: {error} Build them again by "
                "`transformer build --full-refresh`."
            ) from error


@contextmanager
def open_published(settings: Settings, target: str) -> Iterator[PublishedMarts | None]:
    """The marts that the target's pointer names; None when nothing was published yet."""
    lake = open_lake(settings)
    pointer = read_pointer(lake, target)
    if pointer is None:
        yield None
        return
    try:
        with open_marts(lake, pointer, find_lake_access(settings)) as db:
            # Sums of floating-point numbers depend on their order: the same marts, the same bytes.
            db.execute("set threads = 1")
            yield PublishedMarts(pointer, db)
    except (duckdb.IOException, duckdb.HTTPException) as error:
        raise LakeError(
            f"Build {pointer.build_id} is published, and its files can't be read: {error}"
        ) from error
