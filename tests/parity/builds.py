"""Builds of one lake into both warehouses, and what each published."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import pytest

from gamemarket.folder_lake import FolderLake
from gamemarket.published_marts import MartsPointer, read_pointer
from gamemarket.settings import load_settings
from gamemarket.stage import Reporter
from reporter.build import build_report
from tests.parity.emulation import DATABASE, Emulation
from tests.parity.lakes import SECOND, morning_after
from transformer.build import BuildOptions, build_warehouse
from transformer.dbt_runner.data_tests import read_data_tests

__all__ = ["Builder", "Marts", "compare", "count_rows", "find_files", "read_answers", "rows_of"]

_NOT_OURS: Final = ("AWS_", "DATA_LAKE", "DUCKDB_", "ENDPOINTS_FILE", "S3_", "SNOWFLAKE_")
_SNOWFLAKE: Final = {
    "SNOWFLAKE_ACCOUNT": "emulated",
    "SNOWFLAKE_USER": "builder",
    "SNOWFLAKE_WAREHOUSE": "BUILDS",
    "SNOWFLAKE_DATABASE": DATABASE,
    "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
}

# The files of each.
type Marts = Mapping[str, tuple[Path, ...]]


@dataclass
class Builder:
    """One home for both targets; `emulation` stands in for Snowflake."""

    home: Path
    emulation: Emulation
    compiled: dict[str, str] = field(default_factory=dict)

    def build(self, target: str, lake: Path, *, select: tuple[str, ...] = ()) -> Marts:
        """Builds over the lake and returns the files that were published."""
        self.emulation.lake, self.emulation.is_recording = lake, target == "prod"
        with self.environment(lake):
            build_warehouse(load_settings(), BuildOptions(target=target, select=select), Reporter())
        if target == "prod":
            self.compiled |= self._read_compiled(lake.name)
        pointer = read_pointer(FolderLake.open(lake), target)
        assert pointer is not None
        return find_files(pointer, lake)

    @contextmanager
    def environment(self, lake: Path) -> Iterator[None]:
        """What a stage would find in its environment, and nothing of this machine's."""
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                if name.startswith(_NOT_OURS):
                    patch.delenv(name)
            for name, value in _SNOWFLAKE.items():
                patch.setenv(name, value)
            patch.setenv("GAME_MARKET_HOME", str(self.home))
            patch.setenv("GAME_MARKET_NOW", morning_after(SECOND).isoformat())
            patch.setenv("DATA_LAKE_DIR", str(lake))
            patch.setenv("ENDPOINTS_FILE", str(lake.parent / "endpoints.json"))
            yield

    def _read_compiled(self, when: str) -> dict[str, str]:
        """The SQL that dbt made for Snowflake, by model or test, and the last build that may have made it."""
        target = self.home / "dbt" / "prod"
        compiled = {file.stem: file.read_text() for file in target.glob("compiled/**/*.sql")}
        compiled |= {test.name: test.sql for test in read_data_tests(target)}
        return {f"{name} ({when})": sql for name, sql in compiled.items()}


def find_files(pointer: MartsPointer, lake: Path) -> Marts:
    """The files of all marts below the folder of a lake."""
    return {
        name: tuple(lake / file.key for file in mart.files) for name, mart in pointer.models.items()
    }


def rows_of(files: Sequence[Path]) -> str:
    """What DuckDB selects from to read these files."""
    return f"read_parquet({[str(file) for file in files]})"


def compare(one: Marts, other: Marts) -> list[str]:
    """What differs, mart by mart: columns with their types, then rows in either but not in both."""
    differences = [f"{name} is only in one of them" for name in sorted(one.keys() ^ other.keys())]
    with duckdb.connect() as db:
        for name in sorted(one.keys() & other.keys()):
            db.execute(f"create or replace view one as from {rows_of(one[name])}")
            db.execute(f"create or replace view other as from {rows_of(other[name])}")
            shapes = [db.execute(f"describe {side}").fetchall() for side in ("one", "other")]
            if shapes[0] != shapes[1]:
                differences.append(f"{name}: columns {shapes[0]} and {shapes[1]}")
                continue
            for left, right in (("one", "other"), ("other", "one")):
                rows = db.execute(f"from {left} except all from {right}").fetchall()
                if rows:
                    differences.append(f"{name}: {len(rows)} rows only in {left}, as {rows[0]}")
    return differences


def count_rows(marts: Marts) -> dict[str, int]:
    """Rows by mart."""
    with duckdb.connect() as db:
        return {
            name: db.execute(f"select count(*) from {rows_of(files)}").fetchall()[0][0]
            for name, files in sorted(marts.items())
        }


def read_answers(target: str) -> str:
    """The report's page of what the environment's lake holds, without what differs from build to build."""
    report = build_report(load_settings(), target)
    assert report.pointer and report.unanswered == ()
    page = report.html.decode().replace(report.pointer.build_id, "<build>")
    answers, _, quality = page.partition('<section id="quality"')
    assert quality
    return re.sub('<a href="#quality">.*?</a>', "", answers)
