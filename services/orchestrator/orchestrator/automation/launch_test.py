"""Runs as people launch them: over GraphQL, by a running `orchestrator ui`, with fake stages."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from time import monotonic, sleep
from typing import Any
from urllib.request import Request, urlopen

import pytest

from gamemarket.settings import child_environment
from orchestrator_doubles import fake_stages
from orchestrator_doubles.user_manual import read_run_config

# Dates without quotes: YAML would take them for dates.
DAYS = """
ops:
  rawg_lake__days:
    config:
      first: 2024-01-01
      last: 2024-01-03
      max_pages: 1
"""
LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running `orchestrator ui`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    stage = f"{sys.executable} {fake_stages.__file__} --"
    ui = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "ui", "--port", str(port)],
        env=child_environment(
            {
                "GAME_MARKET_HOME": str(home),
                "EXTRACTOR_COMMAND": stage,
                "TRANSFORMER_COMMAND": stage,
                "DATA_LAKE_BUCKET": "",
                "RAWG_API_KEY": "the-sandbox-key",
                "DBT_MANIFEST": str(fake_stages.MANIFEST),
            }
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert ui.stdout
    try:
        address = f"http://127.0.0.1:{port}"
        assert address in ui.stdout.readline()
        yield address
    finally:
        ui.send_signal(signal.SIGTERM)
        assert ui.wait(60) == 0, "Dagster had to be killed"
        ui.stdout.close()


def ask(server: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = Request(f"{server}/graphql", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    return data


def launch(server: str, job: str, run_config: str, tags: Mapping[str, str]) -> dict[str, Any]:
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
    launched: dict[str, Any] = ask(server, LAUNCH, {"params": params})["launchRun"]
    return launched


def wait_for_the_end(server: str, run_id: str) -> str:
    deadline = monotonic() + 300
    while True:
        status = str(ask(server, STATUS, {"id": run_id})["runOrError"]["status"])
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            return status
        assert monotonic() < deadline, f"the run is still {status}"
        sleep(0.5)


@pytest.mark.parametrize(
    ("job", "run_config", "tags"),
    [
        ("daily_game_market_update", read_run_config(), {"dagster/partition": "2024-01-02"}),
        ("game_ingestion_job", "{}", {"dagster/partition": "2024-01-02"}),
        ("historical_backfill", DAYS, {}),
    ],
)
def test_a_run_configuration_is_launched_as_it_stands(
    server: str, job: str, run_config: str, tags: Mapping[str, str]
) -> None:
    launched = launch(server, job, run_config, tags)
    assert launched["__typename"] == "LaunchRunSuccess", launched
    assert wait_for_the_end(server, launched["run"]["runId"]) == "SUCCESS"


def test_a_key_in_a_run_configuration_is_refused(server: str) -> None:
    config = "resources: {rawg: {config: {rawg_api_key: 0123456789abcdef}}}"
    tags = {"dagster/partition": "2024-01-02"}
    launched = launch(server, "daily_game_market_update", config, tags)
    assert launched["__typename"] == "RunConfigValidationInvalid"
    assert "0123456789abcdef" not in json.dumps(launched)
