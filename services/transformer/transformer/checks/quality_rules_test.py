"""Rules about rules: no mart and no endpoint without the tests that its kind must have."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints

MODELS = Path(str(files("analytics") / "models"))
SQL = {path.stem: path.read_text() for path in sorted((MODELS / "marts").rglob("*.sql"))}
# Made from other marts, or from the calendar; their own tests compare them with nothing loaded.
MADE_FROM_MARTS = ("market_", "dim_dates", "dim_games_history", "rejected_values")


def describe_marts() -> dict[str, str]:
    """What the yml files say of each, by its name."""
    texts = (path.read_text() for path in (MODELS / "marts").rglob("*.yml"))
    listed = "\n".join(text.split("\nunit_tests:")[0] for text in texts)
    _, *described = re.split(r"\n  - name: (\w+)\n", listed)
    return dict(zip(described[::2], described[1::2], strict=True))


YML = describe_marts()


def test_there_is_a_description_of_every_mart() -> None:
    assert YML.keys() == SQL.keys()
    assert len(SQL) > 25


@pytest.mark.parametrize("mart", SQL)
def test_a_mart_has_its_natural_key_tested(mart: str) -> None:
    sql, text = SQL[mart], YML[mart]
    key = re.search(r"unique_key=\[([^\]]*)\]", sql)
    tested = re.search(r"- natural_key:\n +arguments:\n +columns: \[([^\]]*)\]", text)
    assert key, "no unique_key"
    assert tested, "no natural_key test"
    assert re.findall(r"\w+", key[1]) == re.findall(r"\w+", tested[1])


@pytest.mark.parametrize("mart", SQL)
def test_every_column_of_a_mart_has_a_type_and_a_description(mart: str) -> None:
    columns = re.split(r"\n      - \{?name: ", YML[mart])[1:]
    assert columns
    for column in columns:
        assert re.search(r"(\n        |, )data_type: \w+", column), column
        assert re.search(r"(\n        |, )description: \S", column), column


@pytest.mark.parametrize("mart", SQL)
def test_a_mart_is_compared_with_what_was_loaded(mart: str) -> None:
    if mart.startswith(MADE_FROM_MARTS):
        return
    assert "- holds_what_was_loaded:" in YML[mart]


@pytest.mark.parametrize("mart", SQL)
def test_ids_of_other_marts_are_references(mart: str) -> None:
    text = YML[mart]
    dimensions = {
        f"{singular}_id": f"dim_{plural}"
        for plural in ("games", "genres", "platforms", "stores", "tags", "publishers", "developers")
        for singular in (plural.removesuffix("s"),)
    }
    for column in re.findall(r"\n      - name: (\w+)", text):
        dimension = dimensions.get(column)
        if dimension and dimension != mart:
            assert f"ref('{dimension}')" in text, column


@pytest.mark.parametrize("endpoint", [e.name for e in load_endpoints().endpoints])
def test_rows_and_ids_of_an_endpoint_are_reconciled(endpoint: str) -> None:
    text = "".join(file.read_text() for file in (MODELS / "staging").glob("*.yml"))
    for rule in ("accounts_for_every_row", "accounts_for_every_id"):
        assert re.search(rf"- {rule}:\s+arguments:[^-]*endpoint: {endpoint}\b", text), rule


def test_numbers_that_an_incremental_model_computes_are_cast() -> None:
    """Snowflake makes NUMBER(18,0) of count and length, and a contract's bigint is NUMBER(38,0).

    With `on_schema_change: fail` dbt compares the two in the second build (dbt-adapters, issue 1521).
    """
    computed = re.compile(r"^ +(?:count|length|sum|avg|min|max|round|floor)\(.*\) as (\w+)", re.M)
    incremental = [
        path
        for path in sorted(MODELS.rglob("*.sql"))
        if "unique_key" in path.read_text() and "'everything'" not in path.read_text()
    ]
    found = {}
    for path in incremental:
        if "market" not in path.parts:
            outermost = path.read_text().rpartition("\n)\n")[2]
            found[path.stem] = computed.findall(outermost)
    assert len(found) > 20
    numbers = re.compile(r"_(count|length|number|percent|score)$")
    assert {
        name: bad
        for name, columns in found.items()
        if (bad := [c for c in columns if numbers.search(c)])
    } == {}
