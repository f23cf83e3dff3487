"""A lake made without an extraction: the sandbox's pages, written in the extractor's form."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured_process import ProcessFailedError
from benchmarks.warehouse.stages import Stages

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """What was added to a lake: pages of lists and their JSON; rows, parts and stored bytes of all."""

    pages: int
    rows: int
    parts: int
    json_bytes: int
    stored_bytes: int


def write_lake(stages: Stages, lake: Path, words: Sequence[str]) -> Written:
    """Adds what sandbox_pages.py prints for `words`. One process makes pages, another commits them."""
    pages = subprocess.Popen(
        [*stages.sandbox_python, str(_HERE / "sandbox_pages.py"), *words],
        stdout=subprocess.PIPE,
    )
    try:
        writer = subprocess.run(
            [*stages.extractor_python, str(_HERE / "lake_writer.py"), str(lake)],
            stdin=pages.stdout,
            capture_output=True,
            text=True,
        )
        if pages.wait() or writer.returncode:
            raise ProcessFailedError(f"No lake for {' '.join(words)}:\n{writer.stderr[-2000:]}")
    finally:
        pages.kill()
        pages.wait()
    return Written(**json.loads(writer.stdout))
