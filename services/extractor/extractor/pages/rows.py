"""Rows as they stand in a body: which are believed to be rows, and the ids of those that have one."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from types import new_class
from typing import Annotated, TypedDict

from pydantic import ConfigDict, Field, TypeAdapter, with_config

# One domain of ids for the lake and the warehouse, whose type they have: BIGINT.
_Id = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
# What is something else is kept as it is, so that one row never withholds a list.
_ROW_OR_NONE = Field(union_mode="left_to_right")


class Row(TypedDict, total=False):
    """What is believed of a row."""

    id: Annotated[_Id | object, _ROW_OR_NONE]


Rows = list[Annotated[Row | object, _ROW_OR_NONE]]


class Item(TypedDict, total=False):
    """A detail; one that was merged into another is `{"redirect": true, "slug": "other"}`."""

    id: object
    redirect: object
    slug: object


class _Page(TypedDict):
    items: Rows | None


ITEM = TypeAdapter(Item)


def ids_of(rows: Sequence[object]) -> array[int]:
    """The ids of the rows that have one."""
    ids = (row.get("id") for row in rows if isinstance(row, dict))
    return array("Q", [key for key in ids if type(key) is int and 0 < key < 2**63])


def read_rows(body: bytes, items: str | None) -> tuple[int, array[int]]:
    """How many rows a page has that was believed before, and the ids of those that have one.

    `items` is the field that holds a page's rows; None: the body is a row itself, a detail.
    """
    rows = (
        [ITEM.validate_json(body)]
        if items is None
        else _build_rows(items).validate_json(body)["items"] or []
    )
    return len(rows), ids_of(rows)


@cache
def _build_rows(items: str) -> TypeAdapter[_Page]:
    return rename_fields(_Page, {"items": items})


def rename_fields[Shape](shape: type[Shape], names: Mapping[str, str]) -> TypeAdapter[Shape]:
    """Parses objects whose fields have other `names` than `shape`, a TypedDict, has for them.

    A name is asked for in objects within, too; what `names` lacks keeps its own.
    """
    # mypy 1.19 loses classes that are made within functions when it reads its cache.
    module = {"__module__": shape.__module__}  # where the types of its fields are looked up
    named = new_class("Named", (shape,), exec_body=lambda body: body.update(module))
    config = ConfigDict(alias_generator=lambda name: names.get(name, name))
    return TypeAdapter(with_config(config)(named))
