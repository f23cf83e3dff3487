"""The figures as Markdown: for the terminal and for docs/benchmarks.md."""

from collections.abc import Sequence

from benchmarks.contestants import CONCURRENCY
from benchmarks.goals import compare_with_goals
from benchmarks.measure import Run, Spread
from benchmarks.results import BARE_LOOP, Results
from benchmarks.table import show_table


def build_report(results: Results, head: Sequence[str]) -> str:
    """The whole page; `head`: how, when and where it was measured, a line each."""
    parts = [_INTRO, "\n".join(f"- {line}" for line in head), _describe_ceiling(results)]
    goals = [goal.cells() for goal in compare_with_goals(results)]
    parts += ["## What is asked", show_table(["", "asked", "measured", "met"], goals)]
    for case, runs in results.runs.items():
        size = results.page_kb[case.page_size]
        title = f"## {case.pages:,} pages of {size:.0f} kB at {case.latency_ms} ms"
        parts += [title, _speed_table(runs, case.latency_ms)]
    if results.memory_runs:
        parts += ["## Memory", _memory_table(results)]
    parts += ["## Run again", _rerun_table(results), _day_rerun_table(results), _NOTES]
    return "\n\n".join(parts) + "\n"


_INTRO = f"""# Benchmarks

The warehouse's have [a page of their own](benchmarks_warehouse.md). This one is the extraction's,
written by `make bench-extract`; every figure is of one run of it. All read the same list from the
sandbox on the same machine, with {CONCURRENCY} requests in flight, except dlt's rest_api, which asks for
the pages of one list one after the other. Figures are medians, least and most in brackets."""

_NOTES = """## How to read this

- *fetching*: from the first call's arrival at the sandbox to its last answer. *with the commit*: from
  the same first call to the end of the process, so that parts, manifest, clean-up and shutdown are in
  it; for the bare loops that is only their end, for dlt its normalizing and loading.
- *of the bound*: of what so many requests in flight could reach if nothing but the latency took time.
- *CPU* is the process's own, its start included; MinIO's and the sandbox's work is not, but it happens
  on the same cores: at 0 ms everybody's pages a second depend on it.
- *others* is the share of the machine's CPU time that nobody of the benchmark used meanwhile. Where it
  is high, look at what stands side by side in one table, not at the figures alone. *load*: the
  load average before a run.
- The extractor asks for page 1 and the last page alone before the others: two latencies that the loops
  do not have.
- The bare loop only fetches: no retries, no limits, no check of what came, nothing kept. The floor also
  compresses and writes a file a page, without a sync, a name that only one can have, or a commit.
- What is asked are ratios of medians of one run: with the commit, beside the floor or the bare loop to
  their ends; CPU beside the floor's.
- dlt does another job: it parses rows and types them. It gets its best case here (rows not unnested,
  files as destination); a parallel resource of one's own would fetch faster than rest_api does. Fewer
  pages are read where one request at a time would take minutes, so its start weighs more and its memory
  less.
- Peak memory is the kernel's for the process (the largest resident set), the interpreter and libraries
  included."""


def _describe_ceiling(results: Results) -> str:
    runs = [run for by_name in results.runs.values() for of in by_name.values() for run in of]
    served = sum(run.calls for run in runs)
    cpu = 1000 * sum(run.sandbox_cpu_seconds for run in runs) / served
    rows = " or ".join(
        f"{size:.0f} kB ({page_size} rows)" for page_size, size in results.page_kb.items()
    )
    said = f"A page has {rows} on average. The sandbox used {cpu:.2f} ms of CPU a page"
    if results.ceiling is None:
        return f"{said} (wrk is not installed: its own limit was not measured)."
    return f"{said}; alone with wrk it gives {results.ceiling:,.0f} of the larger ones a second."


def _speed_table(runs: dict[str, list[Run]], latency_ms: int) -> str:
    bare = Spread.of(runs[BARE_LOOP], lambda run: run.fetch_rate).middle
    bound = CONCURRENCY / (latency_ms / 1000) if latency_ms else None
    rows = [_speed_row(name, of, bare, bound) for name, of in runs.items()]
    head = ["", "pages", "fetching, pages/s", "of the bare loop", "with the commit, pages/s"]
    if bound:
        head += [f"fetching, of the bound ({bound:.0f}/s)", "with the commit, of the bound"]
    return show_table([*head, "CPU ms a page", "peak MB", "others", "load", "runs"], rows)


def _speed_row(name: str, runs: list[Run], bare: float, bound: float | None) -> list[str]:
    fetching = Spread.of(runs, lambda run: run.fetch_rate)
    whole = Spread.of(runs, lambda run: run.whole_rate)
    row = [
        name,
        f"{runs[0].pages:,}",
        _show(fetching),
        f"{fetching.middle / bare:.0%}",
        _show(whole),
    ]
    if bound:
        row += [f"{fetching.middle / bound:.0%}", f"{whole.middle / bound:.0%}"]
    return [
        *row,
        _show(Spread.of(runs, lambda run: run.cpu_ms_a_page), digits=2),
        _show(Spread.of(runs, lambda run: run.peak_mb)),
        f"{Spread.of(runs, lambda run: run.others_busy).middle:.0%}",
        f"{Spread.of(runs, lambda run: run.load_before).middle:.1f}",
        str(len(runs)),
    ]


def _memory_table(results: Results) -> str:
    rows = []
    for page_size, by_name in results.memory_runs.items():
        long = results.runs[results.find_long(page_size)]
        for name, runs in by_name.items():
            few, many = (Spread.of(of, _peak).middle for of in (runs, long[name]))
            pages = (f"{of[0].pages:,}" for of in (runs, long[name]))
            size = f"{results.page_kb[page_size]:.0f} kB"
            figures = f"{few:.0f}", f"{many:.0f}", f"{many - few:+.0f}"
            rows.append([name, size, *pages, *figures])
    head = ["peak MB", "a page", "few pages", "many pages", "of few", "of many", "difference"]
    return show_table(head, rows)


def _peak(run: Run) -> float:
    return run.peak_mb


def _rerun_table(results: Results) -> str:
    rows = [
        [name, f"{run.pages:,}", f"{run.calls:,}", f"{run.process_seconds:.2f}"]
        for name, run in results.reruns.items()
    ]
    return show_table(["the same command again", "pages", "calls", "seconds"], rows)


def _day_rerun_table(results: Results) -> str:
    said = (
        f"A committed day over all endpoints of config/endpoints.json. The interpreter alone takes "
        f"{results.interpreter_seconds:.2f} s to start, the extractor's `--help` "
        f"{results.imports_seconds:.2f} s."
    )
    rows = [
        [
            day.lake,
            str(day.endpoints),
            str(day.pages),
            str(day.calls),
            "not counted" if day.lake_requests is None else str(day.lake_requests),
            f"{day.seconds:.2f}",
            f"{day.cpu_seconds:.2f}",
            f"{day.seconds - results.interpreter_seconds:.2f}",
        ]
        for day in results.day_reruns
    ]
    head = ["lake", "endpoints", "pages held", "API calls", "lake requests", "seconds", "of CPU"]
    return f"{said}\n\n" + show_table([*head, "besides the interpreter's start"], rows)


def _show(spread: Spread, digits: int = 0) -> str:
    numbers = [f"{value:,.{digits}f}" for value in (spread.middle, spread.least, spread.most)]
    return f"{numbers[0]} ({numbers[1]}-{numbers[2]})"
