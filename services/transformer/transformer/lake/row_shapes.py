"""What rows of a part look like: which fields they have, and of which JSON types.

A field is named by its path: `name`, `esrb_rating.slug`, `genres[].id`, `genres` for the list itself.
Rows are found as staging finds them: in the field of a page that holds them, or the page itself. Values
are looked at and forgotten: 100 MB of pages take about a second, in the memory of one page.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import zstandard
from pydantic_core import from_json

__all__ = ["JSON_TYPES", "FieldShape", "read_shapes", "shapes_of"]

_TYPE_NAMES: Final = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
JSON_TYPES: Final = tuple(_TYPE_NAMES.values())
_HOLDERS: Final = (str, list, dict)


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field: how many values of each type, and in how many objects it could have stood.

    `empty` of them are null, or a text, list or object without anything in it. `is_element` marks
    elements of a list (`genres[]`), which can't be missing.
    """

    path: str
    types: dict[str, int]
    parents: int
    is_element: bool = False
    empty: int = 0

    @property
    def count(self) -> int:
        """Values of any type."""
        return sum(self.types.values())


@dataclass(slots=True)
class _Node:
    types: Counter[type] = field(default_factory=Counter)
    fields: dict[str, _Node] = field(default_factory=dict)
    elements: _Node | None = None
    empty: int = 0

    def add(self, value: object) -> None:
        kind = type(value)
        self.types[kind] += 1
        if not value and (value is None or kind in _HOLDERS):
            self.empty += 1
        if kind is dict:
            fields = self.fields
            for name, inner in value.items():  # type: ignore[attr-defined]
                if name not in fields:
                    fields[name] = _Node()
                fields[name].add(inner)
        elif kind is list:
            if self.elements is None:
                self.elements = _Node()
            add = self.elements.add
            for inner in value:  # type: ignore[attr-defined]
                add(inner)

    def describe(self, path: str) -> Iterator[FieldShape]:
        """What is below this node; `path` is its own, empty for rows."""
        objects = self.types[dict]
        for name, inner in self.fields.items():
            below = f"{path}.{name}" if path else name
            yield _shape(below, inner, objects)
            yield from inner.describe(below)
        if self.elements is not None and self.elements.types:
            yield _shape(f"{path}[]", self.elements, self.types[list], is_element=True)
            yield from self.elements.describe(f"{path}[]")


def read_shapes(part: bytes, items: str | None = "results") -> dict[str, FieldShape]:
    """The fields of all rows of a part (one page a line, zstd), by path; ValueError: no JSON.

    `items` is the field of a page that holds its rows; None: each page is one row.
    """
    root = _Node()
    with zstandard.ZstdDecompressor().stream_reader(part, read_across_frames=True) as stream:
        for line in io.BufferedReader(stream):
            for row in _rows_of(from_json(line, cache_strings="keys"), items):
                root.add(row)
    return _describe(root)


def shapes_of(rows: Iterator[object]) -> dict[str, FieldShape]:
    """The same of rows that are parsed already."""
    root = _Node()
    for row in rows:
        root.add(row)
    return _describe(root)


def _rows_of(page: Any, items: str | None) -> list[object]:  # noqa: ANN401 - any JSON
    rows = page.get(items) if items and isinstance(page, dict) else None
    return rows if isinstance(rows, list) else [page]


def _describe(root: _Node) -> dict[str, FieldShape]:
    return {shape.path: shape for shape in sorted(root.describe(""), key=lambda shape: shape.path)}


def _shape(path: str, node: _Node, parents: int, *, is_element: bool = False) -> FieldShape:
    types = {_TYPE_NAMES[kind]: count for kind, count in node.types.items()}
    return FieldShape(path, dict(sorted(types.items())), parents, is_element, node.empty)
