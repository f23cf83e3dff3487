"""The arrows between the parts, as the BUILD files enforce them: Pants itself is asked.

In a copy of the tree's BUILD files, modules full of imports are planted in place of the code. With
every refusal made a warning, one start of Pants names all that it would refuse; another start
shows that a refusal is an error.
"""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.contract.planted_tree import plant_build_files

TREE = Path.cwd()  # Pants' sandbox for this test, which holds the BUILD files (see the BUILD file)

COMMON = "libs/common/gamemarket/planted.py"
SANDBOX = "libs/rawg_sandbox/rawg_sandbox/planted.py"
EXTRACTOR = "services/extractor/extractor/planted.py"
TRANSFORMER = "services/transformer/transformer/planted.py"
ORCHESTRATOR = "services/orchestrator/orchestrator/planted.py"
REPORTER = "services/reporter/reporter/planted.py"
# Rooms of the services.
API = "services/extractor/extractor/api/planted.py"
PAGES = "services/extractor/extractor/pages/planted.py"
WAREHOUSE = "services/transformer/transformer/warehouse/planted.py"
STAGES = "services/orchestrator/orchestrator/stages/planted.py"
MARTS = "services/reporter/reporter/marts/planted.py"

FORBIDDEN = {
    COMMON: {"rawg_sandbox", "extractor", "boto3", "dagster", "dbt", "duckdb", "httpx"},
    SANDBOX: {"gamemarket", "extractor", "boto3", "dagster", "httpx"},
    EXTRACTOR: {"transformer", "orchestrator", "rawg_sandbox", "boto3", "dagster", "dbt", "httpx"},
    TRANSFORMER: {
        "altair",
        "extractor",
        "orchestrator",
        "rawg_sandbox",
        "boto3",
        "dagster",
        "httpx",
    },
    REPORTER: {"transformer", "orchestrator", "rawg_sandbox", "boto3", "dagster", "dbt", "httpx"},
    ORCHESTRATOR: {"extractor", "transformer", "rawg_sandbox", "boto3", "duckdb", "httpx"},
    API: {"extractor.pages", "extractor.reading", "boto3"},
    PAGES: {"extractor.api", "extractor.reading", "transformer", "boto3"},
    WAREHOUSE: {"transformer.checks", "transformer.publishing", "extractor"},
    MARTS: {"reporter.page", "reporter.questions", "transformer"},
    STAGES: {"orchestrator.assets", "orchestrator.automation", "extractor"},
}
ALLOWED = {
    "libs/common/gamemarket/s3_lake.py": {"boto3", "dagster_pipes"},
    "libs/common/gamemarket/s3_lake_test.py": {"boto3", "moto"},
    "services/extractor/extractor/api/rawg_client.py": {"httpx", "gamemarket", "extractor.workers"},
    "services/extractor/extractor/api/rawg_client_test.py": {"httpx", "rawg_sandbox"},
    "services/transformer/transformer/checks/checks.py": {"transformer.warehouse", "duckdb"},
    "services/transformer/transformer/warehouse/warehouse.py": {"dbt", "duckdb", "gamemarket"},
    "services/reporter/reporter/build.py": {"altair", "duckdb", "gamemarket", "jinja2"},
    "libs/common/gamemarket/published_marts.py": {"duckdb"},
    # named in a BUILD file
    "services/transformer/transformer/dbt_runner/dbt_duckdb_plugin.py": {
        "dbt",
        "duckdb",
        "gamemarket",
    },
    "services/orchestrator/orchestrator/definitions.py": {"dagster", "dagster_dbt", "gamemarket"},
    "tests/contract/import_rules_test.py": {"extractor", "transformer", "rawg_sandbox", "duckdb"},
}
REFUSAL = re.compile(
    r"Dependency rule violation for (?P<importer>[^:\s]+).*'s dependency on"
    r" (?:3rdparty/python:reqs#(?P<library>\w+)|\S*?(?P<package>\w+)/__init__.py)"
)


def plant(tree: Path) -> Path:
    plant_build_files(TREE, tree)
    (tree / "3rdparty/python/main.lock").touch()
    for name in {name for names in (FORBIDDEN | ALLOWED).values() for name in names if "." in name}:
        service, room = name.split(".")
        plant_package(tree / "services" / service / service / room)
    for path, imports in (FORBIDDEN | ALLOWED).items():
        module = tree / path
        plant_package(module.parent)
        module.write_text("".join(f"import {name}\n" for name in sorted(imports)))
    return tree


def plant_package(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()


def ask_pants(tree: Path, *modules: str) -> subprocess.CompletedProcess[str]:
    command = ["./pants", "--no-pantsd", "--no-dynamic-ui", "--no-colors", "dependencies", *modules]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What each planted module would be refused to import."""
    tree = plant(tmp_path_factory.mktemp("tree"))
    for build in tree.rglob("BUILD"):
        build.write_text(build.read_text().replace('"!*"', '"?*"'))
    asked = ask_pants(tree, *FORBIDDEN, *ALLOWED)
    assert asked.returncode == 0, asked.stderr
    refused = defaultdict(set)
    for refusal in REFUSAL.finditer(asked.stderr):
        refused[refusal["importer"]].add(refusal["library"] or refusal["package"])
    return refused


@pytest.mark.parametrize("importer", FORBIDDEN)
def test_a_forbidden_import_is_refused(refused: dict[str, set[str]], importer: str) -> None:
    assert refused[importer] == {name.rpartition(".")[2] for name in FORBIDDEN[importer]}


def test_nothing_else_is_refused(refused: dict[str, set[str]]) -> None:
    assert refused.keys() == FORBIDDEN.keys()


def test_a_refusal_is_an_error(tmp_path: Path) -> None:
    asked = ask_pants(plant(tmp_path), TRANSFORMER)
    assert asked.returncode != 0
    assert "DependencyRuleActionDeniedError" in asked.stderr
