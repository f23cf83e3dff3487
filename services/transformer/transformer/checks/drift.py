"""Schema drift: what parts hold against the contract, before anything of them is loaded.

What is a warning, and what an error that stops the build: docs/dwh_design.md, "Schema drift".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from transformer.checks.contracts import Contract, FieldRule, extend_contract, load_contract
from transformer.checks.kept_table import KeptTable
from transformer.lake.lake_parts import LakePart
from transformer.lake.row_shapes import FieldShape
from transformer.warehouse.lake_tables import Database

__all__ = [
    "DriftKind",
    "DriftWatch",
    "Finding",
    "RunDates",
    "SeenField",
    "find_drift",
    "keep_seen_fields",
    "read_seen_fields",
]

# A type that a field has had: source, endpoint, path, type.
type SeenField = tuple[str, str, str, str]
# The first and the last on which it was seen.
type RunDates = tuple[date, date]

_SEEN: Final = KeptTable(
    "lake.seen_fields",
    {
        "source_system": "varchar",
        "endpoint": "varchar",
        "field": "varchar",
        "value_type": "varchar",
        "first_run_date": "date",
        "last_run_date": "date",
    },
)

DriftKind = Literal["new_field", "changed_type", "missing_field", "fewer_values"]

# A changed type stops the build when so many values have it: fewer are dirty rows, not a new API.
_CHANGED_SHARE: Final = 0.1
_CHANGED_VALUES: Final = 20
# Objects that must lack a field before it counts as missing.
_ENOUGH_OBJECTS: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference in one endpoint: in `part_count` parts, `part` being the first by name."""

    endpoint: str
    kind: DriftKind
    field: str
    found: str
    expected: str
    part: str
    part_count: int
    is_error: bool

    def describe(self) -> str:
        """One sentence: what, where, how much of it."""
        more = f" and {self.part_count - 1} more part(s)" if self.part_count > 1 else ""
        expected = f", expected {self.expected}" if self.expected else ""
        return f"{self.field}: {self.found}{expected}, in {self.part}{more}"

    def with_another(self, other: Finding) -> Finding:
        """The same difference, found in one more part."""
        return replace(
            self,
            part_count=self.part_count + other.part_count,
            is_error=self.is_error or other.is_error,
        )


class DriftWatch:
    """Looks at parts one after the other and keeps what was found, not the parts.

    `seen` is what builds before this one have looked at: the contract of endpoints without one. It
    becomes what this one has looked at, too.
    """

    def __init__(
        self,
        seen: Mapping[SeenField, RunDates],
        load: Callable[[str, str], Contract | None] = load_contract,
    ) -> None:
        """Starts without findings."""
        self._before = frozenset(seen)
        self._load = load
        self._contracts: dict[tuple[str, str], Contract | None] = {}
        self._findings: dict[tuple[str, DriftKind, str, str], Finding] = {}
        self.seen = dict(seen)

    def look(self, part: LakePart, shapes: Mapping[str, FieldShape]) -> None:
        """Takes one part's fields into account."""
        day = part.run_date
        for shape in shapes.values():
            for json_type in shape.types:
                key = (part.source_system, part.endpoint, shape.path, json_type)
                first, last = self.seen.get(key, (day, day))
                self.seen[key] = min(first, day), max(last, day)
        contract = self._contract(part)
        for finding in find_drift(part, shapes, contract) if contract else ():
            key_of = (finding.endpoint, finding.kind, finding.field, finding.expected)
            known = self._findings.get(key_of)
            self._findings[key_of] = known.with_another(finding) if known else finding

    def findings(self) -> list[Finding]:
        """Every difference once, errors first."""
        return sorted(
            self._findings.values(), key=lambda f: (not f.is_error, f.endpoint, f.field, f.kind)
        )

    def _contract(self, part: LakePart) -> Contract | None:
        name = (part.source_system, part.endpoint)
        if name not in self._contracts:
            seen = [(f, t) for s, e, f, t in self._before if (s, e) == name]
            agreed = self._load(*name)
            self._contracts[name] = agreed or (extend_contract(None, seen) if seen else None)
        return self._contracts[name]


def find_drift(
    part: LakePart, shapes: Mapping[str, FieldShape], contract: Contract
) -> Iterator[Finding]:
    """The differences of one part's rows, by path."""
    new: tuple[str, ...] = ()
    for path in sorted({*contract.fields, *shapes}):
        rule, shape = contract.rule_of(path), shapes.get(path)
        kind: DriftKind
        if path.startswith(new):  # what stands below a new field is part of it
            continue
        if rule is None and shape is not None:
            kind, found, is_error = "new_field", _counted(shape, shape.types), False
            new += (f"{path}.", f"{path}[")
        elif rule and shape and (strange := _find_strange(rule, shape)):
            kind, found = "changed_type", _counted(shape, strange)
            is_error = rule.vital and _are_many(strange, shape)
        elif rule and rule.always and not shape and _objects_above(path, shapes) >= _ENOUGH_OBJECTS:
            kind, found = "missing_field", f"in none of {_objects_above(path, shapes)}"
            is_error = rule.vital
        else:
            continue
        expected = _listed(rule.types) if rule else ""
        yield Finding(part.endpoint, kind, path, found, expected, part.file_name, 1, is_error)


def _find_strange(rule: FieldRule, shape: FieldShape) -> dict[str, int]:
    return {name: count for name, count in shape.types.items() if not rule.allows(name)}


def _are_many(strange: Mapping[str, int], shape: FieldShape) -> bool:
    values = sum(count for name, count in strange.items() if name != "null")
    return values >= _CHANGED_VALUES and values > _CHANGED_SHARE * shape.count


def _objects_above(path: str, shapes: Mapping[str, FieldShape]) -> int:
    """How many objects could have held the field; elements of lists are never missing."""
    if path.endswith("[]"):
        return 0
    above = path.rpartition(".")[0]
    siblings = (s for s in shapes.values() if s.path.rpartition(".")[0] == above)
    return next((s.parents for s in siblings if not s.is_element), 0)


def _counted(shape: FieldShape, types: Mapping[str, int]) -> str:
    return f"{_listed(types)} in {sum(types.values())} of {shape.parents or shape.count}"


def _listed(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def keep_seen_fields(db: Database, seen: Mapping[SeenField, RunDates]) -> None:
    """Replaces what the next build knows."""
    _SEEN.replace(db, [(*field, *dates) for field, dates in seen.items()])


def read_seen_fields(db: Database) -> dict[SeenField, RunDates]:
    """Every field that builds have seen, with its first and last run date."""
    rows = _SEEN.read(db)
    return {(source, name, field, kind): (a, b) for source, name, field, kind, a, b in rows}
