"""What rows of an endpoint are known to look like: analytics/contracts/<source>/<endpoint>.json.

A contract holds names and types, nothing of what was recorded. Endpoints without one (those that were
added to endpoints.json and are not modelled) are compared with what the warehouse has seen before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Contract", "FieldRule", "JsonType", "extend_contract", "load_contract"]

JsonType = Literal["null", "boolean", "integer", "number", "string", "array", "object"]


class FieldRule(BaseModel):
    """One field: its types; whether it always stands where it can.

    `vital`: marts are keyed, ranked or filtered by it, so nothing is loaded where it is lost. What any
    other field loses is null in the marts, with a warning. `filled`: nearly every row has something in it,
    however few know the game, so that a share which collapses is a loss.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: tuple[JsonType, ...] = Field(min_length=1)
    always: bool = False
    vital: bool = False
    filled: bool = False

    def allows(self, json_type: str) -> bool:
        """Whether a value of this type is as agreed; a whole number is a number."""
        return json_type in self.types or (json_type == "integer" and "number" in self.types)


class Contract(BaseModel):
    """The fields of an endpoint's rows, by path (see row_shapes)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, FieldRule]

    def rule_of(self, path: str) -> FieldRule | None:
        """The rule of a field; `reactions.*` is that of every field below `reactions`."""
        return self.fields.get(path) or self.fields.get(f"{path.rpartition('.')[0]}.*")

    def to_text(self) -> str:
        """The file: a line a field, sorted, so that a change of it is a readable diff."""
        lines = [
            f"  {json.dumps(path)}: {json.dumps(rule.model_dump(exclude_defaults=True))}"
            for path, rule in sorted(self.fields.items())
        ]
        return '{"fields": {\n' + ",\n".join(lines) + "\n}}\n"


def load_contract(source: str, endpoint: str) -> Contract | None:
    """The packed contract of an endpoint, or None when it has none."""
    file = files("analytics") / "contracts" / source / f"{endpoint}.json"
    return Contract.model_validate_json(file.read_bytes()) if file.is_file() else None


def extend_contract(contract: Contract | None, seen: Iterable[tuple[str, str]]) -> Contract:
    """The contract that also allows what was seen: pairs of path and type."""
    rules: dict[str, FieldRule] = dict(contract.fields) if contract else {}
    for path, types in _by_path(seen).items():
        rule = contract.rule_of(path) if contract else None
        if rule is None:
            rules[path] = FieldRule(types=tuple(sorted(types)))
        elif strange := {name for name in types if not rule.allows(name)}:
            rules[path] = rule.model_copy(update={"types": tuple(sorted({*rule.types, *strange}))})
    return Contract(fields=rules)


def _by_path(seen: Iterable[tuple[str, str]]) -> Mapping[str, set[JsonType]]:
    types: dict[str, set[JsonType]] = {}
    for path, json_type in seen:
        types.setdefault(path, set()).add(json_type)  # type: ignore[arg-type]
    return types
