"""What policy documents allow, read as IAM reads them, as far as infra/ goes: names with `*`, StringEquals.

Two documents can be compared, too: what a role's policy allows and its boundary does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["Document", "find_outside", "is_allowed"]

type Document = Mapping[str, Any]


def is_allowed(document: Document, action: str, resource: str, **context: str) -> bool:
    """Whether a statement allows it; `context` has condition keys by name, `iam:X` as `iam__X`."""
    given = {name.replace("__", ":"): value for name, value in context.items()}
    return any(
        statement["Effect"] == "Allow"
        and _matches(action, statement["Action"])
        and _matches(resource, statement["Resource"])
        and _holds(statement.get("Condition", {}), given)
        for statement in document["Statement"]
    )


def find_outside(document: Document, boundary: Document) -> Iterator[str]:
    """What the document allows and the boundary does not, whatever the conditions."""
    for statement in document["Statement"]:
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                within = any(
                    _matches(action, one["Action"]) and _matches(resource, one["Resource"])
                    for one in boundary["Statement"]
                )
                if not within:
                    yield f"{action} on {resource}"


def _matches(name: str, patterns: str | list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _listed(patterns))


def _holds(
    conditions: Mapping[str, Mapping[str, str | list[str]]], given: Mapping[str, str]
) -> bool:
    assert conditions.keys() <= {"StringEquals"}, "another operator: teach it to this module"
    wanted = conditions.get("StringEquals", {})
    return all(given.get(name) in _listed(values) for name, values in wanted.items())


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
