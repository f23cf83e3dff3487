"""Runs the benchmark: `python -m benchmarks.warehouse` from the tree's root, after `make build`."""

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.measured_process import Command, run_measured
from benchmarks.surroundings import describe_machine, read_commit
from benchmarks.warehouse.benchmark import MANY_GAMES, Benchmark
from benchmarks.warehouse.report import build_report
from benchmarks.warehouse.stages import Stages

_LIBRARIES = ("duckdb", "dbt-core", "dbt-duckdb")


def main() -> None:
    """Measures, prints the report and writes it."""
    options = _parse_arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # lakes and warehouses are removed on the way out
    stages = Stages(
        options.transformer,
        options.sandbox_python,
        options.extractor_python,
        options.transformer_python,
    )
    with tempfile.TemporaryDirectory(prefix="bench-warehouse-") as folder:
        benchmark = Benchmark(stages, Path(folder), options.long)
        benchmark.run()
        head = _describe(options)
    report = build_report(benchmark.results, head)
    print(report)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(report)
    print(f"Written to {options.output}.", file=sys.stderr)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warehouse", description=__doc__)
    parser.add_argument(
        "--long",
        action="store_true",
        help=f"also a year, ten thin years and {MANY_GAMES:,} games: some fifteen minutes more, 4 GB of disk",
    )
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks_warehouse.md"))
    parser.add_argument("--transformer", type=shlex.split, default=_built("transformer"))
    for stage in ("sandbox", "extractor", "transformer"):
        parser.add_argument(
            f"--{stage}-python",
            type=shlex.split,
            default=["env", "PEX_INTERPRETER=1", *_built(stage)],
            help=f"the interpreter with the {stage}'s libraries",
        )
    return parser.parse_args()


def _built(stage: str) -> list[str]:
    return [sys.executable, f"dist/{stage}.pex"]


def _describe(options: argparse.Namespace) -> list[str]:
    # Their paths are nobody's business.
    own = options.transformer == _built("transformer")
    others = "" if own else ", with another transformer than it builds"
    return [
        f"Command: `make bench-warehouse{' LONG=1' if options.long else ''}`{others}",
        f"Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {read_commit() or 'unknown'}",
        f"Machine: {describe_machine()}",
        f"Versions: {', '.join(_versions(options.transformer_python))}",
    ]


def _versions(python: Sequence[str]) -> list[str]:
    lines = "import platform, sys; from importlib.metadata import version; "
    lines += "print('Python', platform.python_version()); "
    lines += "[print(name, version(name)) for name in sys.argv[1:]]"
    return run_measured(Command([*python, "-c", lines, *_LIBRARIES], {})).output.splitlines()


if __name__ == "__main__":
    main()
