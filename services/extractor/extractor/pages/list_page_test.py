from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from extractor.conftest import LAYOUT
from extractor.pages.list_page import Layout, ListPage
from extractor.pages.page import MisshapenPageError, Page, Slot, UnusablePageError
from extractor.pages.rows import read_rows
from gamemarket.sources import Offsets

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def build_page(body: bytes, number: int = 1) -> ListPage:
    return ListPage(Slot(number), 200, NOON, body, LAYOUT)


def test_a_page_is_one_line_that_says_the_same() -> None:
    text = json.dumps({"count": 1, "next": None, "results": [{"id": 1, "name": "a\nb"}]}, indent=1)
    page = build_page(text.replace("\n", "\r\n").encode())
    assert page.line.count(b"\n") == 1
    assert json.loads(page.line) == json.loads(text)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"count": 1, "results": [{"id": 1}', "Invalid JSON: EOF"),
        (b"[]", "object"),
        (b'{"redirect": true, "slug": "x"}', "count: Field required"),
        (b'{"count": true, "results": []}', "count: Input should be a valid integer"),
        (b'{"count": 1, "results": {}}', "results: Input should be a valid array"),
        (b'{"count": 2, "results": [{"name": "x"}, {"id": "1"}]}', "none of its 2 rows has an id"),
        (b'{"count": 9, "results": []}', "said to have 9 rows"),
    ],
)
def test_what_is_no_page_is_not_believed_and_told_without_its_text(
    body: bytes, reason: str
) -> None:
    with pytest.raises(UnusablePageError, match=reason):
        build_page(body).check()


def test_ids_are_what_the_warehouse_calls_bigint() -> None:
    body = b'{"count": 2, "next": null, "results": [{"id": 1}, {"id": 9223372036854775807}]}'
    page = build_page(body)
    page.check()
    assert list(page.facts.ids) == [1, 2**63 - 1]
    assert (page.facts.rejected, read_rows(page.line, "results")) == (0, (2, page.facts.ids))


@pytest.mark.parametrize(
    "row",
    [
        '{"id": "5"}',
        '{"id": 5.0}',
        '{"id": 0}',
        '{"id": -1}',
        '{"id": 9223372036854775808}',
        '{"id": 18446744073709551616}',
        '{"id": true}',
        '{"id": null}',
        '{"name": "no id"}',
        "[1]",
        "null",
    ],
)
def test_a_row_that_is_none_withholds_no_other(row: str) -> None:
    page = build_page(f'{{"count": 2, "next": null, "results": [{row}, {{"id": 7}}]}}'.encode())
    page.check()
    assert (page.facts.rows, list(page.facts.ids), page.facts.rejected) == (2, [7], 1)
    assert row.encode() in page.line
    assert list(page.values("name"))[1:] == [None]


def test_a_list_of_one_row_that_is_none_is_a_list() -> None:
    page = build_page(b'{"count": 1, "results": [{"id": "5"}]}')
    page.check()
    assert (page.facts.rows, page.facts.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("link", "has_next"),
    [
        ('""', False),
        ("null", False),
        ("false", False),
        ("true", True),
        ('"x"', True),
    ],
)
def test_an_empty_link_leads_nowhere(link: str, has_next: bool) -> None:
    page = build_page(f'{{"count": 1, "next": {link}, "results": [{{"id": 1}}]}}'.encode())
    assert page.facts.has_next is has_next


def test_an_empty_list_may_be_null() -> None:
    page = build_page(b'{"count": 0, "next": null, "results": null}')
    page.check()
    assert (page.facts.rows, list(page.values("id")), read_rows(page.line, "results")[0]) == (
        0,
        [],
        0,
    )
    with pytest.raises(UnusablePageError, match="said to have 3 rows"):
        build_page(b'{"count": 3, "next": null, "results": null}').check()


def test_what_is_json_and_no_page_is_told_from_what_is_no_json() -> None:
    with pytest.raises(MisshapenPageError):
        build_page(b'{"count": 1, "rows": []}').check()
    with pytest.raises(UnusablePageError) as refused:
        build_page(b"<html>maintenance</html>").check()
    assert not isinstance(refused.value, MisshapenPageError)


OFFSETS = Offsets(
    offset_parameter="offset",
    limit_parameter="limit",
    items="rows",
    count="total",
    next=None,
    behind_the_end="empty_page",
)


def build_offset_page(number: int, rows: int, total: int, **others: object) -> Page:
    body = {"rows": [{"id": n} for n in range(1, rows + 1)], "total": total, **others}
    return ListPage(
        Slot(number), 200, NOON, json.dumps(body).encode(), Layout(OFFSETS, page_size=5)
    )


@pytest.mark.parametrize(
    ("number", "rows", "total", "has_next"),
    [(1, 5, 12, True), (2, 5, 12, True), (3, 2, 12, False), (2, 5, 10, False), (1, 0, 0, False)],
)
def test_a_list_without_a_link_goes_on_as_its_count_says(
    number: int, rows: int, total: int, has_next: bool
) -> None:
    page = build_offset_page(number, rows, total, next="of no meaning here", results=None)
    page.check()
    assert (page.facts.has_next, page.facts.count) == (has_next, total)
    assert len(page.facts.ids) == rows


def test_an_empty_page_is_behind_the_end_if_the_count_agrees() -> None:
    page = build_offset_page(4, 0, 12)
    page.check()
    assert page.facts.is_behind_the_end
    with pytest.raises(UnusablePageError, match="said to have 16 rows"):
        build_offset_page(4, 0, 16).check()


def test_a_reason_names_the_field_as_the_source_does() -> None:
    page = ListPage(Slot(1), 200, NOON, b'{"rows": {}, "total": 1}', Layout(OFFSETS, page_size=5))
    with pytest.raises(UnusablePageError, match=r"rows: Input should be a valid array"):
        page.check()
