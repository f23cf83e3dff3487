"""One `transformer build`, and what it took."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.measured_process import Command, read_machine_cpu_seconds, run_measured
from benchmarks.warehouse.dbt_times import DbtTimes, read_dbt_times
from benchmarks.warehouse.opened_files import watch_opened_files
from benchmarks.warehouse.stages import Stages
from benchmarks.warehouse.synthetic_lake import Written

FIRST_DAY = date(2024, 1, 1)  # sandbox_pages.py's


@dataclass(frozen=True)
class Home:
    """A lake and a warehouse below one folder."""

    folder: Path

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self.folder / "lake"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.folder / "warehouse.duckdb"

    @property
    def dbt_target(self) -> Path:
        """Where dbt leaves its results."""
        return self.folder / "dbt" / "dev"

    def variables(self, days: int) -> dict[str, str]:
        """The environment of a build on the morning after so many days."""
        now = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 6, tzinfo=UTC)
        unset = ("DATA_LAKE_DIR", "DATA_LAKE_BUCKET", "DUCKDB_PATH", "ENDPOINTS_FILE")
        return {
            **dict.fromkeys(unset, ""),
            "GAME_MARKET_HOME": str(self.folder),
            "GAME_MARKET_NOW": (now + timedelta(days=days)).isoformat(),
        }


@dataclass(frozen=True)
class Build:
    """One build of what was `written` since the one before, up to `day`.

    `closing_seconds`: from dbt's end to the process's: tests, publishing, remembering.
    `start_seconds`: of a process that has dbt do nothing, its imports and parsing, right after the build.
    `parts_opened` of the lake's `parts`, by anybody in the build, None where that can't be watched.
    `others_busy`: the share of the machine's CPU time that the build did not use.
    """

    day: int
    written: Written
    dbt: DbtTimes
    closing_seconds: float
    start_seconds: float
    seconds: float
    cpu_seconds: float
    peak_mb: float
    read_mb: float
    parts: int
    parts_opened: int | None
    parts_opened_mb: float
    warehouse_mb: float
    others_busy: float
    load_before: float

    @property
    def growing_seconds(self) -> float:
        """What must grow with what was ever loaded."""
        return self.dbt.growing + self.closing_seconds


def measure_build(
    stages: Stages, home: Home, day: int, written: Written, words: Sequence[str] = ()
) -> Build:
    """Builds on the morning after `day`."""
    command = Command([*stages.transformer, "build", *words], home.variables(day))
    asked = ["dbt", "--", "list", "--select", "dim_games"]
    nothing = Command([*stages.transformer, *asked], home.variables(days=day))
    raw = home.lake / "raw"
    load = os.getloadavg()[0]
    began, machine = time.monotonic(), read_machine_cpu_seconds()
    with watch_opened_files(raw) as opened:
        usage = run_measured(command)
        ended = datetime.now(UTC)
    available = (time.monotonic() - began) * (os.cpu_count() or 1)
    others = read_machine_cpu_seconds() - machine - usage.cpu_seconds
    times = read_dbt_times(home.dbt_target)
    return Build(
        day=day,
        written=written,
        dbt=times,
        closing_seconds=(ended - times.ended_at).total_seconds(),
        start_seconds=run_measured(nothing).seconds,
        seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_mb=usage.peak_mb,
        read_mb=usage.read_mb,
        parts=sum(1 for _ in raw.rglob("*.zst")),
        parts_opened=len(opened.files) if opened.is_known else None,
        parts_opened_mb=opened.megabytes,
        warehouse_mb=home.warehouse.stat().st_size / 1e6,
        others_busy=max(0.0, others / available),
        load_before=load,
    )
