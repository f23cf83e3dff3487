from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.executables import Executables, run_to_its_end
from gamemarket.errors import DefectError, ExitCode, UsageError
from gamemarket.settings import child_environment


def test_what_is_not_built_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"orchestrator\.pex is not built.*make build"):
        Executables.find(tmp_path, {})


def test_a_given_command_comes_before_the_built_program(tmp_path: Path) -> None:
    for name in ("orchestrator", "transformer", "sandbox"):
        (tmp_path / f"{name}.pex").touch()
    found = Executables.find(tmp_path, {"sandbox": "python3 -m rawg_sandbox"})
    assert found.sandbox == ("python3", "-m", "rawg_sandbox")
    assert found.transformer == (sys.executable, str(tmp_path / "transformer.pex"))


def test_a_program_gets_the_changed_environment_and_its_output_comes_back(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['COLOUR']); sys.exit(65)"
    ended = run_to_its_end((sys.executable, "-c", code), {"COLOUR": "green"}, home=tmp_path)
    assert ended == (ExitCode.DATA, "green\n")


def test_an_exit_code_that_is_none_of_ours_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(DefectError, match="code 3"):
        run_to_its_end((sys.executable, "-c", "raise SystemExit(3)"), {}, home=tmp_path)


def test_a_stopped_demo_stops_its_program_once_and_waits_for_it(tmp_path: Path) -> None:
    program = (
        "import pathlib, signal, sys, time\n"
        "def stop(number, frame):\n"
        f"    pathlib.Path({str(tmp_path / 'stopped')!r}).open('a').write('once ')\n"
        "    sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(600)\n"
    )
    demo = (
        "import sys\n"
        "from pathlib import Path\n"
        "from demo.executables import run_to_its_end\n"
        f"run_to_its_end((sys.executable, '-c', {program!r}), {{}}, home=Path({str(tmp_path)!r}))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", demo],
        env=child_environment({"PYTHONPATH": ":".join(sys.path)}),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        process.stderr.read()
    assert (tmp_path / "stopped").read_text() == "once "
