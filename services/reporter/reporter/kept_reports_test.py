from __future__ import annotations

import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import LakeKey, ReportKey
from reporter.conftest import BUILD_ID, Home
from reporter.kept_reports import find_newest, keep_report


@pytest.fixture
def lake(home: Home) -> FolderLake:
    return FolderLake.open(home.settings.lake_dir)


def edition(number: int) -> ReportKey:
    return ReportKey(build_id=BUILD_ID, edition=number)


def test_the_same_page_is_kept_once(lake: FolderLake) -> None:
    assert [keep_report(lake, BUILD_ID, b"<p>page") for _ in range(2)] == [edition(1)] * 2
    assert [one.key for one in lake.list("marts/")] == [str(edition(1))]


def test_another_reporters_page_is_the_next_edition_and_the_former_stays(lake: FolderLake) -> None:
    for body in (b"<p>former", b"<p>newer", b"<p>former"):  # an upgrade, and back
        keep_report(lake, BUILD_ID, body)
    kept = [lake.get(one.key) for one in lake.list("marts/")]
    assert kept == [b"<p>former", b"<p>newer", b"<p>former"]
    assert find_newest(lake, BUILD_ID) == edition(3)


def test_editions_are_counted_not_spelled_and_are_of_their_build_alone(lake: FolderLake) -> None:
    for key in (edition(999), edition(1000), ReportKey(build_id=f"{BUILD_ID}-2", edition=1001)):
        lake.put_if_absent(key, b"<p>page")
    assert find_newest(lake, BUILD_ID) == edition(1000)


def test_what_is_no_builds_id_has_no_report(lake: FolderLake) -> None:
    assert find_newest(lake, "../..") is None


class Overtaken(FolderLake):
    """A lake in which another run keeps its page first, once."""

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        if str(key) == str(edition(1)):
            super().put_if_absent(key, b"<p>another's")
        return super().put_if_absent(key, body)


def test_of_two_runs_at_once_neither_page_is_lost(home: Home) -> None:
    lake = Overtaken.open(home.settings.lake_dir)
    assert keep_report(lake, BUILD_ID, b"<p>ours") == edition(2)
    assert lake.get(edition(1)) == b"<p>another's"
