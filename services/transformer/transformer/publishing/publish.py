"""Published marts: Parquet files of one build, and the pointer that is written last.

Readers follow the pointer of their target, so they see one consistent set. It is moved by compare-and-swap,
and only to a build of a lake that is as new or newer: its watermark rises. The build that a pointer names
and the two before it are kept: a reader that has just read the pointer has time to read the files. What no
pointer names goes a day later, since it can be an upload that is under way.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import duckdb

from gamemarket.build_quality import BuildQuality
from gamemarket.errors import DataError, GameMarketError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import MartKey, MartsPointerKey, QualityKey, ReportKey
from gamemarket.published_marts import MartsPointer, PublishedMart, list_pointers, parse_pointer
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakeContents, LakePart, LakePartition
from transformer.lake.load_plan import LoadPlan
from transformer.warehouse.warehouse import Warehouse

__all__ = [
    "Publication",
    "find_watermark",
    "has_all_files",
    "new_build_id",
    "publish_marts",
]

_log = logging.getLogger(__name__)

_PREVIOUS_BUILDS_KEPT = 2
# Longer than any upload of marts.
_UPLOAD_TIME = timedelta(days=1)
# Of lakes before targets had a pointer each; what it names is removed like any other old build.
_FORMER_POINTER = "marts/current.json"
_BUILD_ID_TIME = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published: of which target, built when, of a lake how new."""

    target: str
    build_id: str
    built_at: datetime
    watermark: datetime | None


def new_build_id(built_at: datetime) -> str:
    """Names a build: sorts by time, and two builds of one second differ."""
    return f"{built_at:{_BUILD_ID_TIME}}-{uuid4().hex[:8]}"


def find_watermark(contents: LakeContents, plan: LoadPlan) -> datetime | None:
    """How new a build is: the newest of the partitions up to which it has loaded every one.

    So a build of one run date in a warehouse that lacks those before it is not new.
    """
    loaded = plan.loaded | {part.file_name for part in plan.due}
    lacking = {_name_of(part) for part in contents.parts if part.file_name not in loaded}
    newest = None
    for partition in sorted(contents.partitions, key=lambda one: one.finished_at):
        if _name_of(partition) in lacking:
            break
        newest = partition.finished_at
    return newest


def _name_of(one: LakePart | LakePartition) -> tuple[str, str, date]:
    return one.source_system, one.endpoint, one.run_date


def has_all_files(lake: Lake, pointer: MartsPointer) -> bool:
    """Whether the files that the pointer names are there; not what they hold."""
    stored = {one.key for one in lake.list(f"marts/{pointer.build_id}/")}
    return all(mart.key in stored for mart in pointer.models.values())


def publish_marts(
    lake: Lake,
    warehouse: Warehouse,
    marts: Sequence[ModelResult],
    publication: Publication,
    quality: BuildQuality | None = None,
) -> MartsPointer:
    """Puts all marts, moves the pointer, removes what no pointer names; the pointer as it is then.

    `quality` is kept beside them.
    A build of an older lake does not move it: then the pointer is the other build's.
    """
    with TemporaryDirectory(prefix="marts-") as folder:
        files = warehouse.export(marts, Path(folder))
        rows = warehouse.count_rows([mart.relation for mart in marts])
        models = {
            mart.name: _put(
                lake, publication.build_id, mart, files[mart.relation], rows[mart.relation]
            )
            for mart in sorted(marts, key=lambda mart: mart.name)
        }
    if quality:
        key = QualityKey(build_id=publication.build_id)
        lake.put_if_absent(key, quality.model_dump_json(indent=1).encode() + b"\n")
    pointer = _move_pointer(lake, publication, models)
    _remove_unnamed_builds(lake, publication.built_at)
    return pointer


def _move_pointer(
    lake: Lake, publication: Publication, models: dict[str, PublishedMart]
) -> MartsPointer:
    key = MartsPointerKey(target=publication.target)
    while True:
        body = _get(lake, key)
        before = parse_pointer(key, body) if body is not None else None
        if before and before.build_id == publication.build_id:
            return before  # our own swap, of which the answer was lost
        if before and before.is_newer_than(publication.watermark):
            _log.warning(
                "%s names build %s of a newer lake (%s): it stays. Remove the pointer to publish "
                "an older one.",
                key,
                before.build_id,
                before.watermark,
            )
            return before
        pointer = MartsPointer(
            build_id=publication.build_id,
            built_at=publication.built_at,
            models=models,
            previous=(before.build_id, *before.previous)[:_PREVIOUS_BUILDS_KEPT] if before else (),
            watermark=publication.watermark,
        )
        if lake.swap(key, body, pointer.model_dump_json(indent=1).encode() + b"\n"):
            return pointer


def _get(lake: Lake, key: MartsPointerKey) -> bytes | None:
    try:
        return lake.get(key)
    except MissingObjectError:
        return None


def _put(lake: Lake, build_id: str, mart: ModelResult, file: Path, rows: int) -> PublishedMart:
    key = MartKey(build_id=build_id, model=mart.name)
    body = file.read_bytes()
    _check_rows(mart, file, rows)
    lake.put_if_absent(key, body)
    digest = hashlib.sha256(body).hexdigest()
    return PublishedMart(
        key=str(key),
        rows=rows,
        sha256=digest,
        description=mart.description,
        natural_key=mart.key,
        columns=dict(mart.column_descriptions),
    )


def _check_rows(mart: ModelResult, file: Path, rows: int) -> None:
    """DataError when the file does not hold the mart: nothing refers to it yet."""
    counted = duckdb.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone()
    if counted != (rows,):
        raise DataError(
            f"{mart.name} has {rows:,} rows in the warehouse and {counted and counted[0]:,} in the "
            "file to be published. Nothing was published; build again."
        )


def _remove_unnamed_builds(lake: Lake, now: datetime) -> None:
    """Removes builds that no pointer of any target names, once they can be no upload any more.

    Nothing where that can't be told, since a pointer can't be read: what is published stands.
    """
    try:
        stored = [one.key for one in lake.list("marts/")]
        named = frozenset().union(
            *(
                parse_pointer(key, body).builds
                for key in list_pointers(stored)
                if (body := _get(lake, key)) is not None
            )
        )
        kinds = (MartKey, QualityKey, ReportKey)
        parsed = (kind.parse(key) for key in stored for kind in kinds)
        keys = [key for key in parsed if key and key.build_id not in named]
        old = [str(key) for key in keys if _is_older(key.build_id, now - _UPLOAD_TIME)]
        lake.delete([*(key for key in stored if key == _FORMER_POINTER), *old])
    except GameMarketError as error:
        _log.warning("Published marts that no pointer names stay for now: %s", error)


def _is_older(build_id: str, moment: datetime) -> bool:
    """By the time in its name; what has none is not ours to remove."""
    with suppress(ValueError):
        named = datetime.strptime(build_id.partition("-")[0], _BUILD_ID_TIME)
        return named.replace(tzinfo=UTC) < moment
    return False
