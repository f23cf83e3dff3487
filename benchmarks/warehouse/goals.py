"""What is asked of the warehouse's cost, compared with what was measured."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.goals import Goal
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.results import Results

# The largest catalogue is asked about: RAWG has some 900,000 games.
_GAMES_ASKED = 900_000
# Machines differ, and one machine from hour to hour: seconds are judged as so many of dbt's own start in the
# same run. Asked are 5.0 s for a day where that takes 3.1 s; the refresh took 84.0 s there before.
_DAY_OF_START = 5.0 / 3.1
_REFRESH_OF_START = 84.0 / 3.1


def compare_with_goals(results: Results) -> list[Goal]:
    """The goals of all that was measured."""
    return [*_days(results), *_thin_days(results), *_memory(results), *_refreshes(results)]


def loading_seconds(builds: Sequence[Build]) -> float:
    """Seconds of the models that load, the median of some builds."""
    return median(build.dbt.loading for build in builds)


def _days(results: Results) -> Iterator[Goal]:
    if not results.days:
        return
    (first, before), (last, after) = (list(results.days.items())[at] for at in (0, -1))
    what = f"a build's process, day {last} : day {first}"
    yield Goal(what, "<=", 1.15, _seconds(after) / _seconds(before), "", 2)
    start = median(build.start_seconds for build in before)
    what = (
        f"a build's process on day {first} ({_seconds(before):.1f} s) : dbt's start ({start:.1f} s)"
    )
    yield Goal(what, "<", _DAY_OF_START, _seconds(before) / start, "", 2)


def _thin_days(results: Results) -> Iterator[Goal]:
    if not results.thin_days:
        return
    (first, before), (last, after) = (list(results.thin_days.items())[at] for at in (0, -1))
    what = f"a build's process of a thin history, day {last:,} : day {first}"
    yield Goal(what, "<=", 1.3, _seconds(after) / _seconds(before), "", 2)


def _memory(results: Results) -> Iterator[Goal]:
    measured = [*results.days.values(), *results.thin_days.values()]
    if measured:
        peak = max(build.peak_mb for builds in measured for build in builds)
        yield Goal("memory of any day's build", "<", 700, peak, " MB")


def _refreshes(results: Results) -> Iterator[Goal]:
    build = results.refreshes.get(_GAMES_ASKED)
    if build:
        what = f"full refresh of {_GAMES_ASKED:,} games"
        yield Goal(f"{what}: peak memory", "<", 2.0, build.peak_mb / 1000, " GB", 2)
        what += f" ({build.seconds:.0f} s) : dbt's start ({build.start_seconds:.1f} s)"
        yield Goal(what, "<=", _REFRESH_OF_START, build.seconds / build.start_seconds, "", 1)


def _seconds(builds: Sequence[Build]) -> float:
    return median(build.seconds for build in builds)
