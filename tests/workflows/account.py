"""What there is at the emulator: a registry, revisions of tasks, a machine that starts some of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3

from tests.workflows.runner import ACCOUNT

__all__ = ["STAGES", "Account"]

REGION = "eu-central-1"
STAGES = ("extractor", "transformer", "reporter")
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:game-market-dev"


@cache
def make_client(service: str) -> Any:
    make: Any = boto3.client
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "secret"}
    return make(service, region_name=REGION, **keys)


class Account:
    """The emulated account, of this process."""

    def client(self, service: str) -> Any:
        return make_client(service)

    def make_what_a_first_apply_makes(self) -> None:
        """The buckets and the registry; without images there is no machine yet."""
        where = {"LocationConstraint": REGION}
        for bucket in (f"game-market-state-{ACCOUNT}", f"game-market-dev-lake-{ACCOUNT}"):
            self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        for stage in STAGES:
            self.client("ecr").create_repository(repositoryName=f"game-market-dev/{stage}")

    def start_images(self, digests: dict[str, str]) -> None:
        """A revision for each, and a machine that starts these: what an apply of infra/aws does."""
        revisions = [self._register(stage, digest) for stage, digest in digests.items()]
        tasks = {
            f"Run {one}": {"Type": "Pass", "Parameters": {"TaskDefinition": one}, "End": True}
            for one in revisions
        }
        definition = json.dumps({"StartAt": next(iter(tasks)), "States": tasks})
        states = self.client("stepfunctions")
        known = [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"]]
        if MACHINE in known:
            states.update_state_machine(stateMachineArn=MACHINE, definition=definition)
            return
        role = f"arn:aws:iam::{ACCOUNT}:role/game-market-dev-machine"
        states.create_state_machine(name="game-market-dev", definition=definition, roleArn=role)

    def _register(self, stage: str, digest: str) -> str:
        name = f"game-market-dev/{stage}@{digest}"
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
        made = self.client("ecs").register_task_definition(
            family=f"game-market-dev-{stage}",
            containerDefinitions=[{"name": stage, "image": image, "memory": 512}],
        )
        revision: str = made["taskDefinition"]["taskDefinitionArn"]
        return revision

    def find_running(self) -> dict[str, str]:
        """The commit of the image that the machine starts, by stage."""
        said = self.client("stepfunctions").describe_state_machine(stateMachineArn=MACHINE)
        return {stage: self._find_commit(stage, said["definition"]) for stage in STAGES}

    def _find_commit(self, stage: str, definition: str) -> str:
        family = f"game-market-dev-{stage}:"
        revision = definition.partition(family)[2].partition('"')[0]
        task = self.client("ecs").describe_task_definition(taskDefinition=family + revision)
        image = task["taskDefinition"]["containerDefinitions"][0]["image"]
        found = self.client("ecr").describe_images(
            repositoryName=f"game-market-dev/{stage}",
            imageIds=[{"imageDigest": image.partition("@")[2]}],
        )
        commit: str = found["imageDetails"][0]["imageTags"][0]
        return commit
