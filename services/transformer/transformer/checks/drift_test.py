"""What counts as drift, and what of it stops a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import pytest

from transformer.checks.contracts import Contract, FieldRule
from transformer.checks.drift import DriftWatch, Finding
from transformer.lake.lake_parts import LakePart
from transformer.lake.row_shapes import shapes_of

type Row = Mapping[str, object]

CONTRACT = Contract(
    fields={
        "id": FieldRule(types=("integer",), always=True, vital=True),
        "score": FieldRule(types=("integer", "null"), always=True, vital=True),
        "extra": FieldRule(types=("integer",), always=True),
        "rating": FieldRule(types=("number",), always=True),
        "clip": FieldRule(types=("null", "object"), always=True),
        "clip.url": FieldRule(types=("string",), always=True, vital=True),
        "genres": FieldRule(types=("array",)),
        "genres[]": FieldRule(types=("object",), vital=True),
        "reactions": FieldRule(types=("object",)),
        "reactions.*": FieldRule(types=("integer",)),
    }
)


def rows(count: int, **fields: object) -> list[Row]:
    return [
        {"id": n, "score": n, "rating": 1.5, "extra": 1, "clip": None, **fields}
        for n in range(count)
    ]


def part(name: str = "part", day: int = 1) -> LakePart:
    at = datetime(2024, 1, day, tzinfo=UTC)
    return LakePart("rawg", "games", at.date(), name, at, 1, "")


def find(*parts: Sequence[Row], watch: DriftWatch | None = None) -> list[Finding]:
    watch = watch or DriftWatch({}, lambda *_: CONTRACT)
    for number, listed in enumerate(parts, 1):
        watch.look(part(f"part {number}"), shapes_of(iter(listed)))
    return watch.findings()


def test_rows_as_agreed_are_no_finding() -> None:
    whole_rating = rows(30, rating=0, clip={"url": "x"}, reactions={"1": 3, "12": 1})
    assert find(rows(30), whole_rating, []) == []


def test_a_new_field_is_named_once_for_all_parts_and_stops_nothing() -> None:
    (found,) = find(rows(3, hype={"week": 1}), rows(2, hype={"week": None}))
    assert (found.kind, found.field, found.is_error) == ("new_field", "hype", False)
    assert found.describe() == "hype: object in 3 of 3, in part 1 and 1 more part(s)"


@pytest.mark.parametrize(
    ("strange", "fine", "stops"),
    [(1, 0, False), (19, 0, False), (20, 0, True), (20, 180, False), (21, 180, True)],
)
def test_another_type_in_a_vital_field_stops_the_build_when_it_is_many(
    strange: int, fine: int, stops: bool
) -> None:
    (found,) = find([*rows(strange, score="N/A"), *rows(fine)])
    assert (found.kind, found.field, found.is_error) == ("changed_type", "score", stops)
    assert found.expected == "integer or null"


@pytest.mark.parametrize("field", ["rating", "extra"])
def test_another_type_in_any_other_field_is_a_warning(field: str) -> None:
    (found,) = find(rows(500, **{field: "good"}))
    assert (found.kind, found.field, found.is_error) == ("changed_type", field, False)


def test_a_list_whose_elements_are_of_another_type_is_found() -> None:
    (found,) = find([*rows(30, genres=[{}, {}]), *rows(10, genres=["Action", "RPG"])])
    assert (found.kind, found.field, found.is_error) == ("changed_type", "genres[]", True)
    assert found.found == "string in 20 of 40"


def test_nulls_where_none_were_seen_are_a_warning() -> None:
    (found,) = find(rows(500, id=None))
    assert (found.kind, found.field, found.is_error) == ("changed_type", "id", False)


@pytest.mark.parametrize(
    ("without", "stops"),
    [("score", True), ("extra", False), ("rating", False)],
    ids=["vital", "read", "not read"],
)
def test_a_field_that_is_in_no_row_of_a_part_is_missing(without: str, stops: bool) -> None:
    def cut(count: int) -> list[Row]:
        return [{k: v for k, v in row.items() if k != without} for row in rows(count)]

    (found,) = find(rows(9), cut(5))
    assert (found.kind, found.field, found.is_error) == ("missing_field", without, stops)
    assert "part 2" in found.describe()
    assert find(cut(4)) == []
    assert find([*cut(50), *rows(1)]) == []


def test_a_field_inside_an_object_is_missing_where_the_object_is_there() -> None:
    assert find(rows(9, clip=None)) == []
    found = find(rows(9, clip={"other": "x"}))
    assert [(f.kind, f.field, f.is_error) for f in found] == [
        ("missing_field", "clip.url", True),
        ("new_field", "clip.other", False),
    ]


def test_an_endpoint_without_a_contract_is_compared_with_what_was_seen() -> None:
    def none_agreed(*_: str) -> None:
        return None

    load: Callable[[str, str], Contract | None] = none_agreed
    first = DriftWatch({}, load)
    assert find([{"a": 1}], watch=first) == []
    second = DriftWatch(first.seen, load)
    found = find([{"a": 1, "b": 2}, {"a": "x"}], watch=second)
    assert [(f.kind, f.field) for f in found] == [("changed_type", "a"), ("new_field", "b")]


def test_what_was_seen_knows_its_first_and_last_day() -> None:
    watch = DriftWatch({}, lambda *_: None)
    for day in (5, 3, 4):
        watch.look(part("any", day), shapes_of(iter([{"a": 1}])))
    days = {("rawg", "games", "a", "integer"): (date(2024, 1, 3), date(2024, 1, 5))}
    assert watch.seen == days
