"""What rows look like, told without keeping them."""

from __future__ import annotations

import json

import pytest
import zstandard

from transformer.lake.row_shapes import FieldShape, read_shapes


def pack(*lines: bytes) -> bytes:
    return zstandard.compress(b"".join(line + b"\n" for line in lines))


def page_of(*rows: object) -> bytes:
    return json.dumps({"count": len(rows), "results": rows}).encode()


def test_fields_are_named_by_their_paths_and_counted_by_type() -> None:
    shapes = read_shapes(
        pack(
            page_of({"id": 1, "rating": 0, "esrb": None}, {"id": 2, "rating": 4.5, "esrb": {}}),
            page_of({"id": "x", "genres": [{"id": 4}, {"name": "RPG"}], "esrb": {"slug": "teen"}}),
        )
    )
    assert shapes == {
        "esrb": FieldShape("esrb", {"null": 1, "object": 2}, 3, empty=2),
        "esrb.slug": FieldShape("esrb.slug", {"string": 1}, 2),
        "genres": FieldShape("genres", {"array": 1}, 3),
        "genres[]": FieldShape("genres[]", {"object": 2}, 1, is_element=True),
        "genres[].id": FieldShape("genres[].id", {"integer": 1}, 2),
        "genres[].name": FieldShape("genres[].name", {"string": 1}, 2),
        "id": FieldShape("id", {"integer": 2, "string": 1}, 3),
        "rating": FieldShape("rating", {"integer": 1, "number": 1}, 3),
    }


def test_a_page_that_is_no_list_is_one_row() -> None:
    shapes = read_shapes(pack(b'{"id": 3, "results": "none"}', b'{"detail": true}'))
    assert {path: shape.types for path, shape in shapes.items()} == {
        "detail": {"boolean": 1},
        "id": {"integer": 1},
        "results": {"string": 1},
    }


def test_frames_behind_the_first_are_read_too() -> None:
    part = pack(page_of({"id": 1})) + pack(page_of({"name": "later"}))
    assert set(read_shapes(part)) == {"id", "name"}


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="EOF"):
        read_shapes(pack(b'{"results": [{"id"'))


def test_rows_are_found_under_the_name_that_the_source_has_for_them() -> None:
    part = pack(b'{"entries": [{"id": 1, "results": []}], "total": 1}')
    assert set(read_shapes(part, "entries")) == {"id", "results"}


def test_a_page_is_a_row_where_no_field_holds_rows() -> None:
    part = pack(b'{"id": 3, "results": [{"name": "x"}]}')
    assert set(read_shapes(part, None)) == {"id", "results", "results[]", "results[].name"}
