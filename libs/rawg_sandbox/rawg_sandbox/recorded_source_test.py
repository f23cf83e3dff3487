import json
from pathlib import Path

import pytest

from rawg_sandbox.api import RawgApi
from rawg_sandbox.conftest import Asker
from rawg_sandbox.recorded_source import RecordedSource, RecordingError, split_rows

_ROW = '{ "id": 7,\n "rating": 4.50, "name": "Пример \\u00e9" }'


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    envelope = f'{{"count": 900, "next": null, "results": [{_ROW}, {{"id": 8}}], "filters": {{}}}}'
    _write(tmp_path, "games/list/unfiltered/001.json", envelope)
    _write(tmp_path, "games/bare-list/filtered/001.json", '[{"id": 7}, {"id": 9}]')
    _write(tmp_path, "games/item/filtered/001.json", '{"id": 10, "results": 5}')
    _write(tmp_path, "games_id/item/001.json", '{"id": 7, "slug": "seven"}')
    _write(tmp_path, "platforms_lists_parents/list/001.json", '{"results": [{"id": 1}]}')
    _write(tmp_path, "games_id_reddit/list/001.json", '{"results": [{"id": 1}]}')
    return tmp_path


def test_all_rows_are_served_in_the_order_of_files_duplicates_too(folder: Path) -> None:
    listing = RecordedSource(folder).list_rows("games", {"updated": "x"}, 0)
    rows = listing.rows(0, listing.count)
    assert [json.loads(row)["id"] for row in rows] == [7, 9, 10, 7, 8]
    assert listing.count == listing.reachable == 5


def test_rows_are_as_they_stand_in_the_file(folder: Path) -> None:
    listing = RecordedSource(folder).list_rows("games", {}, 0)
    assert _ROW.encode() in listing.rows(0, listing.count)


def test_rows_can_be_limited_to_those_whose_items_are_recorded(folder: Path) -> None:
    source = RecordedSource(folder)
    listing = source.list_rows("games", {"recorded_details": "only"}, 0)
    rows = listing.rows(0, listing.count)
    assert [json.loads(row)["id"] for row in rows] == [7, 7]
    assert source.list_rows("platforms/lists/parents", {"recorded_details": "only"}, 0).count == 0


def test_items_are_found_by_id_and_slug(folder: Path) -> None:
    source = RecordedSource(folder)
    expected = b'{"id": 7, "slug": "seven"}'
    assert source.detail("games", "7", 0) == source.detail("games", "seven", 0) == expected
    assert source.detail("games", "8", 0) is None


def test_pages_and_links_work_over_recordings(folder: Path) -> None:
    api = RawgApi(RecordedSource(folder), frozenset({"the-sandbox-key"}), counts_cached_seconds=0)
    asker = Asker(api, None, 0)  # type: ignore[arg-type]
    page = asker.get("/api/games", page_size=2, page=3)
    assert (page["count"], len(page["results"]), page["next"]) == (5, 1, None)
    assert asker.get("/api/platforms/lists/parents")["count"] == 1
    assert asker.get("/api/stores")["results"] == []


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recorded response below"):
        RecordedSource(tmp_path)


@pytest.mark.parametrize("text", ['{"results": [{"id": 1},', "<html>", ""])
def test_a_broken_recording_is_named(tmp_path: Path, text: str) -> None:
    _write(tmp_path, "games/list/bad.json", text)
    with pytest.raises(RecordingError, match=r"bad\.json is no JSON"):
        RecordedSource(tmp_path)


def test_a_single_row_and_an_empty_list_are_rows_too() -> None:
    assert split_rows('{"id": 1}') == ['{"id": 1}']
    assert split_rows("[]") == split_rows('{"results": []}') == []
