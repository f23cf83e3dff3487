"""All that was measured."""

from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.measure import Run
from benchmarks.rerun import DayRerun

TO_FOLDER = "extractor, folder"
TO_MINIO = "extractor, MinIO"
BARE_LOOP = "bare loop, fetch only"
FLOOR = "floor: fetch, zstd, put"


class Case(NamedTuple):
    """What all contestants of one table did: `page_size` in rows, `pages` for all but dlt."""

    page_size: int
    latency_ms: int
    pages: int


@dataclass
class Results:
    """All that was measured, by case and contestant, in the order of the tables.

    `memory_runs` are runs over a few pages, by page size; `page_kb` the average body, likewise.
    """

    runs: dict[Case, dict[str, list[Run]]] = field(default_factory=dict)
    memory_runs: dict[int, dict[str, list[Run]]] = field(default_factory=dict)
    reruns: dict[str, Run] = field(default_factory=dict)
    day_reruns: list[DayRerun] = field(default_factory=list)
    interpreter_seconds: float = 0.0
    imports_seconds: float = 0.0
    ceiling: float | None = None
    page_kb: dict[int, float] = field(default_factory=dict)

    def find_long(self, page_size: int) -> Case:
        """The case of many pages beside which those of `memory_runs` stand: they take the longest."""
        cases = (case for case in self.runs if case.page_size == page_size)
        return max(cases, key=lambda case: (case.latency_ms, case.pages))
