"""The tables of schema `lake`, in SQL that both warehouses take.

`parts`, `partitions` and `gone_details` are what the manifests say; a build changes what is new of these.
`loaded_parts` and `builds` are what the warehouse remembers: whatever dbt was started with, and whether
that passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Final, Protocol

from transformer.dbt_runner.dbt_project import DbtProject
from transformer.lake.lake_parts import GoneDetail, LakeChanges, LakePart, LakePartition
from transformer.lake.load_plan import LoadPlan, WarehouseMemory

__all__ = [
    "ARE_NOT_LOADED",
    "CREATE_MEMORY",
    "WERE_FINISHED_BY",
    "Database",
    "as_value",
    "change_lake",
    "count_rows",
    "find_watermark",
    "read_memory",
    "read_rows",
    "read_superseded",
    "record_build",
    "remember_attempt",
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


# By how the fields of a row's class are annotated.
_TYPES: Final = {
    "str": "varchar",
    "str | None": "varchar",
    "Outcome": "varchar",
    "int": "bigint",
    "int | None": "bigint",
    "bool": "boolean",
    "date": "date",
    "datetime": "timestamp",
}


def _columns_of(kind: type[LakePart | LakePartition | GoneDetail]) -> dict[str, str]:
    return {field.name: _TYPES[str(field.type)] for field in fields(kind)}


# Partitions are written last and emptied first: one with a row there has all that its manifest says, and what
# a build that dies on the way has written of one without a row there is forgotten.
_TABLES: Final = {
    "lake.parts": _columns_of(LakePart) | {"is_due": "boolean", "is_loaded": "boolean"},
    "lake.gone_details": _columns_of(GoneDetail),
    "lake.partitions": _columns_of(LakePartition),
}
# Parameters of a statement.
_MOST_KEYS: Final = 1_000

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

_PARTITION: Final = "source_system, endpoint, run_date"

# Conditions on parts: no build that passed has loaded it; its partition was finished by a moment.
ARE_NOT_LOADED: Final = (
    "file_name not in (select file_name from lake.loaded_parts where has_passed)"
)
WERE_FINISHED_BY: Final = (
    f"({_PARTITION}) in (select {_PARTITION} from lake.partitions where finished_at <= ?)"
)

# What a build is attempting counts as loaded: it is asked once that has passed.
_WATERMARK: Final = f"""
select max(finished_at) from lake.partitions
where finished_at < (
    select coalesce(min(finished_at), timestamp '9999-12-31') from lake.partitions
    where ({_PARTITION}) in (
        select {_PARTITION} from lake.parts
        where file_name not in (select file_name from lake.loaded_parts)
    )
)
"""


def read_memory(db: Database) -> WarehouseMemory:
    """What earlier builds left in tables that are there."""
    attempted = db.ask("select file_name from lake.loaded_parts where not has_passed")
    projects = db.ask(_PROJECTS_IN_WAREHOUSE)
    ((passed,),) = db.ask("select count(*) from lake.builds where build_id is not null")
    return WarehouseMemory(
        attempted_parts=frozenset(name for (name,) in attempted),
        models_fingerprints=frozenset(models for models, _ in projects),
        project_fingerprints=frozenset(project for _, project in projects),
        has_passed=passed > 0,
        manifests=_read_manifests(db),
    )


def _read_manifests(db: Database) -> dict[str, str]:
    """None where one of the tables is missing, or an older version's."""
    try:
        for table, columns in _TABLES.items():
            db.ask(f"select {', '.join(columns)} from {table} where false")
        return dict(db.ask("select manifest, manifest_version from lake.partitions"))
    except db.Error:
        return {}


