"""One run of one contestant as figures, and several runs as a median."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.contestants import Contestant
from benchmarks.measured_process import (
    Command,
    read_cpu_seconds,
    read_machine_cpu_seconds,
    run_measured,
)
from benchmarks.sandbox import Sandbox


@dataclass(frozen=True)
class Run:
    """One run. Seconds of fetching: from the first call to the last answer, by the sandbox's clock;
    `whole_seconds` from the same first call to the end of the process.

    `others_busy` is the share of the machine's CPU time that neither the process nor a server of
    the benchmark used: what else was going on.
    """

    pages: int
    calls: int
    fetch_seconds: float
    whole_seconds: float
    process_seconds: float
    cpu_seconds: float
    peak_mb: float
    sandbox_cpu_seconds: float
    others_busy: float
    load_before: float

    @property
    def fetch_rate(self) -> float:
        """Pages a second while pages were fetched."""
        return self.pages / self.fetch_seconds

    @property
    def whole_rate(self) -> float:
        """Pages a second, with the commit and whatever else comes before the process ends."""
        return self.pages / self.whole_seconds

    @property
    def cpu_ms_a_page(self) -> float:
        """CPU of the process, its start included."""
        return 1000 * self.cpu_seconds / self.pages


@dataclass(frozen=True)
class Spread:
    """Median, least and most of one figure over some runs."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, runs: Sequence[Run], figure: Callable[[Run], float]) -> "Spread":
        """The spread of a figure."""
        values = [figure(run) for run in runs]
        return cls(median(values), min(values), max(values))


def measure(
    contestant: Contestant, folder: Path, sandbox: Sandbox, pages: int, servers: Sequence[int]
) -> Run:
    """Reads `pages` pages into an empty folder, which is removed afterwards.

    `servers`: the process ids of what the contestant uses besides the sandbox.
    """
    with _prepared(contestant, folder, sandbox, pages) as command:
        return _run(command, sandbox, pages, servers)


def measure_rerun(contestant: Contestant, folder: Path, sandbox: Sandbox, pages: int) -> Run:
    """The same command once more after it has read everything."""
    with _prepared(contestant, folder, sandbox, pages) as command:
        _run(command, sandbox, pages, ())
        return _run(command, sandbox, pages, ())


@contextmanager
def _prepared(
    contestant: Contestant, folder: Path, sandbox: Sandbox, pages: int
) -> Iterator[Command]:
    folder.mkdir()
    try:
        yield contestant.prepare(folder, sandbox, pages)
    finally:
        contestant.clear(folder)


def _run(command: Command, sandbox: Sandbox, pages: int, servers: Sequence[int]) -> Run:
    sandbox.reset_calls()
    load = os.getloadavg()[0]
    began, machine = time.monotonic(), read_machine_cpu_seconds()
    of_sandbox, of_servers = read_cpu_seconds(sandbox.pid), sum(map(read_cpu_seconds, servers))
    usage = run_measured(command)
    of_sandbox = read_cpu_seconds(sandbox.pid) - of_sandbox
    of_servers = sum(map(read_cpu_seconds, servers)) - of_servers
    available = (time.monotonic() - began) * (os.cpu_count() or 1)
    ours = usage.cpu_seconds + of_sandbox + of_servers
    times = sandbox.read_calls()
    return Run(
        pages=pages,
        calls=times.calls,
        fetch_seconds=times.last_answered_at - times.first_arrived_at,
        whole_seconds=usage.ended_at - times.first_arrived_at,
        process_seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_mb=usage.peak_mb,
        sandbox_cpu_seconds=of_sandbox,
        others_busy=max(0.0, (read_machine_cpu_seconds() - machine - ours) / available),
        load_before=load,
    )
