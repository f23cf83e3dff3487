"""A process and what it took: time, CPU, memory; and how busy others kept the machine meanwhile.

Only the standard library, here and in all that runs in the benchmark's own process: the kernel counts a
child's peak memory from the fork on, so the parent has to be smaller than what it measures.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Command:
    """What is started: words, and variables on top of this process's own."""

    words: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Usage:
    """What a process took. `ended_at` is on the machine's monotonic clock, as the sandbox's times are.

    `read_mb`: what it asked the kernel for, from disk or memory, its own code included; 0 where there
    is no /proc.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    read_mb: float
    ended_at: float
    output: str


class ProcessFailedError(Exception):
    """A measured process ended with another code than 0."""


def run_measured(command: Command) -> Usage:
    """Runs a command to its end; ProcessFailedError with the end of its log when it fails."""
    # Whoever forbids Python to keep bytecode would measure its compiler.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **command.variables}
    with TemporaryFile() as output_file, TemporaryFile() as log_file:
        started_at = time.monotonic()
        process = subprocess.Popen(
            command.words, env=environment, stdout=output_file, stderr=log_file
        )
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            read_mb = _read_megabytes(process.pid)  # /proc forgets it with the next line
            # wait4 gives this child's usage alone; RUSAGE_CHILDREN has the largest of all children.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # interrupted: nothing of the benchmark lives on
            process.kill()
            process.wait()
            raise
        ended_at = time.monotonic()
        process.returncode = os.waitstatus_to_exitcode(status)
        output_file.seek(0)
        log_file.seek(0)
        output, log = output_file.read().decode(), log_file.read().decode(errors="replace")
    if process.returncode != 0:
        raise ProcessFailedError(
            f"{' '.join(command.words)} ended with {process.returncode}:\n{output}{log[-2000:]}"
        )
    kilobyte = 1 if sys.platform == "darwin" else 1024  # getrusage(2): ru_maxrss
    return Usage(
        seconds=ended_at - started_at,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * kilobyte / 1e6,
        read_mb=read_mb,
        ended_at=ended_at,
        output=output,
    )


def _read_megabytes(pid: int) -> float:
    try:
        said = Path(f"/proc/{pid}/io").read_text()
    except OSError:
        return 0.0
    return int(said.split()[1]) / 1e6  # proc(5): rchar comes first


def read_cpu_seconds(pid: int) -> float:
    """CPU time of a running process; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS  # proc(5): utime, stime


def read_machine_cpu_seconds() -> float:
    """CPU time of the whole machine since its start; 0 where there is no /proc."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / _TICKS
