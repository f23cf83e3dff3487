"""Builds over lakes that are shared: one home, so that dbt parses the project once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

import transformer.build
from gamemarket.settings import Settings
from gamemarket.stage import Reporter
from transformer.build import BuildOptions, _build_command, build_warehouse

# What an order of days can't spoil: marts that are made anew from other marts.
_MADE_ANEW: Final = "config.meta.replaces:everything"
_NO_PARTS: Final = date(2000, 1, 1)


@dataclass
class Warehouse:
    """A warehouse below a home, and the lake that it is built from.

    Builds run models only, and leave out those of `left_out`: data tests have tests of their own and
    cost more than the models, and an order of days is many builds.
    """

    settings: Settings
    left_out: tuple[str, ...] = ()

    def build(self, run_date: date | None = None, *, full_refresh: bool = False) -> None:
        """Runs a build in this process; pages of details among games are no drift here."""
        options = BuildOptions(run_date, full_refresh=full_refresh, accept_drift=True)
        build_warehouse(self.settings, options, Reporter())

    def build_day_by_day(self, days: Sequence[date]) -> None:
        """From a warehouse without any part, one build a day, in this order."""
        self._begin()
        *earlier, last = days
        self.left_out = (_MADE_ANEW,)
        for day in earlier:
            self.build(day)
        self.left_out = ()
        self.build(last)

    def _begin(self) -> None:
        empty = self.settings.home / "empty.duckdb"
        if not empty.exists():
            self.settings.duckdb_path.unlink(missing_ok=True)
            self.build(_NO_PARTS)
            self.keep_as(empty)
        shutil.copyfile(empty, self.settings.duckdb_path)

    def build_command(
        self, select: Sequence[str], idle: Sequence[str], *, full_refresh: bool
    ) -> list[str]:
        """Stands in for the one of the build."""
        return _build_command(select, [*idle, *self.left_out], full_refresh=full_refresh)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Asks the warehouse."""
        with duckdb.connect(str(self.settings.duckdb_path), read_only=True) as db:
            return db.execute(sql).fetchall()

    def count_rows(self) -> dict[str, int]:
        """Rows by mart."""
        marts = self.rows("select table_name from duckdb_tables where schema_name = 'marts'")
        return {name: self.rows(f"select count(*) from marts.{name}")[0][0] for (name,) in marts}

    def keep_as(self, file: Path) -> Path:
        """A copy to compare with."""
        return Path(shutil.copyfile(self.settings.duckdb_path, file))

    def rows_that_differ_from(self, file: Path) -> dict[str, int]:
        """Rows that one of both has and the other has not, by mart; equal marts are left out."""
        names = self.count_rows()
        with duckdb.connect() as db:
            db.execute(f"attach '{self.settings.duckdb_path}' as here (read_only)")
            db.execute(f"attach '{file}' as there (read_only)")
            differing = {
                name: sum(
                    len(db.execute(_MISSING.format(name=name, one=one, other=other)).fetchall())
                    for one, other in (("here", "there"), ("there", "here"))
                )
                for name in names
            }
        return {name: rows for name, rows in differing.items() if rows}


_MISSING = "(from {one}.marts.{name}) except all (from {other}.marts.{name})"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[Warehouse]:
    """No lake and no warehouse yet."""
    shutil.rmtree(home / "lake", ignore_errors=True)
    for file in home.glob("*.duckdb*"):
        file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DUCKDB_PATH", "DATA_LAKE_DIR", "DATA_LAKE_BUCKET", "ENDPOINTS_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("GAME_MARKET_HOME", str(home))
        patch.setenv("GAME_MARKET_NOW", "2025-06-01T06:00:00Z")
        made = Warehouse(Settings())
        patch.setattr(transformer.build, "_build_command", made.build_command)
        patch.setattr(transformer.build, "run_data_tests", lambda *_, **__: ())
        yield made


# What recorded responses hold and can't be typed: endpoint, field, reason, rows, an example.
REJECTS: Final = pytest.StashKey[list[tuple[Any, ...]]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rejects = config.stash.get(REJECTS, None)
    if rejects is None:
        return
    terminalreporter.section("recorded responses: what could not be typed")
    for endpoint, field, reason, rows, example in rejects:
        terminalreporter.write_line(f"{endpoint:18}{field:30}{reason:24}{rows:8,}  {example}")
    terminalreporter.write_line(f"{len(rejects)} kinds of rejects")
