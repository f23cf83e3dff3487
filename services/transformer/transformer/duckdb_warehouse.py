"""The warehouse as a DuckDB file: what the transformer itself does in it, beside dbt.

Schema `lake` holds what the manifests say (`parts`, replaced at each build) and what the warehouse
remembers of its builds (`loaded_parts`, `builds`: whatever dbt was started with, and whether that
passed); schema `<source>_lake` holds a view per endpoint over exactly the parts of current
generations. DuckDB lets one process at a time write a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from gamemarket.endpoints import Endpoint
from gamemarket.errors import UpstreamError
from transformer.lake_parts import LakePart
from transformer.load_plan import LoadPlan, WarehouseMemory

__all__ = [
    "DuckDbWarehouse",
    "explain_duckdb_error",
    "explain_held_warehouse",
    "is_lock_conflict",
]

_PART_COLUMNS = {
    "source_system": "varchar",
    "endpoint": "varchar",
    "run_date": "date",
    "generation": "bigint",
    "file_name": "varchar",
    "observed_at": "timestamp",
    "page_count": "bigint",
    "row_count": "bigint",
    "sha256": "varchar",
    "is_complete": "boolean",
    "is_due": "boolean",
    "is_loaded": "boolean",
}

# A build stands here from before dbt starts, and has an id once it passed. has_passed came later:
# warehouses that were made without it remembered such parts only.
_CREATE_MEMORY = """
create schema if not exists lake;
create table if not exists lake.loaded_parts (file_name varchar);
alter table lake.loaded_parts add column if not exists has_passed boolean default true;
create table if not exists lake.builds (
    build_number bigint primary key,
    build_id varchar,
    built_at timestamp,
    models_fingerprint varchar,
    is_full_refresh boolean,
    part_count bigint
);
"""

# Those of the last build that passed, and of every build since.
_MODELS_IN_TABLES = """
select distinct models_fingerprint from lake.builds
where build_number >= (
    select coalesce(max(build_number), 0) from lake.builds where build_id is not null
)
"""

# The relation that staging reads: one page a line, whole.
_RAW_VIEW = """
create or replace view {name} as
select
    json as payload,
    cast(regexp_extract(filename, 'run_date=([0-9-]+)/[^/]*$', 1) as date) as run_date,
    substr(filename, {prefix_length} + 1) as file_name
from read_ndjson_objects([{files}], filename = true)
"""

_EMPTY_RAW_VIEW = """
create or replace view {name} as
select
    cast(null as json) as payload,
    cast(null as date) as run_date,
    cast(null as varchar) as file_name
where false
"""


class DuckDbWarehouse:
    """One DuckDB file. Every method opens and closes it: dbt needs it in between."""

    def __init__(self, path: Path) -> None:
        """Takes the file's path; it and its folder are made when needed."""
        self._path = path

    def remember(self) -> WarehouseMemory:
        """What earlier builds left; UpstreamError (69) when another process holds the file."""
        with self._connect() as db:
            db.execute(_CREATE_MEMORY)
            parts = db.execute("select file_name, has_passed from lake.loaded_parts").fetchall()
            models = db.execute(_MODELS_IN_TABLES).fetchall()
            passed = _count(db, "lake.builds where build_id is not null")
        return WarehouseMemory(
            loaded_parts=frozenset(name for name, has_passed in parts if has_passed),
            attempted_parts=frozenset(name for name, has_passed in parts if not has_passed),
            models_fingerprints=frozenset(fingerprint for (fingerprint,) in models),
            has_passed=passed > 0,
        )

    def prepare(
        self,
        lake_uri: str,
        endpoints: Iterable[Endpoint],
        parts: Sequence[LakePart],
        plan: LoadPlan,
        fingerprint: str,
    ) -> None:
        """Writes `lake.parts` and the raw views that dbt's sources name; remembers the attempt."""
        with self._connect() as db:
            db.execute("begin")
            _write_parts(db, parts, plan)
            _remember_attempt(db, plan, fingerprint)
            for endpoint in endpoints:
                files = [
                    part.file_name
                    for part in parts
                    if (part.source_system, part.endpoint) == (endpoint.source, endpoint.name)
                ]
                db.execute(f"create schema if not exists {endpoint.source}_lake")
                db.execute(
                    _raw_view(f"{endpoint.source}_lake.raw_{endpoint.name}", lake_uri, files)
                )
            db.execute("commit")

    def record(self, build_id: str, built_at: datetime, plan: LoadPlan) -> None:
        """Remembers the attempt as passed: the plan's parts are loaded, and no others."""
        loaded = sorted(plan.loaded | {part.file_name for part in plan.due})
        with self._connect() as db:
            db.execute("begin")
            db.execute(
                "create or replace table lake.loaded_parts as "
                "select unnest(?::varchar[]) as file_name, true as has_passed",
                [loaded],
            )
            db.execute(
                "update lake.builds set build_id = ?, built_at = ? "
                "where build_number = (select max(build_number) from lake.builds)",
                [build_id, _naive(built_at)],
            )
            db.execute("commit")

    def count_rows(self, relations: Collection[str]) -> dict[str, int]:
        """Rows by `schema.table`."""
        with self._connect() as db:
            return {name: _count(db, name) for name in relations}

    def export(self, relations: Mapping[str, Sequence[str]], folder: Path) -> dict[str, Path]:
        """Writes each `schema.table` as Parquet, ordered by its key; the files by relation."""
        files = {name: folder / f"{name.rpartition('.')[2]}.parquet" for name in relations}
        with self._connect() as db:
            for name, key in relations.items():
                db.execute(
                    f"copy (select * from {name} order by {', '.join(key)}) "
                    f"to '{_quoted(str(files[name]))}' (format parquet, compression zstd)"
                )
        return files

    @contextmanager
    def _connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with duckdb.connect(str(self._path)) as db:
                yield db
        except (duckdb.IOException, OSError) as error:
            raise explain_duckdb_error(str(error), self._path) from error


