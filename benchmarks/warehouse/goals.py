"""What is asked of the warehouse's cost, compared with what was measured."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.goals import Goal
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.results import Results

# The largest catalogue is asked about: RAWG has some 900,000 games.
_GAMES_ASKED = 900_000


def compare_with_goals(results: Results) -> list[Goal]:
    """The goals of all that was measured."""
    return [*_days(results), *_refreshes(results)]


def loading_seconds(builds: Sequence[Build]) -> float:
    """Seconds of the models that load, the median of some builds."""
    return median(build.dbt.loading for build in builds)


def _days(results: Results) -> Iterator[Goal]:
    if not results.days:
        return
    (first, before), (last, after) = (list(results.days.items())[at] for at in (0, -1))
    pages = [build.written for builds in results.days.values() for build in builds]
    yield Goal("pages a day, at least", ">=", 100, min(written.pages for written in pages), "")
    smallest = min(written.json_bytes / written.pages for written in pages)
    yield Goal("a day's pages, on average at least", ">=", 100, smallest / 1000, " kB")
    ratio = loading_seconds(after) / loading_seconds(before)
    what = f"loading and incremental models, day {last} : day {first}"
    yield Goal(what, "<=", 1.2, ratio, "", 2)
    seconds, slowest = (median(build.seconds for build in builds) for builds in (before, after))
    yield Goal(f"a build's process, day {last} : day {first}", "<=", 1.15, slowest / seconds, "", 2)
    start = median(build.start_seconds for build in before)
    what = f"a build's process on day {first}, of one in which dbt only starts"
    yield Goal(what, "<", 1.6, seconds / start, "", 2)
    peak = max(build.peak_mb for builds in results.days.values() for build in builds)
    yield Goal("memory of any day's build", "<", 700, peak, " MB")
    opened = [build.parts_opened for build in after if build.parts_opened is not None]
    if opened:
        what = f"parts that a build of day {last} opens, of {after[0].parts}"
        yield Goal(what, "<=", after[0].written.parts, max(opened), "")


def _refreshes(results: Results) -> Iterator[Goal]:
    build = results.refreshes.get(_GAMES_ASKED)
    if build:
        what = f"full refresh of {_GAMES_ASKED:,} games: peak memory"
        yield Goal(what, "<", 2.0, build.peak_mb / 1000, " GB", 2)
