"""The order of the measurements: histories that grow, then full refreshes of catalogues."""

import sys
from collections.abc import Iterator, Sequence
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
LONG_THIN_DAYS = (2, 3_650)
FEW_GAMES = 80_000
MANY_GAMES = 900_000

# A day's figures are medians of its build and those of the two days after it.
_BUILDS_A_DAY = 3
# A day is what endpoints.json reads on one (sandbox_pages.py), of a catalogue that is known from the first.
_HISTORY = ("--games", "80000")
# A page a list; nothing new is entered, which in ten years would be most of so small a catalogue.
_THIN_HISTORY = (
    "--games",
    "4000",
    "--edited",
    "40",
    "--top",
    "40",
    "--details",
    "10",
    "--new",
    "0",
)
# Of catalogues that are built at once more are as rich as RAWG's first pages: pages of 100 to 160 kB.
_POPULAR_PERCENT = 15


@dataclass
class Benchmark:
    """Fills `results`; every lake and warehouse is removed as soon as it has been measured."""

    stages: Stages
    folder: Path
    long: bool
    results: Results = field(default_factory=Results)

    def run(self) -> None:
        """All measurements."""
        days = LONG_DAYS if self.long else SHORT_DAYS
        with self._home() as home:
            self._measure_history(home, _HISTORY, days, self.results.days)
        days = LONG_THIN_DAYS if self.long else SHORT_DAYS
        with self._home() as home:
            self._measure_history(home, _THIN_HISTORY, days, self.results.thin_days)
        with self._home() as home:
            self._measure_refresh(home, FEW_GAMES)
            _say("The same staging with schema inference ...")  # by the SQL of a build of all parts
            self.results.comparison = compare_with_inference(self.stages, self.folder, home)
            self._measure_day_after(home, FEW_GAMES)
        if self.long:
            with self._home() as home:
                self._measure_refresh(home, MANY_GAMES)
                self._measure_day_after(home, MANY_GAMES)

    def _measure_history(
        self,
        home: Home,
        words: Sequence[str],
        days: Sequence[int],
        measured: dict[int, list[Build]],
    ) -> None:
        """Day 0 is the catalogue."""
        built = -1
        for day in days:
            self.results.between.append(self._build_days(home, words, built + 1, day - 1))
            built = day + _BUILDS_A_DAY - 1
            measured[day] = [
                self._build_days(home, words, number, number) for number in range(day, built + 1)
            ]

    def _build_days(self, home: Home, words: Sequence[str], first: int, last: int) -> Build:
        written = write_lake(
            self.stages, home.lake, [*words, "--first", str(first), "--last", str(last)]
        )
        build = measure_build(self.stages, home, last, written)
        days = f"days {first} to {last}" if first < last else f"day {first}"
        _say_build(days, build)
        return build

    def _measure_refresh(self, home: Home, games: int) -> None:
        written = write_lake(self.stages, home.lake, _words_of_catalogue(games))
        build = measure_build(self.stages, home, 0, written, ["--full-refresh"])
        self.results.refreshes[games] = build
        _say_build(f"full refresh of {games:,} games", build)

    def _measure_day_after(self, home: Home, games: int) -> None:
        words = _words_of_catalogue(games)
        self.results.days_after[games] = self._build_days(home, words, 1, 1)

    @contextmanager
    def _home(self) -> Iterator[Home]:
        with TemporaryDirectory(dir=self.folder) as folder:
            yield Home(Path(folder))


def _words_of_catalogue(games: int) -> list[str]:
    return ["--games", str(games), "--popular", str(_POPULAR_PERCENT)]


def _say_build(what: str, build: Build) -> None:
    opened = "?" if build.parts_opened is None else build.parts_opened
    _say(
        f"{what:28} loading {build.dbt.loading:6.1f} s, growing {build.growing_seconds:6.1f} s, "
        f"process {build.seconds:6.1f} s, {build.peak_mb:5.0f} MB, "
        f"{opened} of {build.parts} parts opened, others {build.others_busy:.0%}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