def change_lake(db: Database, changes: LakeChanges, *, anew: bool) -> None:
    """Writes what has changed of the manifests; `anew`: nothing else was there.

    Of details only those that are gone, which are few: whatever was found has a row in a part.
    """
    if anew:
        for table, columns in reversed(_TABLES.items()):
            described = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
            db.ask(f"create or replace table {table} ({described})")
    for keys in batched(changes.left, _MOST_KEYS):
        marks = ", ".join("?" for _ in keys)
        db.ask(f"delete from lake.partitions where manifest in ({marks})", keys)
    for table in ("lake.parts", "lake.gone_details"):
        db.ask(
            f"delete from {table} where ({_PARTITION}) not in "
            f"(select {_PARTITION} from lake.partitions)"
        )
    written = (changes.parts, changes.gone, changes.partitions)
    for (table, columns), rows in zip(_TABLES.items(), written, strict=True):
        values = [[as_value(getattr(row, name, None)) for name in columns] for row in rows]
        db.insert(table, columns, values)


def read_rows[Row: (LakePart, LakePartition)](
    db: Database, kind: type[Row], condition: str = "true", parameters: Sequence[object] = ()
) -> tuple[Row, ...]:
    """Parts or partitions of current generations, by run date within an endpoint; the condition is SQL's."""
    table = "lake.parts" if kind is LakePart else "lake.partitions"
    columns = ", ".join(field.name for field in fields(kind))
    asked = f"select {columns} from {table} where {condition} order by 1, 2, 3, 4"
    rows: list[list[Any]] = [
        [one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row]
        for row in db.ask(asked, parameters)
    ]
    return tuple(kind(*row) for row in rows)


def read_superseded(db: Database) -> list[str]:
    """File names of what some build has loaded, or tried to, and no current generation names."""
    names = "select file_name from lake.parts"
    asked = f"select file_name from lake.loaded_parts where file_name not in ({names})"
    return [name for (name,) in db.ask(asked)]


def find_watermark(db: Database) -> datetime | None:
    """How new a build is: the newest of the partitions up to which it has loaded every one.

    So a build of one run date in a warehouse that lacks those before it is not new.
    """
    ((newest,),) = db.ask(_WATERMARK)
    return newest.replace(tzinfo=UTC) if newest else None


def remember_attempt(db: Database, plan: LoadPlan, project: DbtProject) -> None:
    """Before dbt starts: whatever becomes of the build, its tables may hold these parts."""
    known = {name for (name,) in db.ask("select file_name from lake.loaded_parts")}
    new = [(part.file_name, False) for part in plan.due if part.file_name not in known]
    db.insert("lake.loaded_parts", _LOADED_COLUMNS, new)
    db.ask("update lake.parts set is_due = ?, is_loaded = false", [plan.full_refresh])
    if not plan.full_refresh:  # then whatever was attempted is due
        for flag, has_passed in (("is_due", False), ("is_loaded", True)):
            db.ask(
                f"update lake.parts set {flag} = true where file_name in "
                "(select file_name from lake.loaded_parts where has_passed = ?)",
                [has_passed],
            )
    db.ask(
        "insert into lake.builds (build_number, models_fingerprint, project_fingerprint, "
        "is_full_refresh, part_count) "
        "select coalesce(max(build_number), 0) + 1, ?, ?, ?, ? from lake.builds",
        [project.models_fingerprint, project.fingerprint, plan.full_refresh, len(plan.due)],
    )


def record_build(db: Database, build_id: str, built_at: datetime) -> None:
    """Remembers the attempt as passed: what it loaded and what it found loaded, and no others."""
    db.ask("begin")
    db.ask(
        "delete from lake.loaded_parts where file_name not in "
        "(select file_name from lake.parts where is_due or is_loaded)"
    )
    db.ask("update lake.loaded_parts set has_passed = true where not has_passed")
    db.ask(
        "update lake.builds set build_id = ?, built_at = ? "
        "where build_number = (select max(build_number) from lake.builds)",
        [build_id, _naive(built_at)],
    )
    db.ask("commit")


def count_rows(db: Database, relations: Iterable[str]) -> dict[str, int]:
    """Rows by `schema.table`."""
    return {name: int(db.ask(f"select count(*) from {name}")[0][0]) for name in relations}


def as_value(value: object) -> object:
    """A value as the warehouses take it."""
    return _naive(value) if isinstance(value, datetime) else value


def _naive(moment: datetime) -> datetime:
    """UTC without saying so: the warehouse's timestamps are UTC by convention, on both targets."""
    return moment.astimezone(UTC).replace(tzinfo=None)
