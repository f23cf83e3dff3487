"""What is asked of the extractor, compared with what was measured: medians, as in the tables.

Ratios of one run, as machines differ; only memory is asked for in megabytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.measure import Run, Spread
from benchmarks.results import BARE_LOOP, FLOOR, TO_FOLDER, TO_MINIO, Case, Results

# In percent, with many pages that take a while each: asking should be all that takes time.
_OF_THE_BARE_LOOP = {TO_FOLDER: 95, TO_MINIO: 90}
# How much work storing may be, beside fetching and compressing a page and writing a file of it.
_OF_THE_FLOORS_CPU = {TO_FOLDER: 1.5, TO_MINIO: 2.0}
_OF_THE_FLOORS_SPEED = 60
_PEAK_MB = 150
_MORE_MB = 15


@dataclass(frozen=True)
class Goal:
    """One figure and the bound that it is to keep; `unit` follows both."""

    what: str
    sign: str
    bound: float
    measured: float
    unit: str
    digits: int = 0

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps the bound."""
        kept = {
            ">=": self.measured >= self.bound,
            "<=": self.measured <= self.bound,
            "<": self.measured < self.bound,
        }
        return kept[self.sign]

    def cells(self) -> list[str]:
        """For a table."""
        asked, measured = (
            f"{value:,.{self.digits}f}{self.unit}" for value in (self.bound, self.measured)
        )
        return [self.what, f"{self.sign} {asked}", measured, "yes" if self.is_met else "NO"]


def compare_with_goals(results: Results) -> list[Goal]:
    """The goals of all that was measured, for each size of a page and each lake."""
    return [
        goal
        for page_size in dict.fromkeys(case.page_size for case in results.runs)
        for name in (TO_FOLDER, TO_MINIO)
        for goal in _compare(results, page_size, name)
    ]


def _compare(results: Results, page_size: int, name: str) -> Iterator[Goal]:
    said = f"{results.page_kb[page_size]:.0f} kB, {name}"
    for case, runs in results.runs.items():
        if case.page_size == page_size and case.latency_ms == 0 and name in runs and FLOOR in runs:
            yield from _beside_the_floor(said, name, runs)
    few = results.memory_runs.get(page_size, {}).get(name)
    if few:
        case = results.find_long(page_size)
        yield from _beside_the_bare_loop(said, name, case, results.runs[case])
        yield from _memory(said, few, results.runs[case][name])


def _beside_the_floor(said: str, name: str, runs: dict[str, list[Run]]) -> Iterator[Goal]:
    cpu, speed = (_ratio(runs, name, FLOOR, of) for of in (_cpu, _speed))
    yield Goal(f"{said}: CPU a page, of the floor's", "<=", _OF_THE_FLOORS_CPU[name], cpu, "x", 2)
    what = f"{said}: with the commit at 0 ms, of the floor"
    yield Goal(what, ">=", _OF_THE_FLOORS_SPEED, 100 * speed, "%", 1)


def _beside_the_bare_loop(
    said: str, name: str, case: Case, runs: dict[str, list[Run]]
) -> Iterator[Goal]:
    what = f"{said}: {case.pages:,} pages at {case.latency_ms} ms with the commit, of the bare loop"
    speed = _ratio(runs, name, BARE_LOOP, _speed)
    yield Goal(what, ">=", _OF_THE_BARE_LOOP[name], 100 * speed, "%", 1)


def _memory(said: str, few: list[Run], many: list[Run]) -> Iterator[Goal]:
    least, most = (_middle(runs, _peak) for runs in (few, many))
    yield Goal(f"{said}: peak memory, {many[0].pages:,} pages", "<", _PEAK_MB, most, " MB")
    more = f"{said}: more than for {few[0].pages:,} pages"
    yield Goal(more, "<=", _MORE_MB, most - least, " MB", 1)


def _ratio(
    runs: dict[str, list[Run]], name: str, other: str, figure: Callable[[Run], float]
) -> float:
    return _middle(runs[name], figure) / _middle(runs[other], figure)


def _middle(runs: list[Run], figure: Callable[[Run], float]) -> float:
    return Spread.of(runs, figure).middle


def _cpu(run: Run) -> float:
    return run.cpu_ms_a_page


def _speed(run: Run) -> float:
    return run.whole_rate


def _peak(run: Run) -> float:
    return run.peak_mb
