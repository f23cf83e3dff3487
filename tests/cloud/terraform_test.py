"""Terraform's own tests of every root, and what is between the roots: format, references, endpoints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.cloud.terraform import SNOWFLAKE, Root, copy_tree, require_terraform

pytestmark = pytest.mark.timeout(900)
NAMES = ("bootstrap", "aws", "snowflake")
MODULES = ("modules/bucket", "modules/stage")
ASKS = "snowflake/privileges"


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_terraform()
    return copy_tree(tmp_path_factory.mktemp("infra"))


def test_the_code_is_formatted(infra: Path) -> None:
    ended = Root(infra).run("fmt", "-check", "-recursive", "-diff", check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("name", [*NAMES, "modules/bucket"])  # the stage's run with infra/aws
def test_a_root_is_valid_and_passes_its_own_tests(infra: Path, name: str) -> None:
    if name == "snowflake":
        require_terraform(SNOWFLAKE)
    root = Root(infra / name)
    root.init("-backend=false")
    root.run("validate", "-no-color")
    ended = root.run("test", "-no-color")
    passed = re.search(r"Success! (\d+) passed, 0 failed", ended.stdout)
    assert passed is not None, ended.stdout
    assert int(passed[1]) == count_runs(infra / name)


def count_runs(root: Path) -> int:
    """Of all files: one that Terraform overlooks must not look like a pass."""
    found = [
        re.findall(r"^run \"", file.read_text(), re.M) for file in root.glob("tests/*.tftest.hcl")
    ]
    assert found
    return sum(map(len, found))


@pytest.mark.parametrize("name", [*NAMES, *MODULES, ASKS])
def test_every_variable_and_output_is_described(infra: Path, name: str) -> None:
    for file in (infra / name).glob("*.tf"):
        blocks = re.split(r"^(?=(?:variable|output) \")", file.read_text(), flags=re.M)[1:]
        assert [block.split("\n")[0] for block in blocks if "description" not in block] == []


def test_the_provider_is_the_same_everywhere(infra: Path) -> None:
    wanted = subprocess.run(
        ["grep", "-rh", "-A1", 'source  = "hashicorp/aws"', str(infra), "--include=versions.tf"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    versions = set(re.findall(r'version = "([^"]+)"', wanted))
    assert len(versions) == 1
    assert wanted.count("hashicorp/aws") == len(NAMES) + len(MODULES)


def test_what_both_roots_of_an_environment_take_is_declared_alike(infra: Path) -> None:
    """Terraform has no variables that two roots share."""
    aws, snowflake = (read_variables(infra / name) for name in ("aws", "snowflake"))
    shared = aws.keys() & snowflake.keys()
    assert shared == {"account_id", "endpoints_file", "environment", "region"}
    assert [name for name in shared if aws[name] != snowflake[name]] == []


def read_variables(root: Path) -> dict[str, str]:
    """What is declared of each variable, but for its description."""
    text = (root / "variables.tf").read_text()
    found = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.M | re.S)
    return {name: re.sub(r" *description .*\n", "", body) for name, body in found}
