"""All that was measured."""

from dataclasses import dataclass, field

from benchmarks.measure import Run
from benchmarks.rerun import DayRerun

TO_FOLDER = "extractor, folder"
TO_MINIO = "extractor, MinIO"
BARE_LOOP = "bare loop, fetch only"
FLOOR = "floor: fetch, zstd, put"


@dataclass
class Results:
    """All that was measured, by latency and contestant, in the order of the tables."""

    runs: dict[int, dict[str, list[Run]]] = field(default_factory=dict)
    reruns: dict[str, Run] = field(default_factory=dict)
    long_latency_ms: int = 0
    long_runs: dict[str, list[Run]] = field(default_factory=dict)
    memory_runs: dict[str, list[Run]] = field(default_factory=dict)
    day_reruns: list[DayRerun] = field(default_factory=list)
    interpreter_seconds: float = 0.0
    imports_seconds: float = 0.0
    ceiling: float | None = None
    page_kb: float = 0.0
