from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.warehouse.opened_files import watch_opened_files


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_exactly_the_files_that_were_opened_are_told(tmp_path: Path) -> None:
    deep = tmp_path / "run_date=2024-01-01"
    deep.mkdir()
    opened_file, other_file = deep / "part_1", deep / "part_2"
    for file in (opened_file, other_file):
        file.write_bytes(b"x" * 2_000_000)
    with watch_opened_files(tmp_path) as opened:
        opened_file.read_bytes()
        opened_file.read_bytes()
        other_file.stat()
    assert opened.is_known
    assert opened.files == {opened_file}
    assert opened.megabytes == 2.0
