"""Published marts: Parquet files of one build, and the pointer that is written last.

Readers follow the pointer, so they see one consistent set. The build that the pointer names and the
two before it are kept: a reader that has just read the pointer has time to read the files. So is any
that is newer than these: another machine may be about to move the pointer to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from gamemarket.errors import DataError, LakeError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import MartKey, MartsPointerKey
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse.warehouse import Warehouse

__all__ = [
    "MartsPointer",
    "PublishedMart",
    "has_all_files",
    "new_build_id",
    "publish_marts",
    "read_pointer",
]

_PREVIOUS_BUILDS_KEPT = 2


class PublishedMart(BaseModel):
    """One file: `key` in the lake, rows, the sha256 of the file; what the mart is, for people."""

    model_config = ConfigDict(frozen=True)

    key: str
    rows: int
    sha256: str
    description: str = ""


class MartsPointer(BaseModel):
    """marts/current.json: the published build; `previous`: those kept beside it, newest first."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    built_at: datetime
    models: dict[str, PublishedMart]
    previous: tuple[str, ...] = ()

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows by mart."""
        return {name: mart.rows for name, mart in self.models.items()}


def new_build_id(built_at: datetime) -> str:
    """Names a build: sorts by time, and two builds of one second differ."""
    return f"{built_at:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"


def read_pointer(lake: Lake) -> MartsPointer | None:
    """The pointer, or None when nothing was published yet."""
    try:
        return MartsPointer.model_validate_json(lake.get(MartsPointerKey()))
    except MissingObjectError:
        return None
    except ValidationError as error:
        raise LakeError(
            f"{MartsPointerKey()} is not a pointer that this version can read "
            f"({error.errors()[0]['msg']}): remove it and build again."
        ) from None


def has_all_files(lake: Lake, pointer: MartsPointer) -> bool:
    """Whether the files that the pointer names are there; not what they hold."""
    stored = {one.key for one in lake.list(f"marts/{pointer.build_id}/")}
    return all(mart.key in stored for mart in pointer.models.values())


def publish_marts(
    lake: Lake,
    warehouse: Warehouse,
    marts: Sequence[ModelResult],
    build_id: str,
    built_at: datetime,
) -> MartsPointer:
    """Puts all marts, then moves the pointer, then removes builds that are no longer kept."""
    before = read_pointer(lake)
    with TemporaryDirectory(prefix="marts-") as folder:
        files = warehouse.export(marts, Path(folder))
        rows = warehouse.count_rows([mart.relation for mart in marts])
        models = {
            mart.name: _put(lake, build_id, mart, files[mart.relation], rows[mart.relation])
            for mart in sorted(marts, key=lambda mart: mart.name)
        }
    history = (before.build_id, *before.previous) if before else ()
    pointer = MartsPointer(
        build_id=build_id,
        built_at=built_at,
        models=models,
        previous=history[:_PREVIOUS_BUILDS_KEPT],
    )
    lake.replace(MartsPointerKey(), pointer.model_dump_json(indent=1).encode() + b"\n")
    _remove_old_builds(lake, pointer)
    return pointer


def _put(lake: Lake, build_id: str, mart: ModelResult, file: Path, rows: int) -> PublishedMart:
    key = MartKey(build_id=build_id, model=mart.name)
    body = file.read_bytes()
    _check_rows(mart, file, rows)
    lake.put_if_absent(key, body)
    digest = hashlib.sha256(body).hexdigest()
    return PublishedMart(key=str(key), rows=rows, sha256=digest, description=mart.description)


def _check_rows(mart: ModelResult, file: Path, rows: int) -> None:
    """DataError when the file does not hold the mart: nothing refers to it yet."""
    counted = duckdb.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone()
    if counted != (rows,):
        raise DataError(
            f"{mart.name} has {rows:,} rows in the warehouse and {counted and counted[0]:,} in the "
            "file to be published. Nothing was published; build again."
        )


def _remove_old_builds(lake: Lake, pointer: MartsPointer) -> None:
    """Removes what is older than all that is kept.

    What is newer and not kept can be a build whose pointer is yet to come; until three are known,
    so can what is older.
    """
    if len(pointer.previous) < _PREVIOUS_BUILDS_KEPT:
        return
    oldest = min(pointer.build_id, *pointer.previous)
    keys = [MartKey.parse(stored.key) for stored in lake.list("marts/")]
    lake.delete([str(key) for key in keys if key is not None and key.build_id < oldest])
