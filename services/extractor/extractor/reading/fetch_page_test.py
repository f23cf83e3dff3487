from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import date

import pytest
from pydantic_core import from_json

from extractor.conftest import NOW, Answer, LoopbackApi, build_endpoint
from extractor.open_run import Run
from extractor.pages.page import Page, Slot
from extractor.pages.parts import PartWriter
from extractor.reading.fetch_page import PageFetcher
from extractor.reading.open_generation import OpenGeneration
from extractor.reading.query import build_query
from gamemarket.errors import UsageError
from gamemarket.lake_keys import Partition
from gamemarket.sources import PageNumbers, Paging

DAY = date(2024, 1, 1)
Read = Callable[..., Page]


@pytest.fixture
def read(start_run: Callable[..., Run]) -> Read:
    """Fetches a page of the list into the lake, and takes it from there."""

    def fetch(number: int, paging: Paging | None = None) -> Page:
        run, endpoint = start_run(), build_endpoint()
        partition = Partition(source="rawg", endpoint=endpoint.name, run_date=DAY)
        query = build_query(
            endpoint, paging or PageNumbers(), DAY, max_pages=None, run_id=run.run_id, now=NOW
        )
        writer = PartWriter(run.lake, partition, 1, run.run_id)
        opened = OpenGeneration(run.lake, run.pool, writer)
        with closing(opened) as generation:
            reading = generation.begin_reading(query)
            PageFetcher(run.api).fetch(reading, Slot(number))
            return reading.load(Slot(number))

    return fetch


def page_body(**changes: object) -> bytes:
    envelope = {"count": 9, "next": None, "previous": None, "results": [{"id": 1}]}
    return json.dumps(envelope | changes).encode()


def test_a_page_behind_the_end_is_an_empty_page(read: Read) -> None:
    facts = read(6).facts
    assert facts.is_behind_the_end
    assert (list(facts.ids), facts.count) == ([], None)


def test_a_page_that_should_be_empty_and_is_not_found_is_an_error(
    api: LoopbackApi, read: Read
) -> None:
    api.next_answers.append(Answer(404, b"no such path"))
    with pytest.raises(UsageError, match="has nothing at"):
        read(2, PageNumbers(behind_the_end="empty_page"))


def test_an_empty_list_is_a_page(api: LoopbackApi, read: Read) -> None:
    api.rows = []
    assert read(1).facts.count == 0


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"<html>404 Not Found</html>"),
        Answer(200, b"<html>maintenance</html>"),
        Answer(200, page_body()[:40]),
        Answer(200, b'{"redirect": true, "slug": "x"}'),
        Answer(200, page_body(results=[])),
        Answer(200, page_body(results=None)),
        Answer(200, page_body(count=None)),
        Answer(200, b"[]"),
        Answer(200, b""),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:24]!r}",
)
def test_what_is_no_page_now_is_asked_for_again(
    api: LoopbackApi, read: Read, answer: Answer
) -> None:
    api.next_answers.append(answer)
    assert list(read(2).facts.ids) == [6, 7, 8, 9, 10]
    assert api.pages_asked == [2, 2]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (page_body().decode().encode("utf-8-sig"), None),
        (page_body().decode().encode("utf-16"), None),
        (page_body().decode().encode("utf-16-le"), None),
        (page_body(results=[{"id": 1, "name": "?"}]).replace(b"?", b"a\xff"), "a\ufffd"),
        (page_body(results=[{"id": 1, "name": "?"}]).replace(b"?", b"a\\ud83d"), "a\ufffd"),
        (
            page_body(results=[{"id": 1, "name": "?"}]).replace(
                b"?", rb"\\ud83d \ud83d\ude00 \ud83d\ud83d\ude00 \ude00"
            ),
            "\\ud83d \U0001f600 \ufffd\U0001f600 \ufffd",
        ),
    ],
    ids=["BOM", "UTF-16", "UTF-16 without a mark", "bad UTF-8", "half a pair", "pairs and halves"],
)
def test_text_that_no_reader_takes_is_mended_and_withholds_no_list(
    api: LoopbackApi, read: Read, body: bytes, name: str | None
) -> None:
    api.next_answers.append(Answer(200, body))
    row = from_json(read(1).line)["results"][0]
    assert (row["id"], row.get("name")) == (1, name)
