from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.sandbox_process import run_sandbox
from gamemarket.errors import UpstreamError
from gamemarket.settings import child_environment

NOW = datetime(2024, 1, 2, 6, tzinfo=UTC)
# A stand-in that says it is ready, tells its process id as its key, and waits.
READY = """\
import json, os, time
print(json.dumps({"url": "http://127.0.0.1:1/api", "key": str(os.getpid())}), flush=True)
time.sleep(600)
"""


def is_running(process_id: int) -> bool:
    stat = Path(f"/proc/{process_id}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(process_id: int) -> None:
    deadline = time.monotonic() + 30
    while is_running(process_id):
        assert time.monotonic() < deadline, "the sandbox is still there"
        time.sleep(0.05)


def test_the_sandbox_runs_for_as_long_as_the_block(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READY]
    with run_sandbox(command, NOW, tmp_path / "log") as sandbox:
        assert is_running(int(sandbox.key))
    wait_until_gone(int(sandbox.key))


def test_the_sandbox_ends_when_the_block_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        run_sandbox([sys.executable, "-c", READY], NOW, tmp_path / "log") as sandbox,
    ):
        raise KeyboardInterrupt
    wait_until_gone(int(sandbox.key))


def test_the_sandbox_ends_even_when_its_owner_is_killed(tmp_path: Path) -> None:
    owner = (
        "import sys, time\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from demo.sandbox_process import run_sandbox\n"
        f"with run_sandbox([sys.executable, '-c', {READY!r}], datetime.now(UTC),"
        f" Path({str(tmp_path / 'log')!r})) as sandbox:\n"
        "    print(sandbox.key, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", owner],
        env=child_environment({"PYTHONPATH": ":".join(sys.path)}),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        sandbox = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    wait_until_gone(sandbox)


def test_a_sandbox_that_does_not_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with (
        pytest.raises(UpstreamError, match="the port is taken"),
        run_sandbox(command, NOW, tmp_path / "log"),
    ):
        pass
