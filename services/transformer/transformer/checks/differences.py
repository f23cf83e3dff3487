"""`transformer drift`: in what the rows that builds have looked at differ from the contracts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TextIO

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.markup import escape

from gamemarket.errors import UsageError
from gamemarket.run_summary import print_records
from transformer.checks.contracts import Contract, extend_contract, load_contract
from transformer.checks.drift import DriftKind, RunDates, SeenField

__all__ = ["Difference", "accept_seen_fields", "list_differences", "print_differences"]


class Difference(BaseModel):
    """A type that a contract does not allow: of a field it does not have, or of one it has."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    kind: DriftKind
    field: str
    found: str
    expected: tuple[str, ...]
    first_run_date: date
    last_run_date: date


def list_differences(seen: Mapping[SeenField, RunDates]) -> list[Difference]:
    """By endpoint and field; endpoints without a contract have none."""
    found = []
    for (source, endpoint, field, json_type), (first, last) in sorted(seen.items()):
        contract = load_contract(source, endpoint)
        rule = contract.rule_of(field) if contract else None
        if contract is None or (rule and rule.allows(json_type)):
            continue
        found.append(
            Difference(
                endpoint=endpoint,
                kind="changed_type" if rule else "new_field",
                field=field,
                found=json_type,
                expected=rule.types if rule else (),
                first_run_date=first,
                last_run_date=last,
            )
        )
    return found


def print_differences(differences: Sequence[Difference], stream: TextIO | None = None) -> None:
    """A line a difference: text on a terminal, JSON elsewhere."""
    stream = stream or sys.stdout
    if stream.isatty() and not differences:
        stream.write("All rows that builds have looked at are as the contracts say.\n")
        return
    if not stream.isatty():
        print_records(differences, (), "", stream)
        return
    console = Console(file=stream, highlight=False)
    for one in differences:
        expected = f", expected {' or '.join(one.expected)}" if one.expected else ""
        console.print(
            f"{one.kind.replace('_', ' '):12} [bold]{one.endpoint}: {escape(one.field)}[/]: "
            f"{one.found}{expected}, on run dates {one.first_run_date} to {one.last_run_date}",
            soft_wrap=True,
        )


def accept_seen_fields(endpoint: str, seen: Mapping[SeenField, RunDates]) -> Contract:
    """The endpoint's contract, which also allows what was seen; UsageError: nothing was."""
    found = [(field, json_type) for (_, name, field, json_type) in seen if name == endpoint]
    source = next((source for (source, name, _, _) in seen if name == endpoint), "")
    if not found:
        names = ", ".join(sorted({name for (_, name, _, _) in seen})) or "none at all"
        raise UsageError(f"No rows of '{endpoint}' were seen yet, but rows of: {names}.")
    return extend_contract(load_contract(source, endpoint), found)
