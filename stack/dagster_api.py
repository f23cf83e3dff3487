"""Dagster's GraphQL, as much as the stack's commands need."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.client import HTTPException
from time import monotonic, sleep, time
from typing import Any, Final, TypeVar
from urllib.error import URLError
from urllib.request import Request, urlopen

from stack.errors import StackError

__all__ = ["JOB", "LOCATION", "Backfill", "Dagster", "Run", "patiently"]

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
query ($id: String!, $changed: RunsFilter!, $cursor: String, $limit: Int!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status }
    ... on PythonError { message }
  }
  runsOrError(filter: $changed, cursor: $cursor, limit: $limit) {
    __typename
    ... on Runs { results { runId status creationTime updateTime tags { key value } } }
    ... on PythonError { message }
  }
}
"""
# What Dagster gives at most of one question.
_RUNS_A_PAGE: Final = 500
# Times of changes come from several processes: of the last seconds all are asked for again.
_OVERLAP_SECONDS: Final = 10.0
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
_LATEST_RUNS = """
query ($limit: Int!) {
  runsOrError(limit: $limit) {
    __typename
    ... on Runs { results { jobName status updateTime tags { key value } } }
    ... on PythonError { message }
  }
}
"""
_LATEST = 5


@dataclass(frozen=True)
class Run:
    """A run as Dagster shows it; `day` is empty for jobs that have none, `changed_at` Unix time."""

    job: str
    day: str
    status: str
    changed_at: float


@dataclass(frozen=True)
class Backfill:
    """Where a backfill stands: Dagster's status of it, and of the newest run of each day."""

    status: str
    days: Mapping[str, str]
    # By their id, as they were shown last; what changes after `updated_at` is still to be asked for.
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of_runs(cls, status: str, runs: Mapping[str, Mapping[str, Any]]) -> Backfill:
        """Each day as its newest run is."""
        in_order = sorted(runs.values(), key=lambda run: float(run["creationTime"]))
        days = {_day_of(run): run["status"] for run in in_order}
        return cls(status, dict(sorted(days.items())), runs)

    @property
    def updated_at(self) -> float:
        """The Unix time of the last change that is known."""
        return max((float(run["updateTime"]) for run in self.runs.values()), default=0.0)

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

    def read_backfill(self, backfill_id: str, known: Backfill | None = None) -> Backfill:
        """Where it stands; of what is `known` only what has changed since is asked for."""
        runs = dict(known.runs) if known else {}
        after = known.updated_at - _OVERLAP_SECONDS if known and known.runs else None
        cursor = None
        while True:
            status, page = self._read_runs(backfill_id, after, cursor)
            runs |= {run["runId"]: run for run in page}
            if len(page) < _RUNS_A_PAGE:
                return Backfill.of_runs(status, runs)
            cursor = page[-1]["runId"]

    def _read_runs(
        self, backfill_id: str, after: float | None, cursor: str | None
    ) -> tuple[str, list[dict[str, Any]]]:
        tags = [{"key": "dagster/backfill", "value": backfill_id}]
        changed = {"tags": tags, "updatedAfter": after}
        variables = {"id": backfill_id, "changed": changed, "cursor": cursor}
        answer = self._ask(_BACKFILL, {**variables, "limit": _RUNS_A_PAGE})
        for name, kind in (
            ("partitionBackfillOrError", "PartitionBackfill"),
            ("runsOrError", "Runs"),
        ):
            if answer[name]["__typename"] != kind:
                why = _reason(answer[name])
                raise StackError(f"Dagster does not show the backfill {backfill_id}: {why}")
        return answer["partitionBackfillOrError"]["status"], answer["runsOrError"]["results"]

    def read_latest_runs(self) -> list[Run]:
        """The newest runs, the newest first."""
        answer = self._ask(_LATEST_RUNS, {"limit": _LATEST})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise StackError(f"Dagster does not show its runs: {_reason(answer)}")
        return [
            Run(run["jobName"], _day_of(run), run["status"], float(run["updateTime"]))
            for run in answer["results"]
        ]

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
