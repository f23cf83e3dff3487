"""How marts change: all at once, by what a build has left in schema `pending` (analytics/macros/mart.sql).

dbt writes the rows of each mart beside what stands. When every test has passed, one transaction takes them
over, so that a reader of `marts` sees all of a build or nothing of it. Rows are deleted and inserted: a table
is made anew only where its columns are others, so grants on it and views over it stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from transformer.dbt_runner.dbt_results import ModelResult
from transformer.warehouse.lake_tables import Database

__all__ = ["begin_pending", "take_over"]

_COLUMNS = """
select lower(table_schema) || '.' || lower(table_name), lower(column_name), data_type
from information_schema.columns
where lower(table_schema) in ('marts', 'pending')
order by table_schema, table_name, ordinal_position
"""
_TABLES = """
select lower(table_schema) || '.' || lower(table_name)
from information_schema.tables
where lower(table_schema) in ('marts', 'pending') and table_type = ?
"""

type Shapes = dict[str, dict[str, str]]


def begin_pending(db: Database) -> None:
    """Forgets what a build has left that did not come to its end: what will be is what stands."""
    left = [name for name in _names(db, "BASE TABLE") if name.startswith("pending.")]
    views = {name.partition(".")[2] for name in _names(db, "VIEW")}
    marts = {name.partition(".")[2] for name in _names(db, "BASE TABLE") if name not in left}
    if not left and views == marts:
        return
    for mart in sorted(marts):
        db.ask(_view(mart))
    for name in sorted(views - marts):
        db.ask(f"drop view pending.{name}")
    for name in left:
        db.ask(f"drop table {name}")


def take_over(
    db: Database,
    marts: Sequence[ModelResult],
    create: str,
    *,
    full_refresh: bool,
    creating_commits: bool = False,
    check: Callable[[], None] = lambda: None,
) -> list[ModelResult]:
    """Makes `marts` what the build's models say; `create` begins the statement that makes a table anew.

    `creating_commits`: it ends a transaction, so tables are made before the others change. `check` is called
    within the transaction, and raises when this build may not write any more. Returns the marts of which the
    table was made anew.
    """
    shapes = _read_shapes(db)
    new = [mart for mart in marts if shapes.get(mart.relation) != shapes[_rows(mart)]]
    created = [
        f"{create.format(table=mart.relation)} as select * from pending.{mart.name}" for mart in new
    ]
    replaced = [
        statement
        for mart in marts
        if mart not in new
        for statement in _replace(mart, shapes, full_refresh=full_refresh)
    ]
    check()
    if creating_commits:
        _ask_all(db, created)
        created = []
    db.ask("begin")
    check()
    _ask_all(db, [*created, *replaced])
    db.ask("commit")
    for mart in marts:
        db.ask(_view(mart.name))
        db.ask(f"drop table if exists {_rows(mart)}")
        db.ask(f"drop table if exists {_keys(mart)}")
    return new


def _ask_all(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.ask(statement)


def _rows(mart: ModelResult) -> str:
    return f"pending.{mart.name}_rows"


def _keys(mart: ModelResult) -> str:
    return f"pending.{mart.name}_keys"


def _names(db: Database, kind: str) -> list[str]:
    return [name for (name,) in db.ask(_TABLES, [kind])]


def _view(mart: str) -> str:
    return f"create or replace view pending.{mart} as select * from marts.{mart}"


def _read_shapes(db: Database) -> Shapes:
    shapes: Shapes = {}
    for table, column, type_ in db.ask(_COLUMNS):
        shapes.setdefault(table, {})[column] = type_
    return shapes


def _replace(mart: ModelResult, shapes: Shapes, *, full_refresh: bool) -> Iterator[str]:
    rows, keys = _rows(mart), _keys(mart)
    if full_refresh or mart.replaces_everything:
        yield f"delete from {mart.relation}"
    else:
        yield _delete(mart.relation, rows, mart.key)
        if keys in shapes:
            yield _delete(mart.relation, keys, shapes[keys])
    columns = ", ".join(shapes[rows])
    yield f"insert into {mart.relation} ({columns}) select {columns} from {rows}"


def _delete(table: str, replaced: str, key: Iterable[str]) -> str:
    """No key column of ours is ever null."""
    columns = ", ".join(key)
    return f"delete from {table} where ({columns}) in (select {columns} from {replaced})"
