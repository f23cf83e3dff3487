"""What others leave in a lake's folder: file managers, sync tools, editors, an interrupted copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractor.api.claim_source import SourceClaim
from extractor.conftest import NOW, build_endpoint
from extractor.extract_endpoint import extract_endpoint
from extractor.inspection.collect_garbage import find_garbage
from extractor.inspection.status import read_status
from extractor.open_run import Run
from extractor.planning.decide import ReadOptions
from extractor.reading.open_generation import clear_leftovers
from gamemarket.errors import LakeError
from gamemarket.folder_lake import FolderLake

DAY = date(2024, 1, 1)
OF_THE_DAY = "rawg/games/run_date=2024-01-01"
COPY = "gen_001 (conflicted copy).json"
StartRun = Callable[..., Run]


def leave(lake: FolderLake, *places: str) -> list[str]:
    """Files of others in these folders; returns those that no rule hides."""
    for place in places:
        folder = Path(lake.uri, place)
        folder.mkdir(parents=True, exist_ok=True)
        for name in (".DS_Store", "._gen_001.json", COPY):
            (folder / name).write_bytes(b"")
    return [f"{place}/{COPY}" for place in places]


def test_a_day_is_read_and_looked_at_beside_what_others_left(
    lake: FolderLake,
    start_run: StartRun,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gamemarket.lake_keys._strangers", set())
    places = [f"{top}/{OF_THE_DAY}" for top in ("manifests", "inflight", "raw")]
    strangers = leave(lake, *places)
    leave(lake, "ledger/rawg/2024-01-01", "sources")
    clear_leftovers(lake, "rawg")
    summary = extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions())
    assert (summary.state, summary.rows) == ("committed", 25)
    assert extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions()).state == "done"
    assert [shown.state for shown in read_status(lake, [build_endpoint()], None, NOW)] == [
        "committed"
    ]
    assert find_garbage(lake, "rawg") == []
    for key in strangers:
        assert Path(lake.uri, key).exists()
        assert caplog.text.count(f"{key} is passed over") == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"host": 7}', b"\xff"])
def test_a_claim_that_says_nothing_is_refused_with_what_to_do(
    lake: FolderLake, body: bytes
) -> None:
    claim = Path(lake.uri, "sources/rawg.json")
    claim.parent.mkdir()
    claim.write_bytes(body)
    with pytest.raises(LakeError, match=r"sources/rawg\.json does not say which API"):
        SourceClaim(lake, "rawg", "127.0.0.1").check()


def test_a_commit_stands_when_its_checkpoints_cannot_be_removed(
    lake: FolderLake,
    start_run: StartRun,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise LakeError("the store refused it (403 AccessDenied).")

    with monkeypatch.context() as patch:
        patch.setattr(FolderLake, "delete", refuse)
        for state in ("committed", "done"):
            clear_leftovers(lake, "rawg")
            summary = extract_endpoint(start_run(), build_endpoint(), DAY, ReadOptions())
            assert (summary.state, summary.exit_code) == (state, 0)
    assert "its checkpoints stay for now: the store refused it" in caplog.text
    clear_leftovers(lake, "rawg")
    assert list(lake.list("inflight/")) == []
