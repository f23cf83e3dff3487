from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path
from typing import cast

import pytest

from gamemarket import lake_archive
from gamemarket.errors import ExitCode, LakeError, UsageError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_archive import load_lake, save_lake
from gamemarket.lake_keys import LakeKey

OBJECTS = {
    "ledger/2024-01/00000001.json": b"{}",
    "marts/current.json": b'{"build_id": "b"}',
    "raw/rawg/games/run_date=2024-01-02/part_000.json.zst": bytes(range(256)) * 5000,
    "raw/rawg/games/run_date=2024-01-03/part_000.json.zst": b"",
    "sources/rawg.json": b"[]",
}


@pytest.fixture
def archive(tmp_path: Path) -> io.BytesIO:
    """A lake of OBJECTS, saved."""
    lake, saved = FolderLake.open(tmp_path / "before"), io.BytesIO()
    for key, body in OBJECTS.items():
        assert lake.put_if_absent(cast(LakeKey, key), body)
    assert save_lake(lake, saved) == len(OBJECTS)
    return io.BytesIO(saved.getvalue())


def read_all(lake: FolderLake) -> dict[str, bytes]:
    return {stored.key: lake.get(stored.key) for stored in lake.list("")}


def test_a_lake_that_is_loaded_is_the_one_that_was_saved(
    archive: io.BytesIO, tmp_path: Path
) -> None:
    lake = FolderLake.open(tmp_path / "after")
    assert load_lake(lake, archive) == len(OBJECTS)
    assert read_all(lake) == OBJECTS


def test_an_archive_that_is_unpacked_is_a_lake_in_a_folder(
    archive: io.BytesIO, tmp_path: Path
) -> None:
    with tarfile.open(fileobj=archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    assert read_all(FolderLake.open(tmp_path / "unpacked")) == OBJECTS


def test_a_lake_with_objects_is_left_as_it_is(archive: io.BytesIO, tmp_path: Path) -> None:
    lake = FolderLake.open(tmp_path / "before")
    with pytest.raises(UsageError, match="into an empty lake"):
        load_lake(lake, archive)
    assert read_all(lake) == OBJECTS


def test_an_archive_that_was_cut_is_refused(archive: io.BytesIO, tmp_path: Path) -> None:
    half = archive.getvalue()[: len(archive.getvalue()) // 2]
    with pytest.raises(LakeError, match="The archive can't be read"):
        load_lake(FolderLake.open(tmp_path / "after"), io.BytesIO(half))


def test_what_it_does_not_know_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path))
    assert lake_archive.main([]) == ExitCode.USAGE
    assert "save (to standard output) or load" in capsys.readouterr().err


def test_it_speaks_through_standard_input_and_output(
    archive: io.BytesIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_LAKE_DIR", str(tmp_path / "after"))
    monkeypatch.delenv("DATA_LAKE_BUCKET", raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(archive))
    assert lake_archive.main(["load"]) == ExitCode.DONE
    said = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(said, write_through=True))
    assert lake_archive.main(["save"]) == ExitCode.DONE
    assert said.getvalue() == archive.getvalue()
