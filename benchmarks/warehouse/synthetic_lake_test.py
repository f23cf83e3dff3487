from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from benchmarks.warehouse import lake_writer, sandbox_pages
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import ManifestKey
from gamemarket.manifest import Manifest, find_current_manifests, read_manifest


def _pages(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], *words: str
) -> bytes:
    monkeypatch.setattr(sys, "argv", ["sandbox_pages.py", *words])
    sandbox_pages.main()
    return capsysbinary.readouterr().out


def _commit(monkeypatch: pytest.MonkeyPatch, folder: Path, pages: bytes) -> dict[str, Manifest]:
    monkeypatch.setattr(sys, "argv", ["lake_writer.py", str(folder)])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(pages)))
    lake_writer.main()
    lake = FolderLake.open(folder)
    keys: list[ManifestKey] = list(find_current_manifests(lake).values())
    return {key.partition.endpoint: read_manifest(lake, key) for key in keys}


def test_a_catalogue_is_committed_as_an_extraction_would(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    pages = _pages(monkeypatch, capsysbinary, "--games", "90")
    games = _commit(monkeypatch, tmp_path, pages)["games"]
    assert (games.rows, games.distinct_ids, len(games.pages)) == (90, 90, 3)
    (part,) = games.parts
    stored = (tmp_path / part.key).read_bytes()
    assert len(stored) == part.bytes
    lines = (
        zstandard.ZstdDecompressor().decompressobj().decompress(stored).splitlines(keepends=True)
    )
    assert lines == pages.splitlines(keepends=True)[-5::2]


def test_values_are_planted_in_the_last_rows(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    clean = _pages(monkeypatch, capsysbinary, "--games", "50").splitlines()
    faults = '[["metacritic", "N/A"], ["released", "TBA"]]'
    words = ("--games", "50", "--plant", faults)
    planted = _pages(monkeypatch, capsysbinary, *words).splitlines()
    differing = [(a, b) for a, b in zip(clean, planted, strict=True) if a != b]
    assert len(differing) == 1  # the last page
    assert differing[0][1].count(b'"metacritic":"N/A"') == 1
    first, last = (differing[0][1].index(b) for b in (b'"metacritic":"N/A"', b'"released":"TBA"'))
    assert first < last


def test_a_day_is_read_as_endpoints_say(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    words = ("--games", "9000", "--edited", "80", "--top", "60", "--details", "7")
    pages = _pages(monkeypatch, capsysbinary, *words, "--first", "1", "--last", "2")
    lines = pages.splitlines()
    edited = [
        (head, body)
        for head, body in zip(lines[::2], lines[1::2], strict=True)
        if b'"endpoint":"games"' in head
    ]
    assert len(edited) == 4
    for head, body in edited:
        day = b"2024-01-01" if b'"run_date":"2024-01-01"' in head else b"2024-01-02"
        assert body.count(b'"updated":"%b' % day) == 40
    manifests = _commit(monkeypatch, tmp_path, pages)
    rows = {name: manifests[name].rows for name in ("games", "games_top", "game_details")}
    assert rows == {"games": 80, "games_top": 60, "game_details": 7}
    assert str(manifests["genres"].run_date) == "2024-01-01"  # on the first of seven days


def test_a_catalogue_is_known_before_the_first_day(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    heads = _pages(monkeypatch, capsysbinary, "--games", "4100").splitlines()[::2]
    games = [head for head in heads if b'"endpoint":"games"' in head]
    days = [b"2023-12-30"] * 100 + [b"2023-12-31"] * 3
    assert [
        head.count(b'"run_date":"%b"' % day) for head, day in zip(games, days, strict=True)
    ] == [1] * 103
    assert all(b'"observed_at":"2023-12-31' in head for head in games)


def test_too_small_a_catalogue_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with pytest.raises(SystemExit, match="--games is too small"):
        _pages(monkeypatch, capsysbinary, "--games", "50", "--first", "2", "--last", "2")