def is_lock_conflict(message: str) -> bool:
    """Whether DuckDB says that another process holds the file."""
    return "Could not set lock" in message


def explain_duckdb_error(message: str, path: Path) -> UpstreamError:
    """69: the file is held by another process (DuckDB names it), or can't be used at all."""
    if not is_lock_conflict(message):
        return UpstreamError(
            f"Could not use the warehouse {path}: {message.splitlines()[0]} Check the file and "
            "DUCKDB_PATH; the warehouse can be removed, the next build makes it anew from the lake."
        )
    holder = re.search(r"held in (\S+) \(PID (\d+)\)", message)
    return explain_held_warehouse(path, f"process {holder[2]} ({holder[1]})" if holder else "")


def explain_held_warehouse(path: Path, holder: str) -> UpstreamError:
    """69: `holder`, if it is known, works with the file."""
    return UpstreamError(
        f"The warehouse {path} is held by {holder or 'another process'}: wait until that ends, or "
        "stop it, and run again. Published marts can be read meanwhile by `transformer query`."
    )


def _write_parts(db: duckdb.DuckDBPyConnection, parts: Sequence[LakePart], plan: LoadPlan) -> None:
    due = {part.file_name for part in plan.due}
    rows = [
        (*astuple(part), part.file_name in due, part.file_name in plan.loaded) for part in parts
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _PART_COLUMNS]
    at = list(_PART_COLUMNS).index("observed_at")
    columns[at] = [_naive(moment) for moment in columns[at]]
    selected = ", ".join(f"unnest(?::{t}[]) as {name}" for name, t in _PART_COLUMNS.items())
    db.execute(f"create or replace table lake.parts as select {selected}", columns)


def _remember_attempt(db: duckdb.DuckDBPyConnection, plan: LoadPlan, fingerprint: str) -> None:
    """Before dbt starts: whatever becomes of the build, its tables may hold these parts."""
    db.execute(
        "insert into lake.loaded_parts (file_name, has_passed) "
        "select file_name, false from (select unnest(?::varchar[]) as file_name) "
        "where file_name not in (select file_name from lake.loaded_parts)",
        [[part.file_name for part in plan.due]],
    )
    db.execute(
        "insert into lake.builds "
        "select coalesce(max(build_number), 0) + 1, null, null, ?, ?, ? from lake.builds",
        [fingerprint, plan.full_refresh, len(plan.due)],
    )


def _raw_view(name: str, lake_uri: str, file_names: Sequence[str]) -> str:
    if not file_names:
        return _EMPTY_RAW_VIEW.format(name=name)
    files = ", ".join(f"'{_quoted(f'{lake_uri}/{file_name}')}'" for file_name in file_names)
    return _RAW_VIEW.format(name=name, files=files, prefix_length=len(lake_uri) + 1)


def _count(db: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = db.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _naive(moment: datetime) -> datetime:
    """UTC without saying so: the warehouse's timestamps are UTC by convention, on both targets."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
