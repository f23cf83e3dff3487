"""What it costs to run a committed day again, over all endpoints of the shipped endpoints.json."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.contestants import extractor_variables
from benchmarks.measured_process import Command, run_measured
from benchmarks.minio import Minio
from benchmarks.sandbox import RUN_DATE, Sandbox

_TIMES = 5


@dataclass(frozen=True)
class DayRerun:
    """Medians of seconds; calls and lake requests of one rerun (None: nobody counts them)."""

    lake: str
    endpoints: int
    pages: int
    calls: int
    lake_requests: int | None
    seconds: float
    cpu_seconds: float


def measure_day_rerun(
    extractor: Sequence[str], folder: Path, sandbox: Sandbox, minio: Minio | None
) -> DayRerun:
    """Reads the run date once, then again and again; `minio` None: into a folder."""
    folder.mkdir()
    variables = extractor_variables(folder, sandbox)
    if minio:
        variables |= minio.create_bucket(folder.name)
    command = Command([*extractor, "run", "--all", "--run-date", RUN_DATE], variables)
    first = [json.loads(line) for line in run_measured(command).output.splitlines()]
    sandbox.reset_calls()
    before = minio.count_requests() if minio else 0
    reruns = [run_measured(command) for _ in range(_TIMES)]
    requests = (minio.count_requests() - before) / _TIMES if minio else None
    return DayRerun(
        lake="MinIO" if minio else "folder",
        endpoints=len(first),
        pages=sum(summary["pages"] for summary in first),
        calls=sandbox.read_calls().calls,
        lake_requests=None if requests is None else round(requests),
        seconds=median(rerun.seconds for rerun in reruns),
        cpu_seconds=median(rerun.cpu_seconds for rerun in reruns),
    )


def measure_start(words: Sequence[str]) -> float:
    """Median seconds of a command that does nothing."""
    return median(run_measured(Command(words, {})).seconds for _ in range(_TIMES))
