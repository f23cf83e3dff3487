"""The order of the measurements: a history that grows, then full refreshes of catalogues."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.warehouse.comparison import compare_with_inference
from benchmarks.warehouse.measured_build import Build, Home, measure_build
from benchmarks.warehouse.results import Results
from benchmarks.warehouse.stages import Stages
from benchmarks.warehouse.synthetic_lake import write_lake

SHORT_DAYS = (2, 30)
LONG_DAYS = (2, 30, 180, 365)
FEW_GAMES = 80_000
MANY_GAMES = 900_000

# A day's figures are medians of its build and those of the two days after it.
_BUILDS_A_DAY = 3
# Of so many games 4,000 a day are edited, some of them every third day, half of them once or twice a year.
_GAMES_OF_HISTORY = 200_000
_GAMES_A_DAY = 4_000


@dataclass
class Benchmark:
    """Fills `results`; every lake and warehouse is removed as soon as it has been measured."""

    stages: Stages
    folder: Path
    long: bool
    results: Results = field(default_factory=Results)

    def run(self) -> None:
        """All measurements."""
        with self._home() as home:
            self._measure_history(home)
        with self._home() as home:
            self._measure_refresh(home, FEW_GAMES)
            _say("The same staging with schema inference ...")
            self.results.comparison = compare_with_inference(self.stages, self.folder, home)
        if self.long:
            with self._home() as home:
                self._measure_refresh(home, MANY_GAMES)

    def _measure_history(self, home: Home) -> None:
        built = 0
        for day in LONG_DAYS if self.long else SHORT_DAYS:
            if built < day - 1:
                self.results.between.append(self._build_days(home, built + 1, day - 1))
            built = day + _BUILDS_A_DAY - 1
            self.results.days[day] = [
                self._build_days(home, number, number) for number in range(day, built + 1)
            ]

    def _build_days(self, home: Home, first: int, last: int) -> Build:
        words = ["history", "--games", str(_GAMES_OF_HISTORY)]
        written = write_lake(
            self.stages, home.lake, [*words, "--first", str(first), "--last", str(last)]
        )
        build = measure_build(self.stages, home, last, written)
        days = f"days {first} to {last}" if first < last else f"day {first}"
        _say_build(days, build)
        return build

    def _measure_refresh(self, home: Home, games: int) -> None:
        written = write_lake(self.stages, home.lake, ["catalogue", "--games", str(games)])
        days = games // _GAMES_A_DAY
        build = measure_build(self.stages, home, days, written, ["--full-refresh"])
        self.results.refreshes[games] = build
        _say_build(f"full refresh of {games:,} games", build)

    @contextmanager
    def _home(self) -> Iterator[Home]:
        with TemporaryDirectory(dir=self.folder) as folder:
            yield Home(Path(folder))


def _say_build(what: str, build: Build) -> None:
    opened = "?" if build.parts_opened is None else build.parts_opened
    _say(
        f"{what:28} loading {build.dbt.loading:6.1f} s, growing {build.growing_seconds:6.1f} s, "
        f"process {build.seconds:6.1f} s, {build.peak_mb:5.0f} MB, "
        f"{opened} of {build.parts} parts opened, others {build.others_busy:.0%}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
