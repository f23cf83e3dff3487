"""A real `orchestrator ui`, and what people do in its pages, over GraphQL."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any
from urllib.request import Request, urlopen

from gamemarket.settings import child_environment

__all__ = ["Pages", "find_free_port", "serve_pages", "start_pages"]

_LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass(frozen=True)
class Pages:
    """The pages at an address, and the process that serves them."""

    address: str
    process: subprocess.Popen[str]

    def launch(self, job: str, run_config: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """What Dagster says to a run that is asked for."""
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": "orchestrator.definitions",
            "jobName": job,
        }
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        params = {
            "selector": selector,
            "runConfigData": run_config,
            "executionMetadata": {"tags": listed},
        }
        launched: dict[str, Any] = self._ask(_LAUNCH, {"params": params})["launchRun"]
        return launched

    def wait_for_the_end(self, run_id: str) -> str:
        """The status that a run ends with."""
        deadline = monotonic() + 300
        while True:
            status = str(self._ask(_STATUS, {"id": run_id})["runOrError"]["status"])
            if status in ("SUCCESS", "FAILURE", "CANCELED"):
                return status
            assert monotonic() < deadline, f"the run is still {status}"
            sleep(0.5)

    def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.address}/graphql", body, headers), timeout=60) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data


def find_free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start_pages(
    changes: Mapping[str, str] | None = None, before: Callable[[], None] | None = None
) -> Pages:
    """Starts `orchestrator ui`, `before` in its process, and waits until it says where its pages are."""
    port = find_free_port()
    ui = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "ui", "--port", str(port)],
        env=child_environment(changes),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )
    assert ui.stdout
    address = f"http://127.0.0.1:{port}"
    said = ui.stdout.readline()
    ui.stdout.close()
    assert address in said, said
    return Pages(address, ui)


@contextmanager
def serve_pages(
    changes: Mapping[str, str] | None = None, before: Callable[[], None] | None = None
) -> Iterator[Pages]:
    """`start_pages`, and an orderly end."""
    pages = start_pages(changes, before)
    try:
        yield pages
    finally:
        pages.process.send_signal(signal.SIGTERM)
        assert pages.process.wait(60) == 0, "Dagster had to be killed"
