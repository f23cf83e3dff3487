from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from extractor.conftest import LAYOUT
from extractor.pages.list_page import ListPage
from extractor.pages.page import Page, Slot
from extractor.pages.parts import DamagedPartError, PartWriter, open_part, read_part_ids
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import Partition
from gamemarket.manifest import PartRecord

GAMES = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 1))
NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def build_pages(numbers: range, row_bytes: int = 1, observed_at: datetime = NOON) -> Iterator[Page]:
    """One row a page; its id is the page's number."""
    for number in numbers:
        row = {"id": number, "text": "x" * row_bytes}
        body = json.dumps({"count": len(numbers), "next": None, "results": [row]})
        yield ListPage(Slot(number), 200, observed_at, body.encode(), LAYOUT)


def write_part(lake: FolderLake, pages: Iterator[Page]) -> PartRecord:
    writer = PartWriter(lake, GAMES, 1, "run1")
    for page in pages:
        writer.add(page.line, page.facts)
    writer.close()
    (part,) = writer.parts
    return part


def test_the_lines_of_a_part_are_its_pages(lake: FolderLake) -> None:
    pages = list(build_pages(range(1, 6)))
    part = write_part(lake, iter(pages))
    assert list(open_part(lake, part)) == [page.line for page in pages]
    assert list(read_part_ids(lake, part, "results")) == [1, 2, 3, 4, 5]


def test_reading_a_part_holds_a_page_of_it_at_a_time(lake: FolderLake) -> None:
    part = write_part(lake, build_pages(range(1, 201), row_bytes=100_000))
    tracemalloc.start()
    ids = sum(1 for _ in read_part_ids(lake, part, "results"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ids == 200
    assert peak < 2_000_000 < 200 * 100_000


def test_pages_of_another_time_begin_a_new_part(lake: FolderLake) -> None:
    minute = timedelta(minutes=1)
    ages = [0, 0, 10, 15, -15, 16, 200, 210, 0]  # minutes, in the order of the pages
    writer = PartWriter(lake, GAMES, 1, "run1")
    for number, age in enumerate(ages, start=1):
        (page,) = build_pages(range(number, number + 1), observed_at=NOON + age * minute)
        writer.add(page.line, page.facts)
    writer.close()
    parts = [(part.pages, (part.observed_at - NOON) / minute) for part in writer.parts]
    assert parts == [(5, 15), (1, 16), (2, 210), (1, 0)]


def test_a_day_of_observation_ends_at_midnight(lake: FolderLake) -> None:
    writer = PartWriter(lake, GAMES, 1, "run1")
    for hour, minute in ((23, 55), (0, 5)):
        at = datetime(2024, 1, 2 if hour else 3, hour, minute, tzinfo=UTC)
        (page,) = build_pages(range(1, 2), observed_at=at)
        writer.add(page.line, page.facts)
    writer.close()
    assert [part.pages for part in writer.parts] == [1, 1]


def test_a_part_that_is_not_as_committed_gives_no_line(lake: FolderLake) -> None:
    part = write_part(lake, build_pages(range(1, 3)))
    with pytest.raises(DamagedPartError, match=part.key):
        open_part(lake, part.model_copy(update={"sha256": "0"}))


def test_a_generation_that_is_opened_once_more_counts_its_parts_on(lake: FolderLake) -> None:
    numbers, put = count(1), []
    for pages in (range(1, 4), range(4, 6)):
        writer = PartWriter(lake, GAMES, 1, "run1", numbers)
        for page in build_pages(pages):
            writer.add(page.line, page.facts)
        writer.close()
        put += writer.parts
    assert [list(read_part_ids(lake, part, "results")) for part in put] == [[1, 2, 3], [4, 5]]
