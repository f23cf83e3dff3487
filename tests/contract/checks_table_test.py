"""docs/dwh_design.md lists every check of the project, and the test that plants the fault for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# Pants' sandbox for this test, which holds these files (see the BUILD file)
TREE = Path.cwd()
SERVICES = TREE / "services"
PUBLISHING = SERVICES / "transformer/transformer/publishing"
VERIFY = SERVICES / "extractor/extractor/inspection/verify.py"
TABLE = (
    (TREE / "docs/dwh_design.md").read_text().partition("### Every check")[2].partition("\n#")[0]
)
ROWS = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (`.*`) \|$", TABLE, re.MULTILINE))
CODE = {
    path: path.read_text()
    for folder in ("services/transformer", "libs/common", "tests")
    for path in sorted((TREE / folder).rglob("*.py"))
} | {path: path.read_text() for path in VERIFY.parent.glob("verify*.py")}
PRODUCT = {
    path: ast.parse(text)
    for path, text in CODE.items()
    if SERVICES in path.parents and not path.name.endswith(("_test.py", "conftest.py"))
}


def find_checks() -> set[str]:
    """Rules of dbt, macros that refuse, kinds of drift, rows that a build keeps, and functions that look."""
    analytics = TREE / "analytics"
    found = set()
    for path in analytics.rglob("*.sql"):
        found |= set(re.findall(r"{% (?:test |macro (?=check_))(\w+)", path.read_text()))
    for path, tree in PRODUCT.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Check" and node.args:
                found |= set(texts_in(node.args[0]))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DriftKind":
                found |= set(texts_in(node.value))
            if isinstance(node, ast.FunctionDef) and is_check(path, node):
                found.add(node.name)
    return found


def texts_in(node: ast.expr) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def is_check(path: Path, function: ast.FunctionDef) -> bool:
    """By its name, or by the error that is there for data which are not as they should be."""
    returns = ast.unparse(function.returns) if function.returns else ""
    if path == VERIFY or (function.name.lstrip("_").startswith("check_") and returns == "None"):
        return True
    raised = {
        ast.unparse(node.exc.func)
        for node in ast.walk(function)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    errors = {"DataError", "DefectError"} if path.parent == PUBLISHING else {"DataError"}
    return bool(raised & errors)


def test_every_check_has_a_row_and_every_row_a_check() -> None:
    checks = find_checks()
    assert {
        "natural_key",
        "check_session",
        "missing_field",
        "keeps_its_rows",
        "_check_rows",
    } < checks
    assert sorted(checks - ROWS.keys()) == []
    code = "".join(CODE.values())
    named = {name for name in ROWS if re.search(rf"def {name}\(", code)}
    assert sorted(ROWS.keys() - checks - named) == []


@pytest.mark.parametrize("check", ROWS)
def test_the_tests_that_a_row_names_are_there(check: str) -> None:
    code = "".join(text for path, text in CODE.items() if path.name.endswith("_test.py"))
    tests = re.findall(r"`(\w+)`", ROWS[check])
    assert tests
    assert [name for name in tests if not re.search(rf"^def {name}\(", code, re.MULTILINE)] == []
