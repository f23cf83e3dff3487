from __future__ import annotations

import sys

import pytest

from benchmarks.measured_process import Command, ProcessFailedError, run_measured


def _python(code: str) -> Command:
    return Command([sys.executable, "-c", code], {"SAID": "hello"})


def test_a_process_is_measured_by_its_own_usage() -> None:
    usage = run_measured(_python("import os; kept = b'x' * 300_000_000; print(os.environ['SAID'])"))
    assert usage.output == "hello\n"
    assert 300 < usage.peak_mb < 600
    assert usage.cpu_seconds > 0


def test_a_process_that_fails_is_no_figure() -> None:
    with pytest.raises(ProcessFailedError, match=r"ended with 3:\n(?s:.*)why"):
        run_measured(_python("import sys; print('why', file=sys.stderr); sys.exit(3)"))
