"""The stages as their users run them: processes, with a sandbox as API and a folder as home."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

KEY = "canary-0123456789abcdef"
DAY_ONE = "2024-01-01"
DAY_TWO = "2024-01-02"
MORNING_AFTER_ONE = "2024-01-02T06:00:00Z"
MORNING_AFTER_TWO = "2024-01-03T06:00:00Z"

_MODULES = {"sandbox": "rawg_sandbox"}


def stage_command(name: str) -> list[str]:
    """The PEX that the build put beside the tests, or the module while developing."""
    pex = Path(f"{name}.pex")
    if pex.exists():
        return [sys.executable, str(pex.absolute())]
    return [sys.executable, "-m", _MODULES.get(name, name)]


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and its control calls."""

    url: str

    def control(self, path: str, body: object = None) -> dict[str, Any]:
        root = self.url.removesuffix("/api")
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{root}/_sandbox/{path}", data=data, headers=_JSON)
        with urlopen(request, timeout=60) as answer:
            result: dict[str, Any] = json.load(answer)
        return result

    def calls(self) -> dict[str, int]:
        """How often each request was made, by path and parameters without the key."""
        by_request: dict[str, int] = self.control("calls")["by_request"]
        return by_request

    def set_clock(self, now: str) -> None:
        self.control("clock", {"now": now})


_JSON = {"Content-Type": "application/json"}


@contextmanager
def serve_sandbox(*options: str, port: int = 0) -> Iterator[Sandbox]:
    command = [*stage_command("sandbox"), "serve", "--port", str(port), "--key", KEY, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Sandbox(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve_sandbox("--now", MORNING_AFTER_ONE, "--games", "2000") as running:
        yield running


@dataclass(frozen=True)
class Home:
    """One home of the embedded mode, and the environment of the stages that work in it."""

    path: Path
    sandbox: Sandbox

    def environment(self, now: str = MORNING_AFTER_ONE, **changes: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RAWG_", "AWS_", "DATA_LAKE", "GAME_MARKET", "DAGSTER"))
        }
        return kept | {
            "RAWG_API_KEY": KEY,
            "RAWG_BASE_URL": self.sandbox.url,
            "GAME_MARKET_HOME": str(self.path),
            "GAME_MARKET_NOW": now,
            "EXTRACTOR_COMMAND": shlex.join(stage_command("extractor")),
            "TRANSFORMER_COMMAND": shlex.join(stage_command("transformer")),
            **changes,
        }

    def start(
        self, stage: str, *arguments: str, now: str = MORNING_AFTER_ONE, **changes: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*stage_command(stage), *arguments],
            env=self.environment(now, **changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        stage: str,
        *arguments: str,
        now: str = MORNING_AFTER_ONE,
        **changes: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*stage_command(stage), *arguments],
            env=self.environment(now, **changes),
            capture_output=True,
            text=True,
            timeout=1200,  # against a hang
        )

    def files(self, folder: str) -> dict[str, bytes]:
        """The lake's objects below a folder, by key."""
        lake = self.path / "lake"
        return {
            str(path.relative_to(lake)): path.read_bytes()
            for path in sorted((lake / folder).rglob("*"))
            if path.is_file()
        }

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.files("manifests").values()]

    def parts(self) -> list[bytes]:
        """The bytes of all committed parts, in the order that manifests name them."""
        return [
            (self.path / "lake" / part["key"]).read_bytes()
            for manifest in self.manifests()
            for part in manifest["parts"]
        ]


@pytest.fixture
def make_home(sandbox: Sandbox, tmp_path: Path) -> Callable[..., Home]:
    def make(name: str = "home", sandbox: Sandbox = sandbox) -> Home:
        return Home(tmp_path / name, sandbox)

    return make


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Fails when the condition does not come true: a hang must not look like a pass."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{condition} did not come true within {seconds} s")
        time.sleep(0.005)


def kill(process: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> int:
    """Sends a signal and waits; returns the exit code."""
    process.send_signal(number)
    process.communicate(timeout=60)
    return process.returncode
