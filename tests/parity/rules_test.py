"""The SQL that dbt makes for Snowflake: it parses, and it keeps the rules of dialect_rules."""

from __future__ import annotations

import re

import pytest
from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.dialects import dialect_selector
from sqlglot import exp

from tests.parity.conftest import TwoWarehouses
from tests.parity.dialect_rules import RULES, Rule, find_variants_used_as_text, parse

BROKEN = {
    "only functions that both have": "select list_transform(a, x -> x) from t",
    "no FILTER on an aggregate": "select count(*) filter (where a > 1) from t",
    "desc says where nulls go": "select row_number() over (order by added_count desc) from t",
    "quotients are doubles": "select a / nullif(b, 0) from t",
    "no division by zero": "select cast(a as double) / b from t",
    "means are of decimals": "select avg(rating) from t",
    "decimals are rounded": "select round(rating, 2) from t",
    "truncated dates are cast": "select date_trunc('month', released_on) from t",
    "dates and times have a form": "select try_cast(released as date) from t",
    "booleans are true or false": "select try_cast(tba as boolean) from t",
    "times have no zone": "select cast(a as timestamp_ltz) from t",
    "no backslash in a string": r"select '\d' from t",
    "names are not quoted": 'select "Name" from t',
    "JSON is read as text": "select try_cast(item:id as bigint) from t",
}


@pytest.fixture(scope="module")
def compiled(warehouses: TwoWarehouses) -> dict[str, str]:
    """Statements of models and tests, of a first build and of one after it; each once."""
    by_sql = {sql: name for name, sql in warehouses.builder.compiled.items()}
    assert len(by_sql) > 100
    return {name: sql for sql, name in by_sql.items()}


@pytest.fixture(scope="module")
def broken(compiled: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    """What breaks it, by rule and statement: of a statement all rules at once, so that it is parsed once."""
    found: dict[str, dict[str, list[str]]] = {rule.name: {} for rule in RULES}
    for name, sql in compiled.items():
        for rule in RULES:
            if breaks := sorted(set(rule.find(sql))):
                found[rule.name][name] = breaks
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_compiled_sql_keeps_the_rule(rule: Rule, broken: dict[str, dict[str, list[str]]]) -> None:
    assert broken[rule.name] == {}, rule.page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_finds_what_breaks_it(rule: Rule) -> None:
    assert list(rule.find(BROKEN[rule.name]))


@pytest.fixture(scope="module")
def linter() -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))


def test_sqlfluff_parses_all_of_it_as_snowflakes(compiled: dict[str, str], linter: Linter) -> None:
    """It is slow: of statements that are alike to its grammar one is enough."""
    alike = {shape_of(sql): name for name, sql in compiled.items()}
    broken = {
        name: str(violations[0])
        for name in alike.values()
        if (violations := linter.parse_string(compiled[name]).violations)
    }
    assert broken == {}


def shape_of(sql: str) -> tuple[str, ...]:
    """What a grammar tells apart: its own words, and signs; other words, texts and numbers by their kind."""
    tokens = ((found.lastgroup, found[0].upper()) for found in _TOKENS.finditer(sql))
    return tuple(
        text if text in _OWN_WORDS or kind == "sign" else kind for kind, text in tokens if kind
    )


_SETS = ("reserved_keywords", "unreserved_keywords", "bare_functions", "datetime_units")
_OWN_WORDS = frozenset[str]().union(*map(dialect_selector("snowflake").sets, _SETS))
_TOKENS = re.compile(
    r"--[^\n]*|\s+|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"[^\"]*\")|(?P<number>\d[\w.]*)"
    r"|(?P<word>\w+)|(?P<sign>[<>=!|:]+|.)"
)


def test_sqlfluff_sees_what_is_duckdbs(linter: Linter) -> None:
    assert linter.parse_string("select item ->> '$.id' as id from pages\n").violations


def test_statements_are_alike_only_where_no_word_or_sign_of_the_language_differs() -> None:
    one = shape_of("select a.b, 'x' from t -- of it\nwhere c > 1\n")
    assert one == shape_of("select games.game_id, 'it''s' from marts where  more > 2.5")
    for other in (
        "select a.b, 'x' from t where c >= 1",
        "select a.b, 'x' from t where c in 1",
        'select a.b, "x" from t where c > 1',
        "select a.b, x from t where c > 1",
        "select a:b, 'x' from t where c > 1",
        "select a.b, 'x' from table where c > 1",
    ):
        assert shape_of(other) != one


def test_try_cast_gets_text_and_json_is_never_taken_for_it(
    warehouses: TwoWarehouses, compiled: dict[str, str]
) -> None:
    """Snowflake's TRY_CAST takes strings only (sql-reference/functions/try_cast)."""
    types = warehouses.builder.emulation.ask(
        "select lower(column_name), data_type from information_schema.columns "
        "where table_schema = 'STAGING' and table_name like 'BASE_%'"
    )
    variants = {column for column, type_ in types if type_ in ("VARIANT", "JSON")}
    texts = {column for column, type_ in types if type_ == "TEXT"}
    assert {"genres", "platforms"} <= variants
    assert {"id", "released"} <= texts - variants
    for name, sql in compiled.items():
        cast = {str(found.this.name).lower() for found in parse(sql).find_all(exp.TryCast)}
        assert cast <= texts - variants, name
        if name.startswith(("base_", "stg_", "rejected_values")):  # above them all is typed
            assert list(find_variants_used_as_text(sql, variants)) == [], name
