"""infra/snowflake against a table of its provider's resources: the provider is in no registry here.

The table holds each type's arguments (true: required) and blocks, as provider 2.20.0 has them; of the one
data source those that name whose grants are read.
Where a plugin folder holds the provider, terraform_test validates the root with the provider itself.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.terraform import TREE, Root, require_terraform
from tests.endpoints_files import add_creators, copy_list

TABLE: dict[str, Any] = json.loads(
    (TREE / "tests/cloud/snowflake_provider_2_20_0.json").read_text()
)
# Terraform's own, in any resource.
META = {"for_each", "count", "depends_on", "lifecycle", "provider"}
_BLOCK = re.compile(r'^(\w+)(?: "(\w+)")?(?: "\w+")? \{$')
_ARGUMENT = re.compile(r"^(\w+)\s+= ")


@dataclass
class Block:
    """A block of formatted HCL: `terraform fmt` puts one thing on a line."""

    name: str
    label: str = ""
    arguments: set[str] = field(default_factory=set)
    blocks: list[Block] = field(default_factory=list)


def read_blocks(text: str) -> list[Block]:
    """The blocks of a file; what stands in brackets over several lines belongs to its argument."""
    root = Block("file")
    stack, depth = [root], 0
    for line in map(str.strip, text.splitlines()):
        opened = _BLOCK.match(line)
        if depth == 0 and opened:
            block = Block(opened[1], opened[2] or "")
            stack[-1].blocks.append(block)
            stack.append(block)
        elif depth == 0 and line == "}":
            stack.pop()
        else:
            if depth == 0 and (argument := _ARGUMENT.match(line)):
                stack[-1].arguments.add(argument[1])
            bare = re.sub(r'"(\\.|[^"\\])*"|#.*', "", line)
            depth += sum(bare.count(one) for one in "{[(") - sum(bare.count(one) for one in "}])")
    assert stack == [root], "not formatted as terraform fmt does"
    return root.blocks


def find_faults(block: Block, known: dict[str, Any], where: str) -> Iterator[str]:
    """What the provider does not know of a block, or misses in it."""
    for name in sorted(block.arguments - META - known["arguments"].keys()):
        yield f"{where} has no argument {name}"
    required = {name for name, is_required in known["arguments"].items() if is_required}
    for name in sorted(required - block.arguments):
        yield f"{where} needs {name}"
    for inner in block.blocks:
        if inner.name in META:
            continue
        name, body = (
            (inner.label, inner.blocks[0]) if inner.name == "dynamic" else (inner.name, inner)
        )
        if name in known["blocks"]:
            yield from find_faults(body, known["blocks"][name], f"{where}.{name}")
        else:
            yield f"{where} has no block {name}"


def judge(text: str) -> list[str]:
    faults: list[str] = []
    for block in read_blocks(text):
        if block.name in ("resource", "data") and block.label.startswith("snowflake_"):
            known = TABLE.get(block.label if block.name == "resource" else f"data {block.label}")
            faults += (
                find_faults(block, known, block.label)
                if known
                else [f"no {block.name} {block.label}"]
            )
    return faults


def test_the_root_uses_what_the_provider_has() -> None:
    files = sorted((TREE / "infra/snowflake").rglob("*.tf"))
    assert sum(file.read_text().count('resource "snowflake_') for file in files) > 15
    assert sum(file.read_text().count('data "snowflake_') for file in files) == 1
    assert [fault for file in files for fault in judge(file.read_text())] == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('name = "A"\n  colour = "red"', "snowflake_database has no argument colour"),
        ('comment = "A"', "snowflake_database needs name"),
        ('name = "A"\n  replicas {\n  }', "snowflake_database has no block replicas"),
        (
            'name = "A"\n  replication {\n    often = true\n  }',
            "snowflake_database.replication has no argument often",
        ),
    ],
)
def test_what_the_provider_does_not_have_is_named(lines: str, fault: str) -> None:
    assert fault in judge(f'resource "snowflake_database" "this" {{\n  {lines}\n}}\n')


def test_a_resource_that_there_is_not_is_named() -> None:
    assert judge('resource "snowflake_lake" "this" {\n}\n') == ["no resource snowflake_lake"]


def test_an_endpoint_more_is_an_external_table_more(tmp_path: Path) -> None:
    """By Terraform itself, without the provider: the one list of tables, and what is made from it."""
    require_terraform()
    before = list_tables(tmp_path, copy_list(tmp_path))
    after = list_tables(tmp_path, add_creators(tmp_path))
    assert after == before | {"rawg.creators"}
    assert len(after) == len(before) + 1
    uses = [
        (file.name, line.strip())
        for file in sorted((TREE / "infra/snowflake").glob("*.tf"))
        for line in file.read_text().splitlines()
        if "local.tables" in line or re.search(r"for_each\s+= snowflake_external_table", line)
    ]
    assert uses == [("external_tables.tf", "for_each = local.tables")]


def list_tables(folder: Path, endpoints: Path) -> set[str]:
    names = folder / "names"
    names.mkdir(exist_ok=True)
    for file in ("names.tf", "variables.tf"):
        shutil.copy(TREE / "infra/snowflake" / file, names)
    said = subprocess.run(
        [
            *("terraform", "console", "-var=environment=prod", "-var=account_id=123456789012"),
            f"-var=endpoints_file={endpoints}",
        ],
        cwd=names,
        input="jsonencode(keys(local.tables))\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(json.loads(json.loads(said)))


GRANTED = ("CREATE DATABASE", "CREATE ROLE", "CREATE USER", "CREATE WAREHOUSE", "MANAGE GRANTS")


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        ([*GRANTED, "CREATE INTEGRATION"], None),
        (GRANTED, "CREATE INTEGRATION"),
        (["OWNERSHIP"], ", ".join(sorted([*GRANTED, "CREATE INTEGRATION"]))),
    ],
)
def test_a_role_that_lacks_a_privilege_is_refused(
    tmp_path: Path, grants: list[str], missing: str | None
) -> None:
    held = [{"privilege": one, "granted_on": "ACCOUNT"} for one in grants]
    assert find_missing(tmp_path, held) == missing


def test_privileges_on_something_else_do_not_count_and_another_role_may_bring_them(
    tmp_path: Path,
) -> None:
    manages = {"privilege": "MANAGE GRANTS", "granted_on": "DATABASE"}
    assert "MANAGE GRANTS" in str(find_missing(tmp_path, [manages]))
    inherits = {"privilege": "USAGE", "granted_on": "ROLE"}
    assert find_missing(tmp_path, [manages, inherits]) is None


def find_missing(folder: Path, grants: list[dict[str, str]]) -> str | None:
    """What the plan of infra/snowflake/privileges is refused for, where this is Snowflake's answer.

    It is planned without the provider, so the answer is a variable.
    """
    require_terraform()
    text = (TREE / "infra/snowflake/privileges/main.tf").read_text()
    text, asks = re.subn(r'^(provider|data) "snowflake.*?^}\n', "", text, flags=re.M | re.S)
    text, requires = re.subn(r"^  required_providers .*?^  }\n", "", text, flags=re.M | re.S)
    assert (asks, requires) == (2, 1)
    answered = 'variable "grants" {\n  type = list(map(string))\n}\n'
    (folder / "main.tf").write_text(
        answered + text.replace("data.snowflake_grants.admin.grants", "var.grants")
    )
    root = Root(folder, [f"-var=grants={json.dumps(grants)}"])
    root.run("init", "-input=false")
    planned = root.plan()
    if planned.returncode == 2:  # an output more: it is not refused
        return None
    words = " ".join(planned.stdout.replace("│", " ").split())
    found = re.search(r"The role GAME_MARKET_ADMIN lacks (.*) on the account", words)
    assert found is not None, words
    return found[1]


def test_every_endpoint_has_an_external_table_as_the_contract_has_it() -> None:
    table = Path(TREE / "infra/snowflake/external_tables.tf").read_text()
    assert "for_each = local.tables" in table
    for name in ("PAYLOAD", "RUN_DATE", "FILE_NAME"):
        assert f'name = "{name}"' in table
