"""The figures as Markdown: for the terminal and for docs/benchmarks_warehouse.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.table import show_table
from benchmarks.warehouse.comparison import Comparison, Fault, Reading
from benchmarks.warehouse.goals import compare_with_goals, loading_seconds
from benchmarks.warehouse.measured_build import Build
from benchmarks.warehouse.results import Results

_MODELS_SHOWN = 12


def build_report(results: Results, head: Sequence[str]) -> str:
    """The whole page; `head`: how, when and where it was measured, a line each."""
    goals = [goal.cells() for goal in compare_with_goals(results)]
    parts = [_INTRO, "\n".join(f"- {line}" for line in head)]
    parts += ["## What is asked", show_table(["", "asked", "measured", "met"], goals)]
    parts += ["## A day's build as history grows", _HISTORY, _describe_days(results.days)]
    parts += [_days_table(results.days), _models_table(results)]
    if results.thin_days:
        parts += ["## A day's build of a thin history", _describe_days(results.thin_days)]
        parts += [_days_table(results.thin_days)]
    if results.days_after:
        parts += ["## A day's build by the number of known games", _DAYS_AFTER]
        parts += [_days_after_table(results)]
    parts += ["## Many days in one build", _between_table(results)]
    parts += ["## Full refresh", _REFRESH, _refresh_table(results)]
    if results.comparison:
        parts += ["## The same staging by schema inference", *_compare(results.comparison)]
    return "\n\n".join([*parts, _NOTES]) + "\n"


_INTRO = """# Benchmarks of the warehouse

Written by `make bench-warehouse`; every figure is of one run of it, on DuckDB, with the lake in a folder.
The extraction's are in [benchmarks](benchmarks.md)."""

_HISTORY = """What a day's build costs can grow with the days that were loaded before it, and with the games
that are known. RAWG's catalogue does not grow a hundredfold in a year, so here it is the days alone: all
80,000 games are known from the first day on, by a backfill; what the days leave of a month's requests reads
more than so many. The days are what config/endpoints.json reads: 8 pages of games that were edited, 25 of
those that most have, 500 details, and the other lists every 7 or 30 days. What the number of games costs
stands apart, below."""

_DAYS_AFTER = """The same day, once, after each of the full refreshes below: two catalogues that differ in
nothing else."""

_REFRESH = """`transformer build --full-refresh` into an empty warehouse: each game once, 4,000 a run date,
15 % of them as rich as RAWG's first pages."""

_NOTES = """## How to read this

- *loading*: the sum of what dbt says its models took, of all that take what is due into what is there:
  base, staging, intermediate, and the marts that take rows in. *market*: the models that are made anew from
  all of the marts (market marts, `dim_dates`). *closing*: from dbt's end to the process's: tests, marts taken
  over, results kept, all marts written as Parquet, the pointer. Market and closing must grow with what was
  ever loaded. *dbt's start*: a process in which dbt lists one model: imports, and parsing of nothing new.
- Sums are over nodes of which up to two run at once on fewer cores, so they count waiting for each other,
  and are more than the process took. Each of some 60 models costs dbt about 0.1 s whatever it does, which
  makes the ratio look better than the SQL alone: so those that grew most are shown one by one, too.
- *parts opened*: files below the lake's `raw/` that anybody opened while the build ran, as the kernel says
  (inotify), and their size; the build's own comparison with the manifests' sha256 is among them. *read*:
  all that the process asked the kernel for (libraries, manifests, the warehouse's own file).
- A history is the sandbox's catalogue as its clock moves: edited are mostly well-known games, again and
  again, and details are of those. The thin history has 4,000 games, of which none is entered later, and
  a page a list: 40 edited games, 40 of those that most have, 10 details.
- The lake is written without an extraction, by the extractor's own code for parts and manifests. Invented
  text compresses better (11 : 1) than RAWG's.
- *others*: the share of the machine's CPU time that the build did not use. *load*: the load average then."""


def _describe_days(days: Mapping[int, Sequence[Build]]) -> str:
    builds = [build for of in days.values() for build in of]
    pages = sum(build.written.pages for build in builds) / len(builds)
    page_kb = sum(build.written.json_bytes for build in builds) / len(builds) / pages / 1000
    of_one_day = len(builds) // len(days)
    return (
        f"A day is {pages:.0f} pages, {page_kb:.0f} kB each, and details. Medians of {of_one_day} builds: "
        "the day's and those of the next days; least and most in brackets. Seconds."
    )


def _days_table(days: Mapping[int, Sequence[Build]]) -> str:
    first = loading_seconds(next(iter(days.values())))
    rows = [_day_row(f"{day:,}", builds, first) for day, builds in days.items()]
    return show_table(["day", *_DAY_HEAD], rows)


def _days_after_table(results: Results) -> str:
    after = results.days_after
    first = loading_seconds([next(iter(after.values()))])
    rows = [_day_row(f"{games:,}", [build], first) for games, build in after.items()]
    return show_table(["games", *_DAY_HEAD], rows)


