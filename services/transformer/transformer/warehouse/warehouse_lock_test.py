"""The lock of a whole build, as another process meets it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gamemarket.errors import UpstreamError
from gamemarket.settings import child_environment
from transformer.warehouse.warehouse_lock import hold_warehouse

HOLD_LOCK = """
import sys
from pathlib import Path
from transformer.warehouse.warehouse_lock import hold_warehouse

with hold_warehouse(Path(sys.argv[1]), "transformer build"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process_holds(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLD_LOCK, str(path)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment({"PYTHONPATH": ":".join(sys.path)}),
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder


def test_what_holds_the_warehouse_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new" / "warehouse.duckdb"
    with another_process_holds(path) as holder:
        said = rf"held by process {holder.pid} \(transformer build\): wait"
        with pytest.raises(UpstreamError, match=said), hold_warehouse(path, "transformer dbt run"):
            raise AssertionError("two processes hold the warehouse")
        # Who was refused has not put its own name there.
        with pytest.raises(UpstreamError, match=said), hold_warehouse(path, "transformer dbt run"):
            raise AssertionError("two processes hold the warehouse")
    assert not path.exists()


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with another_process_holds(path) as holder:
        holder.kill()
        holder.wait()
        with hold_warehouse(path, "transformer build"):
            pass


def test_one_file_has_one_lock_by_whatever_path(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "warehouse.duckdb")
    with (
        hold_warehouse(tmp_path / "warehouse.duckdb", "transformer build"),
        pytest.raises(UpstreamError, match="is held by"),
        hold_warehouse(link, "transformer build"),
    ):
        raise AssertionError("two paths, two locks")


def test_it_is_free_again_after_an_error_inside(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with pytest.raises(OSError, match="of the build itself"), hold_warehouse(path, "first"):
        raise OSError("of the build itself")
    with hold_warehouse(path, "second"):
        pass


def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "warehouse.duckdb"
    with pytest.raises(UpstreamError, match="DUCKDB_PATH"), hold_warehouse(path, "build"):
        raise AssertionError("nothing was locked")
