"""Dagster's GraphQL, as much as the stack's commands need."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from http.client import HTTPException
from time import monotonic, sleep, time
from typing import Any, Final, TypeVar
from urllib.error import URLError
from urllib.request import Request, urlopen

from stack.errors import StackError

__all__ = ["JOB", "LOCATION", "Backfill", "Dagster", "patiently"]

JOB: Final = "daily_game_market_update"
LOCATION: Final = "game_market"
_REPOSITORY: Final = {
    "repositoryLocationName": LOCATION,
    "repositoryName": "__repository__",
}

_DAEMONS = (
    "{ instance { daemonHealth { allDaemonStatuses { required healthy lastHeartbeatTime } } } }"
)
# The parts of the daemon report every 30 s, the scheduler every minute; Dagster calls them healthy for
# half an hour.
_FRESH_SECONDS: Final = 90.0
# A restart of Dagster or of its Postgres takes some seconds.
PATIENCE_SECONDS: Final = 60.0
_T = TypeVar("_T")
_LONG_AGO: Final = datetime.min.replace(tzinfo=timezone.utc)
_OVER: Final = ("SUCCESS", "FAILURE", "CANCELED")
_LAUNCH_BACKFILL = """
mutation ($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on PartitionSetNotFoundError { message }
    ... on PartitionKeysNotFoundError { message }
  }
}
"""
_BACKFILL = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status runs(limit: 1000) { status tags { key value } } }
    ... on PythonError { message }
  }
}
"""
_LAUNCH_RUN = """
mutation ($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_RUN = """
query ($id: ID!) {
  runOrError(runId: $id) {
    __typename
    ... on Run { status }
    ... on RunNotFoundError { message }
    ... on PythonError { message }
  }
}
"""


@dataclass(frozen=True)
class Backfill:
    """Where a backfill stands: Dagster's status of it, and of the run of each day that has one."""

    status: str
    days: Mapping[str, str]

    @property
    def is_over(self) -> bool:
        return self.status not in ("REQUESTED", "CANCELING", "COMPLETING", "FAILING")


@dataclass(frozen=True)
class Dagster:
    """The web server at a port of this machine."""

    port: int

    def is_healthy(self, daemon_since: datetime = _LONG_AGO) -> bool:
        """Whether it answers, and every part of the daemon that began then has reported lately."""
        try:
            answer = self._ask(_DAEMONS)
        except StackError:
            return False
        statuses = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
        latest = max(daemon_since.timestamp(), time() - _FRESH_SECONDS)
        return all(
            status["healthy"] and status["lastHeartbeatTime"] >= latest
            for status in statuses
            if status["required"]
        )

    def launch_backfill(self, days: list[str]) -> str:
        """Asks for a run of the daily job for each day; the backfill's id."""
        partition_set = {
            "partitionSetName": f"{JOB}_partition_set",
            "repositorySelector": _REPOSITORY,
        }
        backfill = {"selector": partition_set, "partitionNames": days}
        answer = self._ask(_LAUNCH_BACKFILL, {"backfill": backfill})["launchPartitionBackfill"]
        if answer["__typename"] != "LaunchBackfillSuccess":
            raise StackError(f"Dagster did not take the backfill: {_reason(answer)}")
        return str(answer["backfillId"])

    def read_backfill(self, backfill_id: str) -> Backfill:
        answer = self._ask(_BACKFILL, {"id": backfill_id})["partitionBackfillOrError"]
        if answer["__typename"] != "PartitionBackfill":
            raise StackError(f"Dagster does not show the backfill {backfill_id}: {_reason(answer)}")
        runs = {_day_of(run): run["status"] for run in reversed(answer["runs"])}
        return Backfill(answer["status"], dict(sorted(runs.items())))

    def launch_run(self, day: str, config: str | Mapping[str, Any]) -> str:
        """Asks for the daily job on one day; the run's id. `config` is YAML or what it stands for."""
        return self.launch_job(JOB, config, {"dagster/partition": day})

    def launch_job(self, job: str, config: str | Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Asks for a run of a job; its id."""
        run = {
            "selector": {**_REPOSITORY, "jobName": job},
            "runConfigData": config,
            "executionMetadata": {
                "tags": [{"key": key, "value": value} for key, value in tags.items()]
            },
        }
        answer = self._ask(_LAUNCH_RUN, {"run": run})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            raise StackError(f"Dagster did not take the run: {_reason(answer)}")
        return str(answer["run"]["runId"])

    def wait_for_run(self, run_id: str) -> str:
        """The run's status when it is over."""
        while (status := patiently(lambda: self.read_run(run_id))) not in _OVER:
            sleep(1)
        return status

    def read_run(self, run_id: str) -> str:
        """The run's status: QUEUED, STARTED, SUCCESS, FAILURE ..."""
        answer = self._ask(_RUN, {"id": run_id})["runOrError"]
        if answer["__typename"] != "Run":
            raise StackError(f"Dagster does not show the run {run_id}: {_reason(answer)}")
        return str(answer["status"])

    def _ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        url = f"http://127.0.0.1:{self.port}/graphql"
        request = Request(url, body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=60) as answer:
                said: dict[str, Any] = json.load(answer)
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise StackError(
                f"Dagster does not answer at port {self.port} ({error}): is the stack up "
                "(`make start`)?"
            ) from None
        if said.get("errors"):
            raise StackError(f"Dagster refused a question: {said['errors'][0]['message']}")
        data: dict[str, Any] = said["data"]
        return data


def patiently(ask: Callable[[], _T]) -> _T:
    """What `ask` returns, asked for a minute: hours of watching do not end at one failed answer."""
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except StackError:
            if monotonic() > deadline:
                raise
        sleep(2)


def _reason(answer: Mapping[str, Any]) -> str:
    errors = [error["message"] for error in answer.get("errors", [])]
    return answer.get("message") or "; ".join(errors) or answer["__typename"]


def _day_of(run: Mapping[str, Any]) -> str:
    return next((tag["value"] for tag in run["tags"] if tag["key"] == "dagster/partition"), "")
