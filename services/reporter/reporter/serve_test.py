from __future__ import annotations

import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartsPointerKey, ReportKey
from reporter.conftest import BUILD_ID, Home
from reporter.serve import ReportPages, open_server


@pytest.fixture
def lake(home: Home) -> FolderLake:
    return FolderLake.open(home.settings.lake_dir)


def test_the_newest_report_is_at_the_root_and_each_by_its_build(
    home: Home, lake: FolderLake
) -> None:
    home.publish({})
    lake.put_if_absent(ReportKey(build_id=BUILD_ID, edition=1), b"<p>newest")
    lake.put_if_absent(ReportKey(build_id="before", edition=1), b"<p>before")
    with open_server(ReportPages(lake, "dev"), "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        try:
            with (
                urlopen(root, timeout=30) as newest,
                urlopen(f"{root}/before", timeout=30) as before,
            ):
                assert (newest.read(), before.read()) == (b"<p>newest", b"<p>before")
                assert newest.headers["Content-Type"] == "text/html; charset=utf-8"
            lake.put_if_absent(ReportKey(build_id=BUILD_ID, edition=2), b"<p>upgraded")
            with urlopen(root, timeout=30) as newest:
                assert newest.read() == b"<p>upgraded"
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"{root}/another", timeout=30)
        finally:
            server.shutdown()


def test_before_the_first_report_there_is_a_sentence(home: Home, lake: FolderLake) -> None:
    pages = ReportPages(lake, "dev")
    assert b"no report yet" in pages.find("/")[2]
    home.publish({})  # marts without a report
    status, _, body = pages.find("/")
    assert (status, b"no report yet" in body) == (200, True)


def test_no_path_leads_out_of_the_reports(home: Home, lake: FolderLake) -> None:
    home.publish({})
    for path in ("/../../current_dev.json", "/..", "/%2e%2e/x", f"/{BUILD_ID}/dim_games.parquet"):
        assert ReportPages(lake, "dev").find(path)[0] == 404


def test_a_pointer_that_is_none_is_told_in_the_log_alone(lake: FolderLake) -> None:
    lake.replace(MartsPointerKey(target="dev"), b"{")
    status, _, body = ReportPages(lake, "dev").find("/")
    assert (status, b"log" in body) == (503, True)
