"""What the warehouse keeps of the quality of its builds, in SQL that both warehouses take.

`lake.test_results`: every check of every build, also of those that failed. `lake.seen_fields`: the
fields of all rows that builds looked at, by type, for drift. `lake.filled_fields`: in how many rows
of those that builds have loaded a field has something in it. `lake.mart_rows`: rows of the marts
that were published last, and of which build.
`lake.endpoints`: how each endpoint is read, for tests of freshness and completeness. The schema is made
by `Warehouse.remember`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from gamemarket.endpoints import Endpoint
from transformer.checks.checks import Check
from transformer.checks.drift import SeenField
from transformer.checks.filled_fields import FieldKey, FillCount
from transformer.warehouse.lake_tables import Database

__all__ = [
    "find_due_run_date",
    "is_last_build_published",
    "keep_checks",
    "keep_filled_fields",
    "keep_mart_rows",
    "keep_seen_fields",
    "read_checks",
    "read_filled_fields",
    "read_mart_rows",
    "read_seen_fields",
    "write_endpoints",
]

_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "lake.test_results": {
        "run_number": "bigint",
        "started_at": "timestamp",
        "build_id": "varchar",
        "test": "varchar",
        "model": "varchar",
        "severity": "varchar",
        "status": "varchar",
        "failures": "bigint",
        "message": "varchar",
    },
    "lake.seen_fields": {
        "source_system": "varchar",
        "endpoint": "varchar",
        "field": "varchar",
        "value_type": "varchar",
        "first_run_date": "date",
        "last_run_date": "date",
    },
    "lake.filled_fields": {
        "source_system": "varchar",
        "endpoint": "varchar",
        "field": "varchar",
        "object_count": "bigint",
        "filled_count": "bigint",
    },
    "lake.mart_rows": {"build_id": "varchar", "mart": "varchar", "row_count": "bigint"},
    "lake.endpoints": {
        "source_system": "varchar",
        "endpoint": "varchar",
        "kind": "varchar",
        "min_coverage": "double",
        "page_limit": "bigint",
        "due_run_date": "date",
    },
}
_PUBLISHED_ROWS: Final = """
select count(*) from lake.mart_rows
inner join lake.builds using (build_id)
where build_number = (select max(build_number) from lake.builds where build_id is not null)
"""
# A day of grace: a run in the morning brings the day before.
_GRACE: Final = timedelta(days=1)


def keep_checks(
    db: Database, started_at: datetime, build_id: str | None, checks: Sequence[Check]
) -> None:
    """Adds one run's checks; `build_id` is None when nothing was published."""
    _create(db, "lake.test_results")
    ((number,),) = db.ask("select coalesce(max(run_number), 0) + 1 from lake.test_results")
    moment = started_at.astimezone(UTC).replace(tzinfo=None)
    rows = [(number, moment, build_id, *astuple(check)) for check in checks]
    db.insert("lake.test_results", _COLUMNS["lake.test_results"], rows)


def read_checks(db: Database, runs: int) -> list[tuple[object, ...]]:
    """The rows (see _COLUMNS) of the latest `runs` runs, newest first."""
    return _read(
        db,
        "lake.test_results",
        "where run_number > (select coalesce(max(run_number), 0) from lake.test_results) - ? "
        "order by run_number desc, status, model, test, message",
        [runs],
    )


def keep_mart_rows(db: Database, build_id: str, rows: Mapping[str, int]) -> None:
    """The rows of each mart that a build published; those of the build before give way."""
    _replace(db, "lake.mart_rows", [(build_id, *item) for item in rows.items()])


def read_mart_rows(db: Database) -> dict[str, int]:
    """Rows by mart, of the last build that was published."""
    return {mart: rows for _, mart, rows in _read(db, "lake.mart_rows")}


def is_last_build_published(db: Database) -> bool:
    """Whether the marts of the last build that passed are those that were published last."""
    _create(db, "lake.mart_rows")
    ((rows,),) = db.ask(_PUBLISHED_ROWS)
    return bool(rows)


def keep_seen_fields(db: Database, seen: Mapping[SeenField, tuple[date, date]]) -> None:
    """Adds fields with the first and last run date on which they were seen."""
    known = read_seen_fields(db)
    for field, (first, last) in seen.items():
        before = known.get(field, (first, last))
        known[field] = min(first, before[0]), max(last, before[1])
    _replace(db, "lake.seen_fields", [(*f, *dates) for f, dates in known.items()])


def read_seen_fields(db: Database) -> dict[SeenField, tuple[date, date]]:
    """Every field that builds have seen, with its first and last run date."""
    rows = _read(db, "lake.seen_fields")
    return {(source, name, field, kind): (a, b) for source, name, field, kind, a, b in rows}


def keep_filled_fields(db: Database, history: Mapping[FieldKey, FillCount]) -> None:
    """Replaces what the next build compares with."""
    rows = [(*key, count.objects, count.filled) for key, count in history.items()]
    _replace(db, "lake.filled_fields", rows)


def read_filled_fields(db: Database) -> dict[FieldKey, FillCount]:
    """By field, of the rows that builds which passed have loaded."""
    rows = _read(db, "lake.filled_fields")
    return {(source, name, field): FillCount(n, filled) for source, name, field, n, filled in rows}


def write_endpoints(db: Database, endpoints: Iterable[Endpoint], newest_day: date) -> None:
    """Replaces `lake.endpoints`.

    `due_run_date`: a partition of this day or a later one should be there.
    """
    rows = [
        (
            endpoint.source,
            endpoint.name,
            endpoint.kind,
            endpoint.min_coverage,
            endpoint.page_limit,
            find_due_run_date(endpoint, newest_day),
        )
        for endpoint in endpoints
    ]
    _replace(db, "lake.endpoints", rows)


def find_due_run_date(endpoint: Endpoint, newest_day: date) -> date:
    """A partition of this day or a later one should be there; `newest_day` is the last that is over."""
    return newest_day - _GRACE - _interval_of(endpoint)


def _interval_of(endpoint: Endpoint) -> timedelta:
    """Between two partitions, beside the day itself; a detail's `refresh_days` are of one item."""
    return timedelta(days=(endpoint.refresh_days or 0) if endpoint.is_due_by_interval else 0)


def _create(db: Database, table: str) -> None:
    described = ", ".join(f"{name} {type_}" for name, type_ in _COLUMNS[table].items())
    db.ask(f"create table if not exists {table} ({described})")


def _read(
    db: Database, table: str, which: str = "", parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    _create(db, table)
    return db.ask(f"select {', '.join(_COLUMNS[table])} from {table} {which}", parameters)


def _replace(db: Database, table: str, rows: Sequence[Sequence[object]]) -> None:
    _create(db, table)
    db.ask("begin")
    db.ask(f"delete from {table}")
    db.insert(table, _COLUMNS[table], rows)
    db.ask("commit")
