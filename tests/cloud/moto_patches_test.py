"""Patches of the emulator: what the same request meets without one, and with all of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud.cloud import ACCOUNT, REGION, serve_emulator
from tests.cloud.local_tasks import Platform
from tests.cloud.moto_patches import PATCHES

make_client: Any = boto3.client  # its stubs want to know each service by name
type Aws = Callable[[str], Any]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
DONE = {"StartAt": "done", "States": {"done": {"Type": "Pass", "End": True}}}


def answer(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except ClientError:
        return "refused"


def run_machine(aws: Aws, **state: Any) -> str:
    """How an execution of one state ends."""
    definition = {"StartAt": "only", "States": {"only": {**state, "End": True}}}
    states = aws("stepfunctions")
    made = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE)
    started = states.start_execution(stateMachineArn=made["stateMachineArn"], name="e")
    while True:
        said = states.describe_execution(executionArn=started["executionArn"])
        if said["status"] != "RUNNING":
            return str(said["status"])
        time.sleep(0.1)


def validate(aws: Aws) -> object:
    return answer(
        lambda: aws("stepfunctions").validate_state_machine_definition(definition=json.dumps(DONE))[
            "result"
        ]
    )


def list_versions(aws: Aws) -> object:
    states = aws("stepfunctions")
    arn = states.create_state_machine(name="m", definition=json.dumps(DONE), roleArn=ROLE)[
        "stateMachineArn"
    ]
    return answer(
        lambda: states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    )


def list_subscribers(aws: Aws) -> object:
    limit = {"Amount": "1", "Unit": "USD"}
    budget = {"BudgetName": "b", "BudgetLimit": limit, "TimeUnit": "MONTHLY", "BudgetType": "COST"}
    above = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    told = [{"SubscriptionType": "EMAIL", "Address": "ada@example.org"}]
    named = {"AccountId": ACCOUNT, "BudgetName": "b"}
    aws("budgets").create_budget(AccountId=ACCOUNT, Budget=budget)
    aws("budgets").create_notification(**named, Notification=above, Subscribers=told)
    return answer(
        lambda: (
            aws("budgets").describe_subscribers_for_notification(**named, Notification=above)[
                "Subscribers"
            ]
            == told
        )
    )


def read_log(aws: Aws) -> object:
    aws("logs").create_log_group(logGroupName="g")
    resource = "arn:aws:states:::aws-sdk:cloudwatchlogs:filterLogEvents"
    return run_machine(aws, Type="Task", Resource=resource, Parameters={"LogGroupName": "g"})


def make_stage(aws: Aws) -> None:
    """A Fargate task with memory of its own, and none at its container."""
    log = {"awslogs-group": "tasks", "awslogs-stream-prefix": "stage"}
    container = {
        "name": "stage",
        "image": "any",
        "logConfiguration": {"logDriver": "awslogs", "options": log},
    }
    aws("logs").create_log_group(logGroupName="tasks")
    aws("ecs").create_cluster(clusterName="tasks")
    aws("ecs").register_task_definition(
        family="stage", containerDefinitions=[container], cpu="256", memory="512"
    )


def start_task(aws: Aws) -> object:
    make_stage(aws)
    overrides = {"containerOverrides": [{"name": "stage", "command": ["true"]}]}
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    return answer(
        lambda: len(
            aws("ecs").run_task(
                cluster="tasks",
                taskDefinition="stage",
                launchType="FARGATE",
                networkConfiguration=network,
                overrides=overrides,
            )["tasks"]
        )
    )


def run_stage(aws: Aws, script: str, **state: Any) -> str:
    """How a machine ends whose one state waits for a task that runs the script."""
    make_stage(aws)
    parameters = {
        "Cluster": "tasks",
        "TaskDefinition": "stage",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"]}},
        "Overrides": {"ContainerOverrides": [{"Name": "stage", "Command": [script]}]},
    }
    resource = "arn:aws:states:::ecs:runTask.sync"
    return run_machine(aws, Type="Task", Resource=resource, Parameters=parameters, **state)


def end_with_a_code(aws: Aws) -> object:
    return run_stage(aws, "exit 3")


def try_again(aws: Aws) -> object:
    """Its first try fails, the second does not."""
    with TemporaryDirectory() as folder:
        again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
        script = f"[ -e {folder}/tried ] || {{ touch {folder}/tried; exit 1; }}"
        return run_stage(aws, script, Retry=[again], TimeoutSeconds=60)


def read_through_a_policy(aws: Aws) -> object:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key="k", Body=b"")
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::bucket/*",
        "Condition": plain,
    }
    s3.put_bucket_policy(
        Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    return answer(lambda: s3.get_object(Bucket="bucket", Key="k")["ContentLength"])


# Patch: what asks, the answer without it, the answer with it.
PROBES: dict[str, tuple[Callable[[Aws], object], object, object]] = {
    "answer_validation_of_definitions": (validate, "refused", "OK"),
    "list_no_versions_of_machines": (list_versions, "refused", []),
    "tell_more_of_budgets": (list_subscribers, "refused", True),
    "take_fargate_tasks_without_container_memory": (start_task, "refused", 1),
    "spell_parameters_as_the_sdk_does": (read_log, "FAILED", "SUCCEEDED"),
    "fail_tasks_that_end_with_a_code": (end_with_a_code, "SUCCEEDED", "FAILED"),
    "wait_for_retried_tasks": (try_again, "FAILED", "SUCCEEDED"),
    "heed_conditions_of_bucket_policies": (read_through_a_policy, "refused", 0),
}


def test_every_patch_has_a_probe() -> None:
    assert PROBES.keys() == {patch.__name__ for patch in PATCHES}


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an emulator with all patches. Its start takes longer than a probe."""
    with serve(tmp_path_factory.mktemp("patched")) as url:
        yield url


@pytest.mark.parametrize("patch", PROBES)
def test_moto_does_otherwise_without_the_patch(patch: str, patched: str, tmp_path: Path) -> None:
    probe, without, with_all = PROBES[patch]
    with serve(tmp_path, patch) as url:
        assert ask(probe, url) == without
    with urlopen(Request(f"{patched}/moto-api/reset", method="POST")):  # what other probes made
        assert ask(probe, patched) == with_all


def serve(folder: Path, without: str = "") -> AbstractContextManager[str]:
    Platform({"stage": ["bash", "-c"]}).write(folder / "platform.json")
    return serve_emulator(folder / "platform.json", without)


def ask(probe: Callable[[Aws], object], url: str) -> object:
    keys = {"aws_access_key_id": "emulator", "aws_secret_access_key": "emulator"}
    once = Config(retries={"total_max_attempts": 1})
    return probe(
        lambda service: make_client(
            service, endpoint_url=url, region_name=REGION, config=once, **keys
        )
    )
