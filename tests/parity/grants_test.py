"""infra/snowflake grants what a build needs, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.parity.conftest import TwoWarehouses
from tests.parity.emulation import OWN_SCHEMAS
from tests.parity.grants import NEEDS, find_needs, read_grants

ROOT = Path.cwd() / "infra/snowflake"  # in Pants' sandbox for this test (see the BUILD file)
# Of the account rather than of a statement: the session's own.
OF_A_SESSION = {("database", "USAGE"), ("warehouse", "USAGE")}


def test_the_transformer_is_granted_what_its_statements_need_and_no_more(
    warehouses: TwoWarehouses,
) -> None:
    statements = warehouses.builder.emulation.statements
    assert len(statements) > 200
    needed = {NEEDS[need] for need in find_needs(statements)}
    assert needed | OF_A_SESSION == read_grants(ROOT, "TRANSFORMER")


def test_the_emulation_has_the_schemas_that_terraform_makes() -> None:
    made = re.search(r"own_schemas += toset\((.*)\)", (ROOT / "names.tf").read_text())
    assert made
    assert tuple(name.lower() for name in re.findall(r"\w+", made[1])) == OWN_SCHEMAS


@pytest.mark.parametrize(
    ("sql", "needs"),
    [
        (
            "merge into marts.a using staging.b on a.x = b.x when matched then delete",
            {"look into a schema of ours"},
        ),
        (
            "create table if not exists lake.a (b int)",
            {"create a table", "look into a schema of ours"},
        ),
        (
            "create or replace view staging.a as select * from rawg_lake.raw_games",
            {
                "create a view",
                "look into a schema of ours",
                "look into a schema of a source",
                "read an external table",
            },
        ),
        (
            "call rawg_lake.refresh_pages('raw_games', null)",
            {"look into a schema of a source", "refresh an external table"},
        ),
        (
            "copy into @~/a/ from (select * from marts.a) file_format = (type = parquet)",
            {"look into a schema of ours"},
        ),
        ("alter table marts.a alter b comment $$c$$", {"look into a schema of ours"}),
        ("remove @~/a/", set()),
        ("select 1 from information_schema.schemata", set()),
        ("begin", set()),
    ],
)
def test_a_statement_needs(sql: str, needs: set[str]) -> None:
    assert find_needs([sql]).keys() == needs


@pytest.mark.parametrize(
    "sql",
    [
        "create schema marts_too",
        "alter external table rawg_lake.raw_games refresh",
        "grant role a to role b",
        "copy into @lake.stage/a/ from marts.a",
        "select * from another.a",
    ],
)
def test_a_statement_of_another_kind_is_named(sql: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sql[:20])):
        find_needs([sql])
