"""The packed contracts: whole, readable, and true about what models read."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints
from transformer.checks.contracts import Contract, FieldRule, extend_contract, load_contract
from transformer.conftest import mapped_fields

BASE = Path(str(files("analytics") / "models" / "staging" / "base"))
CONTRACTS = BASE.parents[2] / "contracts" / "rawg"
MODELLED = sorted(path.stem for path in CONTRACTS.glob("*.json"))

# How base models name what they read: base_rows, base_items (elements of a list in a row).
_ROWS = re.compile(r"base_rows\('\w+',\s*(\[[^\]]*\]|'\w+'),(.*?)\)\s*\}\}", re.DOTALL)
_ITEMS = re.compile(
    r"base_items\(\s*ref\('base_rawg__(\w+)'\),\s*'(\w+)',\s*'\w+',(.*)\)\s*\}\}", re.DOTALL
)


def fields_read(endpoint: str) -> set[str]:
    found: set[str] = set()
    for path in BASE.glob("*.sql"):
        sql = path.read_text()
        if (rows := _ROWS.search(sql)) and endpoint in re.findall(r"\w+", rows[1]):
            found |= set(paths_in(rows[2]))
            found |= {field.path for field in mapped_fields() if "game_fields()" in sql}
        if (items := _ITEMS.search(sql)) and base_of(endpoint) == items[1]:
            found |= {f"{items[2]}[].{path}" for path in paths_in(items[3])}
    return found


def base_of(endpoint: str) -> str:
    """The base model that an endpoint's rows are in: games' lists and details are in one."""
    for path in BASE.glob("*.sql"):
        rows = _ROWS.search(path.read_text())
        if rows and endpoint in re.findall(r"\w+", rows[1]):
            return path.stem.removeprefix("base_rawg__")
    return ""


def paths_in(jinja: str) -> list[str]:
    return [text.split(" as ")[0] for text in re.findall(r"'([\w. ]+)'", jinja)]


def contract_of(endpoint: str) -> Contract:
    contract = load_contract("rawg", endpoint)
    assert contract is not None
    return contract


def test_every_endpoint_that_is_read_and_modelled_has_a_contract() -> None:
    modelled = {e.name for e in load_endpoints().endpoints if fields_read(e.name)}
    assert len(modelled) > 6
    assert modelled <= set(MODELLED)
    assert load_contract("rawg", "no_such_endpoint") is None
    assert load_contract("another", "games") is None


@pytest.mark.parametrize("endpoint", MODELLED)
def test_only_what_is_vital_stops_a_build_where_it_becomes_rare(endpoint: str) -> None:
    rules = contract_of(endpoint).fields.values()
    assert [rule for rule in rules if rule.filled and not rule.vital] == []
    assert any(rule.filled for rule in rules)


@pytest.mark.parametrize("endpoint", MODELLED)
def test_whatever_a_base_model_reads_is_in_a_contract(endpoint: str) -> None:
    together = [other for other in MODELLED if base_of(other) == base_of(endpoint)]
    known = {path for other in together for path in contract_of(other).fields}
    assert fields_read(endpoint) <= known


@pytest.mark.parametrize("endpoint", MODELLED)
def test_a_contract_is_written_as_the_transformer_writes_it(endpoint: str) -> None:
    text = (CONTRACTS / f"{endpoint}.json").read_text()
    assert contract_of(endpoint).to_text() == text


def test_accepting_adds_what_was_seen_and_nothing_else() -> None:
    agreed = Contract(
        fields={
            "rating": FieldRule(types=("number",), always=True),
            "reactions.*": FieldRule(types=("integer",)),
        }
    )
    seen = [("rating", "integer"), ("reactions.7", "integer")]
    assert extend_contract(agreed, seen) == agreed
    extended = extend_contract(agreed, [*seen, ("rating", "string"), ("hype", "null")])
    assert extended.fields == {
        **agreed.fields,
        "rating": FieldRule(types=("number", "string"), always=True),
        "hype": FieldRule(types=("null",)),
    }
