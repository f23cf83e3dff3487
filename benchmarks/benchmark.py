"""The order of the runs: for each latency one sandbox, for each repeat everybody once.

So that what else happens on the machine meets all of them alike.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.contestants import (
    BareLoop,
    Contestant,
    Dlt,
    ExtractorToFolder,
    ExtractorToMinio,
)
from benchmarks.measure import Run, measure, measure_rerun
from benchmarks.measured_process import run_measured
from benchmarks.minio import Minio
from benchmarks.rerun import measure_day_rerun, measure_start
from benchmarks.results import BARE_LOOP, FLOOR, TO_FOLDER, TO_MINIO, Case, Results
from benchmarks.sandbox import PAGE_SIZE, SMALL_PAGE_SIZE, Sandbox, running_sandbox
from benchmarks.surroundings import measure_ceiling

_LATENCIES_MS = (0, 20, 150)
_PAGE_SIZES = (PAGE_SIZE, SMALL_PAGE_SIZE)
# Some seconds a run for whoever has 32 requests in flight, half a minute for dlt's one at a time.
_PAGES = {0: 5000, 20: 2000, 150: 1000}
_PAGES_OF_DLT = {0: 1000, 20: 500, 150: 150}
_LONG_LATENCY_MS = 150
LONG_PAGES = 5000
_FEW_PAGES = 500
# A quarter of a minute to half a minute each: the whole is to be over within a quarter of an hour.
_LONG_REPEATS = 2


@dataclass
class Benchmark:
    """Runs everybody against one sandbox after the other."""

    options: argparse.Namespace
    folder: Path
    minio: Minio | None
    dlt: Path | None
    results: Results = field(default_factory=Results)
    _numbers: Iterator[int] = field(default_factory=count)

    def run(self) -> None:
        """All measurements; they end up in `results`."""
        self._measure_starts()
        for latency in _LATENCIES_MS:
            _say(f"Starting a sandbox with {latency} ms of latency: some ten seconds ...")
            pages = self._scaled(LONG_PAGES)
            with running_sandbox(self.options.sandbox, latency, pages) as sandbox:
                if latency == _LONG_LATENCY_MS and self.options.long:
                    for page_size in _PAGE_SIZES:
                        self._measure_long(sandbox.paged(page_size))
                    continue  # the same over fewer pages would tell nothing more
                self._measure_latency(sandbox)
                if latency == 0:
                    self._measure_latency(sandbox.paged(SMALL_PAGE_SIZE))
                    self._measure_unhurried(sandbox)

    def _measure_starts(self) -> None:
        """Also lets a PEX unpack itself and the interpreter write its bytecode."""
        self.results.interpreter_seconds = measure_start([*self.options.python, "-c", ""])
        self.results.imports_seconds = measure_start([*self.options.extractor, "--help"])

    def _measure_latency(self, sandbox: Sandbox) -> None:
        for repeat in range(self.options.repeats):
            for contestant in self._contestants():
                is_dlt = isinstance(contestant, Dlt)
                if is_dlt and (repeat or sandbox.page_size == SMALL_PAGE_SIZE):
                    continue  # once is enough: nothing is decided by its figures
                run = self._measure(contestant, sandbox, self._pages(contestant, sandbox))
                self._keep(contestant, sandbox, _PAGES[sandbox.latency_ms], run)

    def _keep(self, contestant: Contestant, sandbox: Sandbox, pages: int, run: Run) -> None:
        case = Case(sandbox.page_size, sandbox.latency_ms, self._scaled(pages))
        of_case = self.results.runs.setdefault(case, {})
        of_case.setdefault(contestant.name, []).append(run)

    def _measure_unhurried(self, sandbox: Sandbox) -> None:
        """What needs no latency: the sandbox's own limit, and what happens on a second run."""
        _say("The sandbox's own limit, then everybody's second run ...")
        self.results.ceiling = measure_ceiling(sandbox)
        for page_size in _PAGE_SIZES:
            pages = self._scaled(LONG_PAGES)
            loop = self._loops()[0].prepare(self.folder, sandbox.paged(page_size), pages)
            size = json.loads(run_measured(loop).output)["bytes"]
            self.results.page_kb[page_size] = size / pages / 1000
        for contestant in self._contestants():
            pages = self._scaled(_PAGES_OF_DLT[0])
            rerun = measure_rerun(contestant, self._new_folder(), sandbox, pages)
            self.results.reruns[contestant.name] = rerun
        for minio in (None, self.minio) if self.minio else (None,):
            self.results.day_reruns.append(
                measure_day_rerun(self.options.extractor, self._new_folder(), sandbox, minio)
            )

    def _measure_long(self, sandbox: Sandbox) -> None:
        for _ in range(min(self.options.repeats, _LONG_REPEATS)):
            for contestant in [*self._extractors(), *self._loops()]:
                run = self._measure(contestant, sandbox, self._scaled(LONG_PAGES))
                self._keep(contestant, sandbox, LONG_PAGES, run)
            few = self.results.memory_runs.setdefault(sandbox.page_size, {})
            for contestant in self._extractors():
                run = self._measure(contestant, sandbox, self._scaled(_FEW_PAGES))
                few.setdefault(contestant.name, []).append(run)

    def _measure(self, contestant: Contestant, sandbox: Sandbox, pages: int) -> Run:
        servers = [self.minio.pid] if self.minio else []
        run = measure(contestant, self._new_folder(), sandbox, pages, servers)
        _say(
            f"{sandbox.latency_ms:4} ms  {contestant.name:22} "
            f"{pages:5} pages of {sandbox.page_size:2}: "
            f"{run.fetch_rate:6.1f}/s, with the commit {run.whole_rate:6.1f}/s, "
            f"{run.cpu_ms_a_page:5.2f} ms CPU, {run.peak_mb:4.0f} MB, "
            f"others {run.others_busy:.0%}, load {run.load_before:.1f}"
        )
        return run

    def _contestants(self) -> Sequence[Contestant]:
        return [*self._extractors(), *self._loops(), *([Dlt(self.dlt)] if self.dlt else [])]

    def _extractors(self) -> Sequence[Contestant]:
        words = self.options.extractor
        to_minio = [ExtractorToMinio(words, self.minio, TO_MINIO)] if self.minio else []
        return [ExtractorToFolder(words, TO_FOLDER), *to_minio]

    def _loops(self) -> Sequence[Contestant]:
        python = self.options.python
        return [
            BareLoop(python, stores=False, name=BARE_LOOP),
            BareLoop(python, stores=True, name=FLOOR),
        ]

    def _pages(self, contestant: Contestant, sandbox: Sandbox) -> int:
        pages = _PAGES_OF_DLT if isinstance(contestant, Dlt) else _PAGES
        return self._scaled(pages[sandbox.latency_ms])

    def _scaled(self, pages: int) -> int:
        scale: float = self.options.scale
        return max(2, round(pages * scale))

    def _new_folder(self) -> Path:
        return self.folder / f"run-{next(self._numbers)}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
