"""What is asked of the extractor, compared with what was measured: medians, as in the tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contestants import CONCURRENCY
from benchmarks.measure import Run, Spread
from benchmarks.rerun import DayRerun
from benchmarks.results import BARE_LOOP, FLOOR, TO_FOLDER, TO_MINIO, Results

# In percent, with 5,000 pages that take a while each: asking should be all that takes time.
_OF_THE_BARE_LOOP = {TO_FOLDER: 95, TO_MINIO: 90}

# The run itself asks which API the lake holds, and once what earlier runs left behind.
_LAKE_REQUESTS_OF_A_RUN = 2


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
    """The goals of all that was measured."""
    goals = [Goal("a page", ">=", 100, results.page_kb, " kB")]
    goals += _speed_without_latency(results)
    for name in (name for name in _OF_THE_BARE_LOOP if name in results.long_runs):
        goals += _speed_with_latency(results, name)
    for name in results.memory_runs:
        goals += _memory(results, name)
    for day in results.day_reruns:
        goals += _rerun(results, day)
    return goals


def _speed_without_latency(results: Results) -> Iterator[Goal]:
    runs = results.runs.get(0, {})
    for name, bound in ((TO_FOLDER, 300), (TO_MINIO, 150)):
        if name in runs:
            rate = Spread.of(runs[name], lambda run: run.whole_rate).middle
            yield Goal(f"{name}: with the commit, 0 ms", ">=", bound, rate, " pages/s")
    for name, times in ((TO_FOLDER, 1.5), (TO_MINIO, 2.0)):
        if name in runs and FLOOR in runs:
            ours, floor = (Spread.of(runs[who], _cpu).middle for who in (name, FLOOR))
            yield Goal(
                f"{name}: CPU a page, 0 ms, of the floor's", "<=", times, ours / floor, "x", 1
            )


def _speed_with_latency(results: Results, name: str) -> Iterator[Goal]:
    runs = results.long_runs[name]
    bare = Spread.of(results.long_runs[BARE_LOOP], lambda run: run.fetch_rate).middle
    at_most = CONCURRENCY / (results.long_latency_ms / 1000)
    fetching = Spread.of(runs, lambda run: run.fetch_rate).middle
    whole = Spread.of(runs, lambda run: run.whole_rate).middle
    said = f"{name}: {runs[0].pages:,} pages at {results.long_latency_ms} ms"
    asked = _OF_THE_BARE_LOOP[name]
    if name == TO_FOLDER:
        yield Goal(f"{said}, fetching, of the bound", ">=", 85, 100 * fetching / at_most, "%", 1)
        yield Goal(
            f"{said}, with the commit, of the bound", ">=", 80, 100 * whole / at_most, "%", 1
        )
    yield Goal(f"{said}, fetching, of the bare loop", ">=", asked, 100 * fetching / bare, "%", 1)
    yield Goal(
        f"{said}, with the commit, of the bare loop", ">=", asked, 100 * whole / bare, "%", 1
    )


def _memory(results: Results, name: str) -> Iterator[Goal]:
    few, many = results.memory_runs[name], results.long_runs[name]
    least, most = (Spread.of(runs, _peak).middle for runs in (few, many))
    yield Goal(f"{name}: peak memory, {many[0].pages:,} pages", "<", 150, most, " MB")
    more = f"{name}: more than for {few[0].pages:,} pages"
    yield Goal(more, "<=", 15, most - least, " MB", 1)


def _cpu(run: Run) -> float:
    return run.cpu_ms_a_page


def _peak(run: Run) -> float:
    return run.peak_mb


def _rerun(results: Results, day: DayRerun) -> Iterator[Goal]:
    said = f"committed day again, {day.lake}"
    yield Goal(f"{said}: API calls", "<=", 0, day.calls, "")
    if day.lake_requests is not None:
        an_endpoint = (day.lake_requests - _LAKE_REQUESTS_OF_A_RUN) / day.endpoints
        more = f"{said}: lake requests an endpoint (and {_LAKE_REQUESTS_OF_A_RUN} a run)"
        yield Goal(more, "<=", 2, an_endpoint, "", 1)
    seconds = day.seconds - results.interpreter_seconds
    yield Goal(f"{said}: besides the interpreter's start", "<", 1, seconds, " s", 2)
