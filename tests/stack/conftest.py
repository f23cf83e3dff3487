"""The local stack as `make start` starts it, with ports, data and a clock of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from stack.cli import find_stack, main
from stack.dagster_api import Dagster
from stack.engine import Engine
from stack.errors import StackError
from tests.end_to_end.conftest import Sandbox

TREE = Path.cwd()  # the checkout, or Pants' sandbox with these files (see the BUILD file)
NOW = "2024-01-16T06:00:00Z"
PROJECT = "game-market-test"
KEY = "the-sandbox-key"
PROGRAMS = ("extractor", "transformer", "reporter", "orchestrator", "sandbox")
_OVER = ("SUCCESS", "FAILURE", "CANCELED")


@dataclass(frozen=True)
class Stack:
    """A running stack, and the ways to look at it and to hurt it."""

    engine: Engine
    variables: dict[str, str]

    @property
    def dagster(self) -> Dagster:
        return Dagster(int(self.variables["DAGSTER_PORT"]))

    def postgres_url(self, role: str, database: str = "marts") -> str:
        port, password = self.variables["POSTGRES_PORT"], self.variables[f"{role.upper()}_PASSWORD"]
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}?connect_timeout=10"

    def ask_marts(self, query: LiteralString, *values: list[int]) -> list[tuple[Any, ...]]:
        """As BI tools do: the role reporter, over TCP."""
        with psycopg.connect(self.postgres_url("reporter")) as db:
            return db.execute(query, values).fetchall()

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox(f"http://127.0.0.1:{self.variables['SANDBOX_PORT']}/api")

    def count_calls(self) -> int:
        return int(self.sandbox.control("calls")["total"])

    def run_stage(self, stage: str, *arguments: str) -> list[dict[str, Any]]:
        """A stage by hand, as the manual has it; its JSON lines."""
        output = self.engine.ask("run", "--rm", stage, *arguments)
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    def find_containers(self, stage: str, *options: str) -> list[str]:
        """The containers that Dagster runs of a stage at this moment; options are `docker ps`'s."""
        words = ["ps", "-q", *options, "--filter", f"label=game-market.stage={stage}"]
        words += ["--filter", f"label=game-market.project={PROJECT}"]
        return _docker(*words).split()

    def is_there(self, container: str) -> bool:
        """Whether the engine still has a container, in whatever state."""
        return bool(_docker("ps", "-aq", "--filter", f"id={container}").strip())

    def find_started(self) -> dict[str, datetime]:
        """When each server of the stack was started."""
        services = self.engine.services()
        return {one.name: one.started_at for one in services if one.state == "running"}

    def find_made(self) -> set[str]:
        """The ids of all containers that compose made."""
        label = f"label=com.docker.compose.project={PROJECT}"
        return {*_docker("ps", "-aq", "--no-trunc", "--filter", label).split()}

    def kill_code_location(self) -> None:
        """All of its processes but the first, so that the engine starts it again: as memory does."""
        words = ["ps", "-q", "--filter", "label=com.docker.compose.service=code-location"]
        words += ["--filter", f"label=com.docker.compose.project={PROJECT}"]
        [container] = _docker(*words).split()
        subprocess.run(["docker", "exec", container, "/bin/sh", "-c", "kill -9 -1"], check=False)

    def wait_for_run(self, run_id: str, seconds: float = 400) -> str:
        wait_until(lambda: self.dagster.read_run(run_id) in _OVER, seconds, every=1)
        return self.dagster.read_run(run_id)

    def launch_backfill_when_served(self, days: list[str]) -> str:
        """Asks for it as soon as the web server has found the code location again."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.dagster.launch_backfill(days)
            except StackError as error:
                if time.monotonic() > deadline:
                    pytest.fail(str(error))
            time.sleep(1)

    def wait_for_container(self, stage: str, *options: str) -> str:
        wait_until(lambda: bool(self.find_containers(stage, *options)), 300)  # on a busy machine
        return self.find_containers(stage, *options)[0]


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.2) -> None:
    """Fails when the condition does not come true: a hang must not look like a pass.

    What costs the servers something is asked less often: `every` so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"did not come true within {seconds} s")
        time.sleep(every)


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout


def kill_container(container: str) -> None:
    _docker("kill", container)


def pause_container(container: str) -> None:
    _docker("pause", container)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not os.environ.get("TEST_STACK"):
        pytest.skip("needs a Docker engine and the images: run `make test-stack`")
    assert shutil.which("docker"), "docker is not on PATH"
    folder = _make_checkout(tmp_path_factory.mktemp("stack") / "checkout")
    assert main(["clean", "--yes"], folder) == 0  # what a killed test left
    assert main(["start"], folder) == 0
    yield Stack(*find_stack(folder, os.environ))
    if os.environ.get("KEEP_STACK") != "1":
        assert main(["clean", "--yes"], folder) == 0


def _make_checkout(folder: Path) -> Path:
    """What compose and the stack's commands read, and a .env as a user fills it in."""
    shutil.copytree(TREE / "stack", folder / "stack")
    for name in ("docker-compose.yml", ".env.example"):
        shutil.copy(TREE / name, folder)
    shutil.copy(
        TREE / "tests/stack/docker-compose.test.yml", folder / "docker-compose.override.yml"
    )
    ports = (
        f"{name}_PORT" for name in ("DAGSTER", "REPORT", "S3", "S3_CONSOLE", "POSTGRES", "SANDBOX")
    )
    own = {
        "COMPOSE_PROJECT_NAME": PROJECT,
        "GAME_MARKET_NOW": NOW,
        **{name: str(_find_free_port()) for name in ports},
        **{f"{name.upper()}_IMAGE": f"game-market/{name}:local" for name in PROGRAMS},
        **{name: os.environ[name] for name in ("POSTGRES_IMAGE", "S3_IMAGE") if name in os.environ},
    }
    lines = "".join(f"{name}={value} # for tests\n" for name, value in own.items())
    (folder / ".env").write_text((TREE / ".env.example").read_text() + lines)
    return folder


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
