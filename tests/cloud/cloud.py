"""The emulated cloud: AWS from Terraform's code, the stages as its tasks, a sandbox as the API."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import boto3
import pytest

from tests.cloud.local_tasks import Fault, Platform
from tests.cloud.terraform import Root
from tests.end_to_end.conftest import KEY, Sandbox, stage_command

__all__ = ["ACCOUNT", "Cloud", "Execution", "find_image", "serve_emulator"]

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"
STATE_BUCKET: Final = "game-market-state"
_PREFIX: Final = "game-market-dev"
# Its stubs want to know each service by name.
_make_client: Final[Any] = boto3.client
_MACHINE: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{_PREFIX}"
_STAGES: Final = ("extractor", "transformer", "reporter")
_MANIFEST_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class TaskRun:
    """One task that the state machine started; `exit_code` is None when it never started."""

    stage: str
    arguments: tuple[str, ...]
    exit_code: int | None

    @property
    def endpoint(self) -> str:
        return self.arguments[self.arguments.index("--endpoint") + 1]


@dataclass(frozen=True)
class Execution:
    """An execution that has ended."""

    status: str
    output: dict[str, Any]
    error: str
    tasks: tuple[TaskRun, ...]

    def exit_codes(self, endpoint: str) -> list[int | None]:
        """Of each try to read an endpoint, in order."""
        return [
            t.exit_code for t in self.tasks if t.stage == "extractor" and t.endpoint == endpoint
        ]

    @property
    def builds(self) -> list[int | None]:
        """The exit code of each try to build."""
        return [task.exit_code for task in self.tasks if task.stage == "transformer"]

    @property
    def reports(self) -> list[int | None]:
        """The exit code of each try to make the report."""
        return [task.exit_code for task in self.tasks if task.stage == "reporter"]


@dataclass
class Cloud:
    """A running emulation, and the ways to use it and to hurt it."""

    url: str
    platform_file: Path
    sandbox: Sandbox
    root: Root
    endpoints_file: Path
    platform: Platform = field(
        default_factory=lambda: Platform({name: stage_command(name) for name in _STAGES})
    )
    _queue: str = ""

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "emulator", "aws_secret_access_key": "emulator"}
        return _make_client(service, endpoint_url=self.url, region_name=REGION, **keys)

    # -- the platform

    def set_platform(
        self,
        environment: Mapping[str, str] | None = None,
        faults: tuple[Fault, ...] = (),
        commands: Mapping[str, list[str]] | None = None,
        in_containers: bool = False,
    ) -> None:
        """From now on: variables beside those there were, these faults only, other programs or the images."""
        self.platform = Platform(
            commands=dict(commands or self.platform.commands),
            environment={**self.platform.environment, **(environment or {})},
            faults=faults,
            in_containers=in_containers,
        )
        self.platform.write(self.platform_file)

    def set_clock(self, now: str) -> None:
        self.sandbox.set_clock(now)
        self.set_platform({"GAME_MARKET_NOW": now})

    # -- what people and scripts do beside Terraform

    def push_images(self) -> dict[str, str]:
        """An image by stage, as a registry sees it: a manifest, of the engine's image where it has one."""
        digests = {}
        for stage in _STAGES:
            image = {"digest": find_image(stage) or f"none of {stage}"}
            manifest = json.dumps(
                {"schemaVersion": 2, "mediaType": _MANIFEST_TYPE, "config": image}
            )
            pushed = self.client("ecr").put_image(
                repositoryName=f"{_PREFIX}/{stage}", imageManifest=manifest, imageTag="first"
            )
            digests[stage] = pushed["image"]["imageId"]["imageDigest"]
        return digests

    def put_key(self, key: str = KEY) -> None:
        name = f"{_PREFIX}/rawg-api-key"
        self.client("secretsmanager").put_secret_value(SecretId=name, SecretString=key)

    def subscribe(self) -> None:
        """A queue stands for somebody's mailbox."""
        sqs = self.client("sqs")
        self._queue = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{_PREFIX}-notices"
        self.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )

    def read_notices(self) -> list[dict[str, str]]:
        """What has come since they were read last: Subject and Message."""
        sqs, notices = self.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in found:
                notices.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return notices

    # -- the state machine

    def read_definition(self) -> dict[str, Any]:
        said = self.client("stepfunctions").describe_state_machine(stateMachineArn=_MACHINE)
        definition: dict[str, Any] = json.loads(said["definition"])
        return definition

    def start(self, **said: object) -> str:
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=_MACHINE, name=uuid4().hex, input=json.dumps(said)
        )
        arn: str = started["executionArn"]
        return arn

    def wait_for(self, execution: str, seconds: float = 1200) -> Execution:
        states, deadline = self.client("stepfunctions"), time.monotonic() + seconds
        while (said := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                pytest.fail(f"{execution} is still running after {seconds} s")
            time.sleep(0.5)  # each question costs the emulator some ten milliseconds
        return Execution(
            status=said["status"],
            output=json.loads(said.get("output") or "{}"),
            error=said.get("error", ""),
            tasks=tuple(_read_tasks(states, execution)),
        )

    def run(self, **said: object) -> Execution:
        return self.wait_for(self.start(**said))

    def read_log(self, stage: str) -> str:
        """All that a stage has printed, in all tasks."""
        group = f"/{_PREFIX}/{stage}"
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in pages for event in page["events"])

    # -- the lake

    @property
    def bucket(self) -> str:
        return f"{_PREFIX}-lake-{ACCOUNT}"

    def copy_lake(self, folder: Path) -> Path:
        """The bucket as a folder."""
        s3 = self.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for one in page.get("Contents", []):
                file = folder / one["Key"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(s3.get_object(Bucket=self.bucket, Key=one["Key"])["Body"].read())
        return folder

    def read_json(self, key: str) -> dict[str, Any]:
        body = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        said: dict[str, Any] = json.loads(body)
        return said

    def list_keys(self, prefix: str) -> list[str]:
        pages = self.client("s3").get_paginator("list_objects_v2")
        return [
            one["Key"]
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
            for one in page.get("Contents", [])
        ]


def _read_tasks(states: Any, execution: str) -> Iterator[TaskRun]:
    """From the history: every `.sync` task that ended, in the order in which they did."""
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution)
    for event in (event for page in pages for event in page["events"]):
        ended = event.get("taskSucceededEventDetails", event.get("taskFailedEventDetails", {}))
        if ended.get("resource") != "runTask.sync":
            continue
        said = ended.get("output") or ended["cause"]
        if not said.startswith("{"):  # refused: there was no task
            continue
        task = json.loads(said)
        [override] = task["Overrides"]["ContainerOverrides"]
        [container] = task["Containers"]
        yield TaskRun(override["Name"], tuple(override["Command"]), container.get("ExitCode"))


def find_image(stage: str) -> str:
    """The id of the image that `make images` has made; empty where tests have no images (TEST_STACK)."""
    if not os.environ.get("TEST_STACK"):
        return ""
    asked = ["docker", "image", "inspect", "--format={{.Id}}", f"game-market/{stage}:local"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def serve_emulator(platform_file: Path, without: str = "") -> Iterator[str]:
    """The emulator's URL; one of its patches can be left out."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.cloud.emulator", str(port), str(platform_file), without]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            if server.stdout.readline() != "ready\n":
                pytest.fail(f"the emulator did not start: run {' '.join(command)}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
