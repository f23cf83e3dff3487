"""ECS tasks as processes or containers of this machine: variables, secrets, arguments, a log, an exit code.

`Platform` is a file that a test writes: what stands for each container's image (or that the images run),
variables for all tasks (the clock), and faults, each of which hurts the first `times` tasks whose arguments
hold all of its `arguments`.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moto.ecr.models import ecr_backends
from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.logs.models import logs_backends
from moto.moto_api import state_manager
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends

__all__ = ["Fault", "Platform", "run_tasks_locally"]


@dataclass(frozen=True)
class Fault:
    """What happens to tasks: other variables, no start, a refusal, or SIGKILL at so many objects."""

    name: str
    arguments: tuple[str, ...]
    times: int
    environment: dict[str, str] = field(default_factory=dict)
    cannot_start: str = ""
    is_refused: str = ""
    kill_below: str = ""
    kill_at_objects: int = 0


@dataclass(frozen=True)
class Platform:
    """What ECS stands on here."""

    commands: dict[str, list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    in_containers: bool = False

    def write(self, file: Path) -> None:
        file.with_suffix(".new").write_text(json.dumps(asdict(self)))
        file.with_suffix(".new").replace(file)

    @classmethod
    def read(cls, file: Path) -> Platform:
        said = json.loads(file.read_text())
        faults = tuple(
            Fault(**{**fault, "arguments": tuple(fault["arguments"])}) for fault in said["faults"]
        )
        return cls(said["commands"], said["environment"], faults, said["in_containers"])


def run_tasks_locally(platform_file: Path) -> None:
    """From now on `ecs:RunTask` starts processes, and tasks go on by nothing else."""
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
    taken: Counter[str] = Counter()
    run, stop = EC2ContainerServiceBackend.run_task, EC2ContainerServiceBackend.stop_task

    def run_task(self: EC2ContainerServiceBackend, *args: Any, **options: Any) -> list[Any]:
        tasks = run(self, *args, **options)
        for task in tasks:
            _LocalTask(self, task).start(Platform.read(platform_file), taken)
        return tasks

    def stop_task(self: EC2ContainerServiceBackend, *args: Any, **options: Any) -> Any:
        task = stop(self, *args, **options)
        if process := getattr(task, "process", None):
            process.terminate()
        return task

    EC2ContainerServiceBackend.run_task = run_task  # type: ignore[method-assign]
    EC2ContainerServiceBackend.stop_task = stop_task  # type: ignore[method-assign]


_WHERE_PROGRAMS_ARE = ("PATH", "PYTHONPATH", "DOCKER_HOST")
# A PEX unpacks itself below HOME, 90 to 280 MB. An image has it unpacked, so it is once for all tasks here.
_UNPACKED = os.environ.get("PEX_ROOT", str(Path.home() / ".pex"))


class _LocalTask:
    def __init__(self, backend: Any, task: Any) -> None:
        self._backend, self._task = backend, task
        [self._container] = backend.describe_task_definition(
            task.task_definition_arn
        ).container_definitions
        [override] = task.overrides["containerOverrides"]
        self._arguments = list(override["command"])

    def start(self, platform: Platform, taken: Counter[str]) -> None:
        fault = self._choose_fault(platform, taken)
        try:
            if fault and fault.is_refused:
                raise EcsClientException(fault.is_refused)
            if fault and fault.cannot_start:
                raise RuntimeError(fault.cannot_start)
            environment = self._environment() | platform.environment
            program = self._find_program(platform, environment)
        except EcsClientException:
            raise
        except Exception as error:  # as ECS: the container never starts
            self._end(None, f"ResourceInitializationError: {error}")
            return
        environment |= fault.environment if fault else {}
        command = [*program, *self._arguments]
        threading.Thread(target=self._run, args=(command, environment, fault), daemon=True).start()

    def _choose_fault(self, platform: Platform, taken: Counter[str]) -> Fault | None:
        for fault in platform.faults:
            if set(fault.arguments) <= set(self._arguments) and taken[fault.name] < fault.times:
                taken[fault.name] += 1
                return fault
        return None

    def _environment(self) -> dict[str, str]:
        """What ECS hands over."""
        secrets = secretsmanager_backends[self._backend.account_id][self._backend.region_name]
        return {one["name"]: one["value"] for one in self._container.get("environment", [])} | {
            one["name"]: secrets.get_secret_value(one["valueFrom"], "", "")["SecretString"]
            for one in self._container.get("secrets", [])
        }

    def _find_program(self, platform: Platform, environment: dict[str, str]) -> list[str]:
        """What stands for the image, or the image itself in this machine's network, with these variables."""
        if not platform.in_containers:
            return platform.commands[self._container["name"]]
        variables = (f"--env={name}" for name in environment)  # their values are in its own
        listed = environment["ENDPOINTS_FILE"]
        mounted = f"--volume={listed}:{listed}:ro"
        words = ("docker", "run", "--rm", "--network=host", *variables, mounted)
        return [*words, self._find_image()]

    def _find_image(self) -> str:
        """The engine's id of it, which is the digest of the configuration that its manifest names."""
        name, _, digest = self._container["image"].partition("@")
        registry = ecr_backends[self._backend.account_id][self._backend.region_name]
        found = registry.batch_get_image(
            repository_name=name.partition("/")[2], image_ids=[{"imageDigest": digest}]
        )
        [image] = found["images"]
        config: str = json.loads(image.image_manifest)["config"]["digest"]
        return config

    def _run(self, command: list[str], environment: dict[str, str], fault: Fault | None) -> None:
        programs = {name: os.environ[name] for name in _WHERE_PROGRAMS_ARE if name in os.environ}
        # It ends with the task, as a Fargate disk does.
        with TemporaryDirectory(prefix="fargate-") as home:
            process = subprocess.Popen(
                command,
                env={
                    **programs,
                    **environment,
                    "HOME": home,
                    "GAME_MARKET_HOME": f"{home}/data",
                    "PEX_ROOT": _UNPACKED,
                },
                cwd=home,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self._task.process = process
            if fault and fault.kill_below:
                threading.Thread(target=self._kill_at, args=(process, fault), daemon=True).start()
            output, _ = process.communicate()
        self._log(output)
        # As a container's: 128 and the signal that ended it.
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self._end(code, "Essential container in task exited")

    def _kill_at(self, process: subprocess.Popen[str], fault: Fault) -> None:
        bucket = next(
            one["value"]
            for one in self._container["environment"]
            if one["name"] == "DATA_LAKE_BUCKET"
        )
        keys = s3_backends[self._backend.account_id]["aws"].buckets[bucket].keys
        while process.poll() is None:
            if sum(key.startswith(fault.kill_below) for key in list(keys)) >= fault.kill_at_objects:
                process.kill()
                return
            time.sleep(0.002)

    def _log(self, output: str) -> None:
        logs = logs_backends[self._backend.account_id][self._backend.region_name]
        options = self._container["logConfiguration"]["options"]
        group, prefix = options["awslogs-group"], options["awslogs-stream-prefix"]
        stream, now = f"{prefix}/{self._container['name']}/{self._task.id}", int(time.time() * 1000)
        logs.create_log_stream(group, stream)
        lines = [{"timestamp": now, "message": line} for line in output.splitlines()]
        if lines:
            logs.put_log_events(group, stream, lines)

    def _end(self, exit_code: int | None, reason: str) -> None:
        container = self._task.containers[0]
        container.exitCode, container.last_status = exit_code, "STOPPED"
        self._task.stop_code = (
            "EssentialContainerExited" if exit_code is not None else "TaskFailedToStart"
        )
        self._task.stopped_reason, self._task.stopped_at = reason, datetime.now(UTC)
        self._task.desired_status = self._task.last_status = "STOPPED"
