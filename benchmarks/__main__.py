"""Runs the benchmark: `python -m benchmarks` from the tree's root, after `make build`."""

import argparse
import shlex
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.benchmark import LONG_PAGES, Benchmark
from benchmarks.dlt_environment import find_or_make_dlt_python
from benchmarks.minio import find_minio, running_minio
from benchmarks.report import build_report
from benchmarks.surroundings import describe_machine, describe_versions, read_commit

_BUILT_EXTRACTOR = [sys.executable, "dist/extractor.pex"]


def main() -> None:
    """Measures, prints the report and writes it."""
    options = _parse_arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # servers are stopped and folders removed on the way out
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-extract-")))
        program = find_minio()
        if program is None:
            _say("SKIPPED: no MinIO in the cache (build-support/minio builds it): no S3 figures.")
        minio = stack.enter_context(running_minio(program, folder / "minio"))
        dlt = find_or_make_dlt_python()
        benchmark = Benchmark(options, folder, minio, dlt)
        benchmark.run()
        head = _describe(options, dlt, program if minio else None)
    report = build_report(benchmark.results, head)
    print(report)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(report)
    _say(f"Written to {options.output}.")


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument(
        "--long", action="store_true", help=f"also {LONG_PAGES:,} slow pages, and memory"
    )
    parser.add_argument("--scale", type=float, default=1, help="of the pages, to try it: 0.02")
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks.md"))
    parser.add_argument("--extractor", type=shlex.split, default=_BUILT_EXTRACTOR)
    parser.add_argument("--sandbox", type=shlex.split, default=[sys.executable, "dist/sandbox.pex"])
    parser.add_argument(
        "--python",
        type=shlex.split,
        default=["env", "PEX_INTERPRETER=1", *_BUILT_EXTRACTOR],
        help="the interpreter with the extractor's libraries",
    )
    return parser.parse_args()


def _describe(options: argparse.Namespace, dlt: Path | None, minio: Path | None) -> list[str]:
    # Their paths are nobody's business.
    others = (
        "" if options.extractor == _BUILT_EXTRACTOR else ", with another extractor than it builds"
    )
    if options.scale != 1:
        others += f", with {options.scale:.0%} of the pages: only to try it"
    versions = describe_versions(options.extractor, options.python, dlt, minio)
    return [
        f"Command: `make bench-extract{' LONG=1' if options.long else ''}`{others}",
        f"Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {read_commit() or 'unknown'}",
        f"Machine: {describe_machine()}",
        f"Versions: {', '.join(versions)}",
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