_DAY_HEAD = ["loading", "of the first", "market", "closing", "process", "dbt's start", "CPU"]
_DAY_HEAD += ["peak MB", "parts opened", "their MB", "read, MB", "warehouse, MB", "others", "load"]


def _day_row(name: str, builds: Sequence[Build], first: float) -> list[str]:
    return [
        name,
        _spread(builds, lambda build: build.dbt.loading),
        f"{loading_seconds(builds) / first:.2f}",
        _spread(builds, lambda build: build.dbt.growing),
        _spread(builds, lambda build: build.closing_seconds),
        _spread(builds, lambda build: build.seconds),
        _spread(builds, lambda build: build.start_seconds),
        f"{median(build.cpu_seconds for build in builds):.1f}",
        f"{median(build.peak_mb for build in builds):,.0f}",
        _opened(builds[0]),
        f"{median(build.parts_opened_mb for build in builds):.1f}",
        f"{median(build.read_mb for build in builds):,.0f}",
        f"{median(build.warehouse_mb for build in builds):,.0f}",
        f"{median(build.others_busy for build in builds):.0%}",
        f"{median(build.load_before for build in builds):.1f}",
    ]


def _spread(builds: Sequence[Build], figure: Callable[[Build], float]) -> str:
    values = sorted(map(figure, builds))
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{median(values):.1f} ({values[0]:.1f}-{values[-1]:.1f})"


def _opened(build: Build) -> str:
    opened = "?" if build.parts_opened is None else f"{build.parts_opened:,}"
    return f"{opened} of {build.parts:,}"


def _models_table(results: Results) -> str:
    """The models whose time changed most between the first day and the last."""
    days = list(results.days)
    names = results.days[days[0]][0].dbt.models
    seconds = {name: [_model_seconds(results, day, name) for day in days] for name in names}
    changed = sorted(names, key=lambda name: seconds[name][0] - seconds[name][-1])
    rows = [
        [f"`{name}`", *(f"{value:.2f}" for value in seconds[name])]
        for name in changed[:_MODELS_SHOWN]
    ]
    return show_table(["models that grew most", *(f"day {day}" for day in days)], rows)


def _model_seconds(results: Results, day: int, name: str) -> float:
    return median(build.dbt.models.get(name, 0.0) for build in results.days[day])


def _between_table(results: Results) -> str:
    rows = [
        [f"{build.written.rows:,} rows, to day {build.day}", *_load_cells(build)]
        for build in results.between
    ]
    return show_table(["", *_LOAD_HEAD], rows)


def _refresh_table(results: Results) -> str:
    rows = [[f"{games:,} games", *_load_cells(build)] for games, build in results.refreshes.items()]
    return show_table(["", *_LOAD_HEAD], rows)


_LOAD_HEAD = ["pages", "GB of JSON", "loading", "market", "closing", "process", "CPU"]
_LOAD_HEAD += ["peak MB", "warehouse, MB", "others"]


def _load_cells(build: Build) -> list[str]:
    seconds = (
        build.dbt.loading,
        build.dbt.growing,
        build.closing_seconds,
        build.seconds,
        build.cpu_seconds,
    )
    return [
        f"{build.written.pages:,}",
        f"{build.written.json_bytes / 1e9:.2f}",
        *(f"{value:,.1f}" for value in seconds),
        f"{build.peak_mb:,.0f}",
        f"{build.warehouse_mb:,.0f}",
        f"{build.others_busy:.0%}",
    ]


def _compare(comparison: Comparison) -> Iterator[str]:
    yield (
        "Games typed, their genres and tags exploded, into temporary tables: by the models' own SQL, and "
        "by `read_json_auto` with access to the structs that it infers. Measured once each."
    )
    rows = [
        _reading_row("the models' SQL: JSON, cast late", comparison.staged),
        _reading_row("`read_json_auto`, structs", comparison.inferred),
    ]
    yield show_table(["", "games", "seconds", "process", "peak MB"], rows)
    yield _describe_differing(comparison)
    faults = [_fault_row(fault) for fault in comparison.faults]
    head = ["one value planted in one row of 400", "staging", "rejected as"]
    yield show_table([*head, "inference (type)", "other rows with another value"], faults)


def _reading_row(name: str, reading: Reading) -> list[str]:
    figures = (
        f"{reading.seconds:.1f}",
        f"{reading.process_seconds:.1f}",
        f"{reading.peak_mb:,.0f}",
    )
    return [name, f"{reading.rows:,}", *figures]


def _describe_differing(comparison: Comparison) -> str:
    differing = ", ".join(f"`{name}` {rows:,}" for name, rows in comparison.differing.items())
    return (
        f"Rows that differ on these clean pages, by column: {differing or 'none'}. Columns that only "
        "details have can't be asked for at all: naming a field that no row has is an error. Types "
        "change with what a build happens to load:"
    )


def _fault_row(fault: Fault) -> list[str]:
    differing = "nothing is read" if fault.others_differing is None else str(fault.others_differing)
    staged = "null" if fault.staged is None else fault.staged
    planted = f"{fault.field} = {fault.planted!r}"
    return [planted, staged, fault.reason or "", fault.inferred, differing]
