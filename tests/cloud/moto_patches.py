"""What moto 5.2.5 does otherwise than AWS, where the state machine and Terraform meet it.

Each patch reaches into private parts of this very version (pinned in requirements.txt). moto_patches_test
says of each what happens without it.
"""

# It puts its own in the place of private parts, which is what types forbid.
# mypy: ignore-errors

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import botocore.session
from moto.budgets.responses import BudgetsResponse
from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.s3.models import FakeBucket
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import (
    StateTaskServiceEcs,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

__all__ = ["PATCHES", "apply_patches"]


def answer_validation_of_definitions() -> None:
    """Terraform's provider asks for it in each plan of a state machine, and tries for ten minutes."""

    def validate(self: StepFunctionResponse) -> ActionResult:
        try:
            StepFunctionsParserBackend._validate_definition(self._get_param("definition"))
        except Exception as error:
            found = {
                "severity": "ERROR",
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": str(error)[:500],
            }
            return ActionResult({"result": "FAIL", "diagnostics": [found], "truncated": False})
        return ActionResult({"result": "OK", "diagnostics": [], "truncated": False})

    StepFunctionResponse.validate_state_machine_definition = validate


def list_no_versions_of_machines() -> None:
    """Terraform's provider asks for them when it destroys a machine."""
    StepFunctionResponse.list_state_machine_versions = lambda self: ActionResult(
        {"stateMachineVersions": []}
    )


def tell_more_of_budgets() -> None:
    """Terraform's provider reads the subscribers of each notification that it has made, and the tags."""
    create = BudgetsResponse.create_budget
    tags: dict[str, list[dict[str, str]]] = {}

    def create_with_tags(self: BudgetsResponse) -> str:
        tags[self._get_param("Budget")["BudgetName"]] = self._get_param("ResourceTags", [])
        return create(self)

    def list_tags(self: BudgetsResponse) -> str:
        name = self._get_param("ResourceARN").rpartition("/")[2]
        return json.dumps({"ResourceTags": tags.get(name, [])})

    def describe(self: BudgetsResponse) -> str:
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
        wanted = self._get_param("Notification")
        found = [one.subscribers for one in budget.notifications if one.details == wanted]
        return json.dumps({"Subscribers": found[0] if found else []})

    BudgetsResponse.create_budget = create_with_tags
    BudgetsResponse.list_tags_for_resource = list_tags
    BudgetsResponse.describe_subscribers_for_notification = describe


def take_fargate_tasks_without_container_memory() -> None:
    """A Fargate task's memory stands at the task; a container need not have any of its own."""
    calculate = EC2ContainerServiceBackend._calculate_task_resource_requirements

    def calculate_or_nothing(definition: object) -> object:
        try:
            return calculate(definition)
        except TypeError:
            return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}

    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
        calculate_or_nothing
    )


def spell_parameters_as_the_sdk_does() -> None:
    """A machine's parameters and results are in PascalCase; boto3 takes most services' in camelCase."""
    session = botocore.session.get_session()
    StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES["cloudwatchlogs"] = "logs"
    operations = {
        ("ecs", "run_task"): "RunTask",
        ("ecs", "describe_tasks"): "DescribeTasks",
        ("logs", "filter_log_events"): "FilterLogEvents",
    }

    def find(task: StateTaskService, service: str | None, action: str | None) -> Any:
        key = (task._get_boto_service_name(service), task._get_boto_service_action(action))
        if key not in operations:
            return None
        return session.get_service_model(key[0]).operation_model(operations[key])

    def normalise_parameters(
        self: StateTaskService,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        if operation := find(self, boto_service_name, service_action_name):
            self._to_boto_request(parameters, operation.input_shape)

    def normalise_response(
        self: StateTaskService,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        operation = find(self, boto_service_name, service_action_name)
        if operation and isinstance(response, dict):
            self._from_boto_response(response, operation.output_shape)
            plain = _without_datetimes(response)
            response.clear()
            response.update(plain)

    StateTaskService._normalise_parameters = normalise_parameters
    StateTaskService._normalise_response = normalise_response


def fail_tasks_that_end_with_a_code() -> None:
    """`.sync` fails its state when the container ended with another code than 0, or never started."""
    build = StateTaskServiceEcs._build_sync_resolver

    def build_failing(
        self: StateTaskServiceEcs, env: Any, *args: Any, **options: Any
    ) -> Callable[[], Any]:
        resolve = build(self, env, *args, **options)

        def resolve_or_fail() -> Any:
            task = resolve()
            if task is not None and any(one.get("ExitCode") != 0 for one in task["Containers"]):
                raise _task_failed(self, env, to_json_str(task))
            return task

        return resolve_or_fail

    StateTaskServiceEcs._build_sync_resolver = build_failing


def wait_for_retried_tasks() -> None:
    """A second try of a `.sync` state has a token that is used up: without this it times out at once."""
    evaluate = callback.StateTaskServiceCallback._eval_sync

    def evaluate_without_token(
        self: Any,
        env: Any,
        sync_resolver: Any,
        timeout_seconds: Any,
        callback_endpoint: Any,
        heartbeat_endpoint: Any,
    ) -> Any:
        return evaluate(self, env, sync_resolver, timeout_seconds, None, heartbeat_endpoint)

    StateTaskServiceEcs._eval_sync = evaluate_without_token
    callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.05  # AWS is told by an event


def heed_conditions_of_bucket_policies() -> None:
    """moto ignores them: a policy that denies plain http would deny everything."""

    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        from moto.iam.access_control import IAMPolicy, PermissionResult

        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        policy["Statement"] = [one for one in policy["Statement"] if "Condition" not in one]
        if not policy["Statement"]:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission


PATCHES: tuple[Callable[[], None], ...] = (
    answer_validation_of_definitions,
    list_no_versions_of_machines,
    tell_more_of_budgets,
    take_fargate_tasks_without_container_memory,
    spell_parameters_as_the_sdk_does,
    fail_tasks_that_end_with_a_code,
    wait_for_retried_tasks,
    heed_conditions_of_bucket_policies,
)


def apply_patches(without: str = "") -> None:
    """All of them but one, for the rest of this process."""
    for patch in PATCHES:
        if patch.__name__ != without:
            patch()


def _task_failed(state: StateTaskServiceEcs, env: Any, cause: str) -> Exception:
    details = TaskFailedEventDetails(
        resource=state._get_sfn_resource(),
        resourceType=state._get_sfn_resource_type(),
        error="States.TaskFailed",
        cause=cause,
    )
    return failure_event.FailureEventException(
        failure_event.FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )
    )


def _without_datetimes(value: Any) -> Any:
    """AWS hands out milliseconds since 1970."""
    if isinstance(value, dict):
        return {key: _without_datetimes(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_datetimes(one) for one in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value
