"""The tables of schema `lake`, in SQL that both warehouses take.

`parts`, `partitions` and `gone_details` are what the manifests say, replaced at each build;
`loaded_parts` and `builds` are what the warehouse remembers: whatever dbt was started with, and whether
that passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from transformer.dbt_runner.dbt_project import DbtProject
from transformer.lake.lake_parts import GoneDetail, LakeContents, LakePart, LakePartition
from transformer.lake.load_plan import LoadPlan, WarehouseMemory

__all__ = [
    "CREATE_MEMORY",
    "Database",
    "count_rows",
    "read_lake_contents",
    "read_memory",
    "record_build",
    "remember_attempt",
    "replace_lake_contents",
]


class Database(Protocol):
    """An open connection; `?` stands for a parameter. `Error` is what the warehouse itself raises."""

    @property
    def Error(self) -> type[Exception]:
        """What a statement that can't be run raises."""

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""

    def insert(
        self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Adds rows to a table of these columns (name: type)."""


PART_COLUMNS: Final = {
    "source_system": "varchar",
    "endpoint": "varchar",
    "run_date": "date",
    "file_name": "varchar",
    "observed_at": "timestamp",
    "row_count": "bigint",
    "items": "varchar",
    "generation": "bigint",
    "sha256": "varchar",
    "is_due": "boolean",
    "is_loaded": "boolean",
}

# Of what no model reads it has what nobody should have to open manifests for: requests, duplicates.
PARTITION_COLUMNS: Final = {
    "source_system": "varchar",
    "endpoint": "varchar",
    "run_date": "date",
    "generation": "bigint",
    "is_complete": "boolean",
    "reasons": "varchar",
    "part_count": "bigint",
    "page_count": "bigint",
    "row_count": "bigint",
    "reported_count": "bigint",
    "distinct_id_count": "bigint",
    "duplicate_count": "bigint",
    "unaccounted_count": "bigint",
    "request_count": "bigint",
    "finished_at": "timestamp",
    "manifest_version": "varchar",
}

GONE_COLUMNS: Final = {
    "source_system": "varchar",
    "endpoint": "varchar",
    "run_date": "date",
    "requested_id": "bigint",
    "outcome": "varchar",
    "merged_into": "bigint",
    "observed_at": "timestamp",
}

_LOADED_COLUMNS: Final = {"file_name": "varchar", "has_passed": "boolean"}

# A build stands here from before dbt starts, and has an id once it passed.
CREATE_MEMORY: Final = (
    "create schema if not exists lake",
    "create table if not exists lake.loaded_parts (file_name varchar, has_passed boolean)",
    "create table if not exists lake.builds (build_number bigint, build_id varchar, "
    "built_at timestamp, models_fingerprint varchar, is_full_refresh boolean, part_count bigint)",
    # Warehouses that were made before it was kept.
    "alter table lake.builds add column if not exists project_fingerprint varchar",
)

# Those of the last build that passed, and of every build since.
_PROJECTS_IN_WAREHOUSE: Final = """
select models_fingerprint, project_fingerprint from lake.builds
where build_number >= (
    select coalesce(max(build_number), 0) from lake.builds where build_id is not null
)
"""


def read_memory(db: Database) -> WarehouseMemory:
    """What earlier builds left in tables that are there."""
    parts = db.ask("select file_name, has_passed from lake.loaded_parts")
    projects = db.ask(_PROJECTS_IN_WAREHOUSE)
    ((passed,),) = db.ask("select count(*) from lake.builds where build_id is not null")
    return WarehouseMemory(
        loaded_parts=frozenset(name for name, has_passed in parts if has_passed),
        attempted_parts=frozenset(name for name, has_passed in parts if not has_passed),
        models_fingerprints=frozenset(models for models, _ in projects),
        project_fingerprints=frozenset(project for _, project in projects),
        has_passed=passed > 0,
    )


def replace_lake_contents(db: Database, contents: LakeContents, plan: LoadPlan) -> None:
    """Writes what the manifests say anew: the tables' columns may be a newer version's.

    Of details only those that are gone, which are few: whatever was found has a row in a part.
    """
    due = {part.file_name for part in plan.due}
    parts = [
        {
            **asdict(part),
            "is_due": part.file_name in due,
            "is_loaded": part.file_name in plan.loaded,
        }
        for part in contents.parts
    ]
    _replace(db, "lake.parts", PART_COLUMNS, parts)
    _replace(db, "lake.partitions", PARTITION_COLUMNS, map(asdict, contents.partitions))
    _replace(db, "lake.gone_details", GONE_COLUMNS, map(asdict, contents.gone))


def read_lake_contents(db: Database) -> LakeContents:
    """What the manifests said in the last build; nothing where there was none, or one of an older version."""
    try:
        return LakeContents(
            parts=_read(db, "lake.parts", LakePart),
            partitions=_read(db, "lake.partitions", LakePartition),
            gone=_read(db, "lake.gone_details", GoneDetail),
        )
    except db.Error:
        return LakeContents()


def _read[Row: (LakePart, LakePartition, GoneDetail)](
    db: Database, table: str, kind: type[Row]
) -> tuple[Row, ...]:
    columns = [field.name for field in fields(kind)]
    rows: list[tuple[Any, ...]] = [
        tuple(one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row)
        for row in db.ask(f"select {', '.join(columns)} from {table}")
    ]
    return tuple(kind(*row) for row in rows)


def remember_attempt(db: Database, plan: LoadPlan, project: DbtProject) -> None:
    """Before dbt starts: whatever becomes of the build, its tables may hold these parts."""
    known = {name for (name,) in db.ask("select file_name from lake.loaded_parts")}
    new = [(part.file_name, False) for part in plan.due if part.file_name not in known]
    db.insert("lake.loaded_parts", _LOADED_COLUMNS, new)
    db.ask(
        "insert into lake.builds (build_number, models_fingerprint, project_fingerprint, "
        "is_full_refresh, part_count) "
        "select coalesce(max(build_number), 0) + 1, ?, ?, ?, ? from lake.builds",
        [project.models_fingerprint, project.fingerprint, plan.full_refresh, len(plan.due)],
    )


def record_build(db: Database, build_id: str, built_at: datetime, plan: LoadPlan) -> None:
    """Remembers the attempt as passed: the plan's parts are loaded, and no others."""
    loaded = sorted(plan.loaded | {part.file_name for part in plan.due})
    db.ask("begin")
    db.ask("delete from lake.loaded_parts")
    db.insert("lake.loaded_parts", _LOADED_COLUMNS, [(name, True) for name in loaded])
    db.ask(
        "update lake.builds set build_id = ?, built_at = ? "
        "where build_number = (select max(build_number) from lake.builds)",
        [build_id, _naive(built_at)],
    )
    db.ask("commit")


def count_rows(db: Database, relations: Iterable[str]) -> dict[str, int]:
    """Rows by `schema.table`."""
    return {name: int(db.ask(f"select count(*) from {name}")[0][0]) for name in relations}


def _replace(
    db: Database, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]
) -> None:
    described = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    db.ask(f"create or replace table {table} ({described})")
    db.insert(table, columns, [[_as_value(row[name]) for name in columns] for row in rows])


def _as_value(value: object) -> object:
    """A value as the warehouses take it."""
    return _naive(value) if isinstance(value, datetime) else value


def _naive(moment: datetime) -> datetime:
    """UTC without saying so: the warehouse's timestamps are UTC by convention, on both targets."""
    return moment.astimezone(UTC).replace(tzinfo=None)
