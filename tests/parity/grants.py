"""Which privileges a build's statements need in Snowflake, and which infra/snowflake grants.

What a role has made it owns, so a statement on it needs no grant (docs.snowflake.com/en/user-guide/
security-access-control-privileges). The rest is read from each statement that a build sent to the emulation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sqlglot import exp

from tests.parity.dialect_rules import parse
from tests.parity.emulation import OWN_SCHEMAS

__all__ = ["NEEDS", "find_needs", "read_grants"]

# What a statement may need: the resource of infra/snowflake that grants it, and the privilege.
NEEDS: Final = {
    "create a table": ("own_schemas", "CREATE TABLE"),
    "create a view": ("own_schemas", "CREATE VIEW"),
    "look into a schema of ours": ("own_schemas", "USAGE"),
    "look into a schema of a source": ("source_schemas", "USAGE"),
    "read an external table": ("external_tables", "SELECT"),
    "refresh an external table": ("refresh_pages", "USAGE"),
}
# Of the session and its own transactions; `show` shows what there is a privilege on. A user's own stage
# is the user's (docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage).
_NEEDS_NOTHING: Final = re.compile(
    r"(begin|commit|rollback|show|describe|desc|alter session|use)\b|(get|remove) @~/",
    re.IGNORECASE,
)
_UNLOAD: Final = re.compile(r"copy into @~/", re.IGNORECASE)
# Which sqlglot does not parse.
_COMMENT: Final = re.compile(r"alter table marts\.\w+ alter \w+ comment ", re.IGNORECASE)
_CALL: Final = re.compile(r"call \w+_lake\.refresh_pages\(", re.IGNORECASE)
_RESOURCE: Final = re.compile(
    r'^resource "snowflake_grant_privileges_to_account_role" "(\w+)" \{\n(.*?)^\}', re.M | re.S
)


def find_needs(statements: Iterable[str]) -> dict[str, str]:
    """What they need, each with a statement that does. ValueError for one that this does not know."""
    return {need: sql for sql in sorted(statements) for need in _needs_of(sql)}


def read_grants(root: Path, role: str) -> set[tuple[str, str]]:
    """(resource, privilege) of all that infra/snowflake grants to the role."""
    return {
        (name, privilege)
        for file in root.glob("*.tf")
        for name, body in _RESOURCE.findall(file.read_text())
        if f'"{role}"' in body or "= snowflake_account_role.this\n" in body
        for privilege in re.findall(r'"([A-Z ]+)"', _privileges_of(body))
    }


def _privileges_of(body: str) -> str:
    found = re.search(r"privileges\s+= (\[.*?\])", body)
    assert found, body
    return found[1]


def _needs_of(sql: str) -> Iterator[str]:
    if _NEEDS_NOTHING.match(sql):
        return
    if _CALL.match(sql):
        yield from ("look into a schema of a source", "refresh an external table")
        return
    if _COMMENT.match(sql):
        yield "look into a schema of ours"
        return
    statement = parse(sql)
    made = statement.this if isinstance(statement, exp.Create) else None
    if made is not None:
        kind = str(statement.args["kind"]).lower()
        if kind not in ("table", "view"):
            raise ValueError(f"nobody may create a {kind}: {sql[:200]}")
        yield f"create a {kind}"
    elif not _UNLOAD.match(sql) and not isinstance(
        statement,
        exp.Query
        | exp.Insert
        | exp.Update
        | exp.Delete
        | exp.Merge
        | exp.Drop
        | exp.Alter
        | exp.Comment,
    ):
        raise ValueError(f"what does this need? {sql[:200]}")
    for table in statement.find_all(exp.Table):
        yield from _needs_of_table(table, sql)


def _needs_of_table(table: exp.Table, sql: str) -> Iterator[str]:
    schema = table.db.lower()
    if schema in OWN_SCHEMAS:
        yield "look into a schema of ours"
    elif schema.endswith("_lake"):
        yield from ("look into a schema of a source", "read an external table")
    elif schema and schema != "information_schema":
        raise ValueError(f"nobody may look into {schema}: {sql[:200]}")
