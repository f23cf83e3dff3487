"""What the figures depend on: machine, versions, and how fast the sandbox itself can be."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestants import CONCURRENCY
from benchmarks.measured_process import Command, run_measured
from benchmarks.sandbox import Sandbox

_WRK_SECONDS = 5
_LIBRARIES = "httpx httpcore zstandard boto3 pydantic-core".split()


def describe_machine() -> str:
    """Processor, cores, memory, system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.release()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {system}"


def _processor() -> str:
    try:
        found = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def describe_versions(
    extractor: Sequence[str], python: Sequence[str], dlt: Path | None, minio: Path | None
) -> list[str]:
    """Of everything that is measured."""
    words = "import platform; print('Python', platform.python_version())"
    versions = [_output([*extractor, "--version"]), _output([*python, "-c", words])]
    versions += _find_versions(python, _LIBRARIES)
    if dlt:
        versions += _find_versions([str(dlt)], ["dlt", "requests"])
    return versions + ([f"MinIO {minio.parent.name}"] if minio else [])


def _find_versions(python: Sequence[str], names: Sequence[str]) -> list[str]:
    lines = "import sys; from importlib.metadata import version; "
    lines += "[print(name, version(name)) for name in sys.argv[1:]]"
    return _output([*python, "-c", lines, *names]).splitlines()


def _output(words: Sequence[str]) -> str:
    return run_measured(Command(words, {})).output.strip()


def measure_ceiling(sandbox: Sandbox) -> float | None:
    """Pages a second that the sandbox gives to wrk; None without wrk.

    wrk asks for one page again and again: all rows are encoded, so one page is like another.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        return None
    words = [wrk, "--threads", "1", "--connections", str(CONCURRENCY)]
    words += ["--duration", f"{_WRK_SECONDS}s", sandbox.first_page_url]
    found = re.search(r"Requests/sec:\s*([\d.]+)", _output(words))
    return float(found[1]) if found else None


def read_commit() -> str:
    """The commit of the tree, marked when it has changes; empty without git."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
