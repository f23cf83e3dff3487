"""What `make demo` runs after the build, as a newcomer without a key: and then once more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import stage_command

pytestmark = pytest.mark.timeout(1800)


def run_demo(home: Path) -> str:
    """Its standard output; the test fails unless it is done."""
    words = [sys.executable, "-m", "demo"]
    for name in ("orchestrator", "transformer", "sandbox"):
        words += [f"--{name}-command", " ".join(stage_command(name))]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "RAWG_API_KEY"},
        "GAME_MARKET_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "EXTRACTOR_COMMAND": " ".join(stage_command("extractor")),
        "TRANSFORMER_COMMAND": " ".join(stage_command("transformer")),
        "REPORTER_COMMAND": " ".join(stage_command("reporter")),
    }
    ended = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    return ended.stdout


def test_the_demo_shows_the_market_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    first = run_demo(tmp_path)
    calls = re.search(r"API calls: ([\d,]+)", first)
    assert calls and int(calls[1].replace(",", "")) > 100
    assert "Top games by users who added them" in first
    (told,) = re.findall(r"opened in a browser: (.+)", first)
    report = Path(told)
    assert "Which games gain users fastest now?" in report.read_text()
    again = run_demo(tmp_path)
    assert "API calls: 0\n" in again
    assert "No mart row changed" in again
    assert re.findall(r"opened in a browser: (.+)", again) == [told]
