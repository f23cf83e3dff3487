"""Manifests are read once, and parts believed only as their manifests have them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from gamemarket.errors import LakeError
from gamemarket.folder_lake import FolderLake
from transformer.conftest import DAY_1, DAY_2, DAY_3, LakeWriter, Pipeline, game, page_of
from transformer.lake.lake_parts import LakeChanges, check_parts, read_lake


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The manifests that were read since the list was cleared."""
    found: list[str] = []
    get = FolderLake.get

    def noted(lake: FolderLake, key: object) -> bytes:
        if str(key).startswith("manifests/"):
            found.append(str(key).removeprefix("manifests/rawg/"))
        return get(lake, key)  # type: ignore[arg-type]

    monkeypatch.setattr(FolderLake, "get", noted)
    return found


def versions_of(*read: LakeChanges) -> dict[str, str]:
    """What a warehouse knows that has taken these one after the other."""
    known: dict[str, str] = {}
    for changes in read:
        known = {key: version for key, version in known.items() if key not in changes.left}
        known |= {one.manifest: one.manifest_version for one in changes.partitions}
    return known


def test_what_is_known_is_not_read_again(tmp_path: Path, opened: list[str]) -> None:
    lake = FolderLake.open(tmp_path)
    writer = LakeWriter(lake)
    writer.commit("games", DAY_1, page_of(game(1)))
    writer.commit("game_details", DAY_1, game(1), gone={2: None, 3: 1})
    writer.commit("games", DAY_2, page_of(game(1)))
    first = read_lake(lake, {})
    assert len(opened) == 3
    assert first.left == frozenset()
    opened.clear()
    known = versions_of(first)
    assert read_lake(lake, known) == LakeChanges()
    assert opened == []
    writer.commit("games", DAY_1, page_of(game(7)))  # a newer generation
    writer.commit("game_details", DAY_2, game(7))
    changes = read_lake(lake, known)
    assert sorted(opened) == [
        "game_details/run_date=2024-01-02/gen_001.json",
        "games/run_date=2024-01-01/gen_002.json",
    ]
    assert changes.left == {"manifests/rawg/games/run_date=2024-01-01/gen_001.json"}
    assert [(one.endpoint, one.generation) for one in changes.partitions] == [
        ("game_details", 1),
        ("games", 2),
    ]
    opened.clear()
    known = versions_of(first, changes)
    assert read_lake(lake, known) == LakeChanges()
    assert opened == []
    # Of a generation that is no more the one before it is current again.
    (tmp_path / "manifests/rawg/games/run_date=2024-01-01/gen_002.json").unlink()
    changes = read_lake(lake, known)
    assert changes.left == {"manifests/rawg/games/run_date=2024-01-01/gen_002.json"}
    assert [(one.endpoint, one.generation) for one in changes.partitions] == [("games", 1)]


def test_a_manifest_that_is_another_one_is_read(tmp_path: Path, opened: list[str]) -> None:
    """As in a lake that was restored or begun anew; what is no more there leaves."""
    lake = FolderLake.open(tmp_path)
    writer = LakeWriter(lake)
    for day in (DAY_1, DAY_2, DAY_3):
        writer.commit("games", day, page_of(game(1)))
    known = versions_of(read_lake(lake, {}))
    opened.clear()
    first, second, _ = sorted(tmp_path.rglob("gen_001.json"))
    os.utime(first, ns=(1, 1))
    second.unlink()
    changes = read_lake(lake, known)
    assert opened == ["games/run_date=2024-01-01/gen_001.json"]
    assert changes.left == {str(file.relative_to(tmp_path)) for file in (first, second)}
    assert [part.run_date for part in changes.parts] == [DAY_1]
    assert [one.run_date for one in changes.partitions] == [DAY_1]


def test_a_build_reads_the_manifests_that_are_new(pipeline: Pipeline, opened: list[str]) -> None:
    writer = pipeline.writer
    writer.commit("games", DAY_1, page_of(game(1, added=10)))
    writer.commit("game_details", DAY_1, game(1), gone={2: None})
    pipeline.build()
    later = datetime(2024, 1, 5, 12, tzinfo=UTC)
    writer.commit("games", DAY_2, page_of(game(1, added=99)), observed_at=later)
    opened.clear()
    pipeline.inspect()
    assert opened == ["games/run_date=2024-01-02/gen_001.json"]
    due = pipeline.rows("select run_date from lake.parts where is_due")
    assert due == [(DAY_2,)]
    assert pipeline.rows("select requested_id from lake.gone_details") == [(2,)]
    opened.clear()
    pipeline.inspect(full_refresh=True)
    assert len(opened) == 3


def test_a_part_that_is_no_json_is_named(tmp_path: Path) -> None:
    lake = FolderLake.open(tmp_path)
    key = LakeWriter(lake).commit("games", DAY_1, page_of(game(1)))
    (part,) = read_lake(lake, {}).parts
    body = zstandard.compress(b'{"results": [{"id"\n')
    (tmp_path / key).write_bytes(body)
    as_committed = replace(part, sha256=hashlib.sha256(body).hexdigest())
    with pytest.raises(LakeError, match=f"{key} is not pages of JSON"):
        check_parts(lake, [as_committed], lambda *_: None)
