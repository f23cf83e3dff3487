from __future__ import annotations

import json
from datetime import date

import pytest

from extractor.conftest import NOW, build_endpoint
from extractor.reading.choose_details import Choice, RequestedItem
from extractor.reading.query import DetailQuery, Query, build_detail_query, build_query, parse_query
from gamemarket.sources import PageNumbers

DAY = date(2024, 1, 1)
ITEMS = [RequestedItem(id=n, updated="2024-01-01T10:00:00", added=9 - n) for n in range(1, 6)]


def build_list() -> Query:
    return build_query(build_endpoint(), PageNumbers(), DAY, max_pages=None, run_id="run1", now=NOW)


def test_a_query_reads_back_as_it_was() -> None:
    details = build_detail_query(build_list(), 3, Choice(ITEMS, ()))
    assert parse_query(build_list().to_bytes()) == build_list()
    assert parse_query(details.to_bytes()).to_bytes() == details.to_bytes()
    assert parse_query(details.to_bytes()).model_dump()["left_out"][0].keys() == {
        *("id", "updated", "added", "released")
    }


def test_what_the_budget_does_not_reach_is_left_out_where_a_list_of_the_day_names_it() -> None:
    inherited = ITEMS[3].model_copy(update={"is_listed": False})
    due = [*ITEMS[:3], inherited]
    query = build_detail_query(build_list(), 2, Choice(due, ITEMS[4:]))
    assert [item.id for item in query.requested] == [1, 2]
    assert [item.id for item in query.left_out] == [3, 5]


def test_a_query_of_details_that_a_former_version_began_is_gone_on_with() -> None:
    fields = json.loads(build_list().to_bytes())
    listed = [{"id": n, "updated": None, "added": None, "released": None} for n in range(1, 6)]
    former = {
        "wanted": listed[:4],
        "left_out": listed[4:],
        "daily_requests": 4,
        "fresh": 3,
        "inherited": [2],
        "failed_before": [3],
    }
    query = parse_query(json.dumps(fields | former).encode())
    assert isinstance(query, DetailQuery)
    assert [(i.id, i.failures, i.is_listed, i.is_expected) for i in query.requested] == [
        (1, 0, True, True),
        (2, 0, False, False),
        (3, 1, True, False),
        (4, 1, True, False),
    ]
    assert [item.id for item in query.left_out] == [5]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"requested": []}'])
def test_what_is_no_query_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_query(body)
