"""Published marts: Parquet files, and the pointer that is written last.

Readers follow the pointer of their target, so they see one consistent set. It is moved by compare-and-swap,
and only to a build of a lake that is as new or newer: its watermark rises. A build puts the files whose rows
are not those of the files that the pointer names; these it names again, wherever they lie: a fact is
split by month, so that a day's build costs the same however long the history is.

The files of the build that a pointer names and of the two before it are kept: a reader that has just
read the pointer has time to read the files. What no pointer names goes a day later, since it can be an upload
that is under way.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import duckdb

from gamemarket.build_quality import BuildQuality
from gamemarket.errors import DataError, GameMarketError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    FormerReportKey,
    MartKey,
    MartMonthKey,
    MartsPointerKey,
    QualityKey,
    ReportKey,
)
from gamemarket.published_marts import (
    MartsPointer,
    PublishedFile,
    PublishedMart,
    list_pointers,
    parse_pointer,
)
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse.mart_slices import MartSlice
from transformer.warehouse.warehouse import Warehouse

__all__ = [
    "Publication",
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
    """What is to be published: of which target, built when, of a lake how new.

    `puts_all`: also what is there already, since a file of it may be damaged.
    """

    target: str
    build_id: str
    built_at: datetime
    watermark: datetime | None
    puts_all: bool = False


def new_build_id(built_at: datetime) -> str:
    """Names a build: sorts by time, and two builds of one second differ."""
    return f"{built_at:{_BUILD_ID_TIME}}-{uuid4().hex[:8]}"


def has_all_files(lake: Lake, pointer: MartsPointer) -> bool:
    """Whether the files that the pointer names are there; not what they hold."""
    return _list_stored(lake).issuperset(pointer.files)


def publish_marts(
    lake: Lake,
    warehouse: Warehouse,
    marts: Sequence[ModelResult],
    publication: Publication,
    quality: BuildQuality | None = None,
) -> MartsPointer:
    """Puts what is new, moves the pointer, removes what no pointer names; the pointer as it is then.

    `quality` is kept beside them.
    A build of an older lake does not move it: then the pointer is the other build's.
    """
    if quality:
        key = QualityKey(build_id=publication.build_id)
        lake.put_if_absent(key, quality.model_dump_json(indent=1).encode() + b"\n")
    slices = warehouse.survey(sorted(marts, key=lambda mart: mart.name))
    pointer = _Publisher(lake, warehouse, publication, slices).publish()
    _remove_unnamed_files(lake, publication.built_at)
    return pointer


class _Publisher:
    """One publication; `put` are the files that it has put itself."""

    def __init__(
        self,
        lake: Lake,
        warehouse: Warehouse,
        publication: Publication,
        slices: Sequence[MartSlice],
    ) -> None:
        self._lake = lake
        self._warehouse = warehouse
        self._publication = publication
        self._slices = slices
        self._put: dict[MartSlice, PublishedFile] = {}

    def publish(self) -> MartsPointer:
        """Names files of the pointer that is replaced, and of no other: what that one names nobody removes.

        So where another build has moved it meanwhile, they are looked for anew.
        """
        key = MartsPointerKey(target=self._publication.target)
        while True:
            body = _get(self._lake, key)
            before = parse_pointer(key, body) if body is not None else None
            if before and before.build_id == self._publication.build_id:
                return before  # our own swap, of which the answer was lost
            if before and before.is_newer_than(self._publication.watermark):
                _log.warning(
                    "%s names build %s of a newer lake (%s): it stays. Remove the pointer to publish "
                    "an older one.",
                    key,
                    before.build_id,
                    before.watermark,
                )
                return before
            pointer = self._follow(before)
            if self._lake.swap(key, body, pointer.model_dump_json(indent=1).encode() + b"\n"):
                return pointer

    def _follow(self, before: MartsPointer | None) -> MartsPointer:
        standing = self._find_standing(before) if before else {}
        lacking = [
            one
            for one in self._slices
            if one not in self._put and (one.mart.name, one.fingerprint) not in standing
        ]
        self._export(lacking)
        models: dict[str, PublishedMart] = {}
        for mart, slices in groupby(self._slices, key=lambda one: one.mart):
            files = (standing.get((mart.name, one.fingerprint)) or self._put[one] for one in slices)
            models[mart.name] = PublishedMart(
                files=tuple(files),
                split_by=mart.split_by,
                description=mart.description,
                natural_key=mart.key,
                columns=dict(mart.column_descriptions),
            )
        previous = (before.build_id, *before.previous)[:_PREVIOUS_BUILDS_KEPT] if before else ()
        return MartsPointer(
            build_id=self._publication.build_id,
            built_at=self._publication.built_at,
            models=models,
            previous=previous,
            previous_files=_find_previous_files(before, previous) if before else {},
            watermark=self._publication.watermark,
        )

    def _find_standing(self, before: MartsPointer) -> dict[tuple[str, str], PublishedFile]:
        """The files of `before` that can be named again, by mart and fingerprint."""
        if self._publication.puts_all:
            return {}
        stored = _list_stored(self._lake)
        return {
            (name, file.fingerprint): file
            for name, mart in before.models.items()
            for file in mart.files
            if file.fingerprint and file.key in stored
        }

    def _export(self, slices: Sequence[MartSlice]) -> None:
        with TemporaryDirectory(prefix="marts-") as folder:
            for one, file in self._warehouse.export(slices, Path(folder)).items():
                self._put[one] = self._put_file(one, file)

    def _put_file(self, one: MartSlice, file: Path) -> PublishedFile:
        build_id, name, month = self._publication.build_id, one.mart.name, one.month_name
        key = (
            MartMonthKey(build_id=build_id, model=name, month=month)
            if month
            else MartKey(build_id=build_id, model=name)
        )
        _check_rows(one, file)
        body = file.read_bytes()
        self._lake.put_if_absent(key, body)
        return PublishedFile(
            key=str(key),
            rows=one.rows,
            sha256=hashlib.sha256(body).hexdigest(),
            month=month,
            fingerprint=one.fingerprint,
        )


def _find_previous_files(
    before: MartsPointer, previous: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """What the previous builds name in the folders of others, by build."""
    own = f"marts/{before.build_id}/"
    files = {
        before.build_id: tuple(key for key in before.files if not key.startswith(own)),
        **before.previous_files,
    }
    return {build_id: files[build_id] for build_id in previous if files.get(build_id)}


def _list_stored(lake: Lake) -> set[str]:
    return {one.key for one in lake.list("marts/")}


def _get(lake: Lake, key: MartsPointerKey) -> bytes | None:
    try:
        return lake.get(key)
    except MissingObjectError:
        return None


def _check_rows(one: MartSlice, file: Path) -> None:
    """DataError when the file does not hold the slice: nothing refers to it yet."""
    counted = duckdb.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone()
    if counted != (one.rows,):
        of_month = f" of {one.month_name}" if one.month else ""
        raise DataError(
            f"{one.mart.name} has {one.rows:,} rows{of_month} in the warehouse and "
            f"{counted and counted[0]:,} in the file to be published. Nothing was published; build "
            "again."
        )


def _remove_unnamed_files(lake: Lake, now: datetime) -> None:
    """Removes what no pointer of any target names, once it can be no upload any more.

    Nothing where that can't be told, since a pointer can't be read: what is published stands.
    """
    try:
        stored = [one.key for one in lake.list("marts/")]
        pointers = [
            parse_pointer(key, body)
            for key in list_pointers(stored)
            if (body := _get(lake, key)) is not None
        ]
        builds = frozenset().union(*(pointer.builds for pointer in pointers))
        files = frozenset().union(*(pointer.kept_files for pointer in pointers))
        kinds = (MartKey, MartMonthKey, QualityKey, ReportKey, FormerReportKey)
        parsed = (kind.parse(key) for key in stored for kind in kinds)
        keys = [key for key in parsed if key and key.build_id not in builds]
        unnamed = [key for key in keys if str(key) not in files]
        old = [str(key) for key in unnamed if _is_older(key.build_id, now - _UPLOAD_TIME)]
        lake.delete([*(key for key in stored if key == _FORMER_POINTER), *old])
    except GameMarketError as error:
        _log.warning("Published marts that no pointer names stay for now: %s", error)


def _is_older(build_id: str, moment: datetime) -> bool:
    """By the time in its name; what has none is not ours to remove."""
    with suppress(ValueError):
        named = datetime.strptime(build_id.partition("-")[0], _BUILD_ID_TIME)
        return named.replace(tzinfo=UTC) < moment
    return False
