from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from extractor.conftest import LAYOUT
from extractor.pages import parts
from extractor.pages.list_page import ListPage
from extractor.pages.page import Page, Slot
from extractor.pages.parts import PartWriter, open_part
from extractor.reading import assembly
from extractor.reading.assembly import Assembly
from gamemarket.errors import LakeError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import LakeKey, Partition

GAMES = Partition(source="rawg", endpoint="games", run_date=date(2024, 1, 1))


def build_page(number: int) -> Page:
    body = json.dumps({"count": 9, "next": None, "results": [{"id": number}]})
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    return ListPage(Slot(number), 200, noon, body.encode(), LAYOUT)


def load_nothing(slot: Slot) -> Page:
    raise AssertionError(f"{slot} is held")


@pytest.fixture
def writer(lake: FolderLake) -> PartWriter:
    return PartWriter(lake, GAMES, 1, "run1")


def read_lines(lake: FolderLake, writer: PartWriter) -> Iterator[bytes]:
    writer.close()
    for part in writer.parts:
        yield from open_part(lake, part)


def test_a_page_waits_for_those_before_it(lake: FolderLake, writer: PartWriter) -> None:
    begun, done = Assembly(writer), []
    for number in (3, 1, 5, 2):
        begun.add(build_page(number), load_nothing)
        done.append(begun.pages)
    assert done == [0, 1, 1, 3]
    assert list(read_lines(lake, writer)) == [build_page(number).line for number in (1, 2, 3)]


def test_what_there_is_no_room_for_is_loaded_when_its_turn_has_come(
    lake: FolderLake, writer: PartWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "_BYTES_HELD", len(build_page(3).body))
    begun = Assembly(writer)
    loaded: list[int] = []

    def load(slot: Slot) -> Page:
        loaded.append(slot.number)
        return build_page(slot.number)

    for number in (3, 4, 2, 1):
        begun.add(build_page(number), load)
    assert (begun.pages, loaded) == (4, [1, 2, 4])
    begun.add(build_page(5), load_nothing)  # there is room again
    assert list(read_lines(lake, writer)) == [build_page(number).line for number in range(1, 6)]


def test_a_part_that_cannot_be_put_ends_it(
    lake: FolderLake, writer: PartWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(lake: FolderLake, key: LakeKey, body: bytes) -> bool:
        raise LakeError("no space left")

    monkeypatch.setattr(parts, "PART_BYTES", 1)
    monkeypatch.setattr(FolderLake, "put_if_absent", refuse)
    begun = Assembly(writer)
    begun.add(build_page(1), load_nothing)
    with pytest.raises(LakeError, match="no space left"):
        begun.add(build_page(2), load_nothing)
    begun.add(build_page(3), load_nothing)  # other threads end what they have in flight
    assert (begun.pages, writer.parts) == (1, [])
