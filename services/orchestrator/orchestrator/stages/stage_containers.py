"""Stages as containers of their images, in the local stack.

Whoever starts containers through the engine's socket can do anything on its machine: only the code
location of the stack has it. A stage gets no more than it needs of the environment, so the
extractor knows no password of Postgres and the transformer no key of an API.

A container does not end with the process that started it. Its labels tell whose it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import dagster as dg
import docker  # type: ignore[import-untyped]
import docker.errors  # type: ignore[import-untyped]
from dagster_docker import PipesDockerClient

from gamemarket.endpoints import Source, load_endpoints
from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import Settings, child_environment
from orchestrator.stages.container_end import explain_end
from orchestrator.stages.message_readers import ContainerMessageReader, Receive
from orchestrator.stages.stage_commands import StageName

if TYPE_CHECKING:
    from docker.models.containers import Container  # type: ignore[import-untyped]

__all__ = [
    "StageContainers",
    "remove_stages",
    "select_environment",
]

_LAKE_VARIABLES: Final = ("AWS_", "DATA_LAKE_BUCKET", "S3_ENDPOINT", "GAME_MARKET_NOW")
_WAREHOUSE_VARIABLES: Final = ("SNOWFLAKE_", "MARTS_POSTGRES_URL")

_STAGE_LABEL: Final = "game-market.stage"
# The stack that it belongs to: compose's project, whose name its network has. Read by stack/engine.py, too.
_PROJECT_LABEL: Final = "game-market.project"
# As long as every client of the engine gives it: a stage is over before (gamemarket.grace).
_STOP_SECONDS: Final = 10


@dataclass(frozen=True)
class StageContainers:
    """How this stack's stages are started, by stage where they differ."""

    images: Mapping[StageName, str]
    memory: Mapping[StageName, str]
    network: str
    warehouse_volume: str
    environments: Mapping[StageName, Mapping[str, str]]

    @classmethod
    def find(cls, settings: Settings) -> StageContainers | None:
        """None where stages are processes; UsageError when only some of the settings are there."""
        given = {
            "EXTRACTOR_IMAGE": settings.extractor_image,
            "TRANSFORMER_IMAGE": settings.transformer_image,
            "STAGE_NETWORK": settings.stage_network,
            "WAREHOUSE_VOLUME": settings.warehouse_volume,
        }
        if not any(given.values()):
            return None
        missing = ", ".join(name for name, value in given.items() if not value)
        if missing:
            raise UsageError(
                f"Stages run as containers only with all of their settings: {missing}."
            )
        sources = load_endpoints(settings.endpoints_file).sources.values()
        images: dict[StageName, str | None] = {
            "extractor": settings.extractor_image,
            "transformer": settings.transformer_image,
            "reporter": settings.reporter_image,
        }
        environment = child_environment()
        return cls(
            images={stage: image for stage, image in images.items() if image},
            memory={
                "extractor": settings.extractor_memory,
                "transformer": settings.transformer_memory,
                "reporter": settings.reporter_memory,
            },
            network=str(settings.stage_network),
            warehouse_volume=str(settings.warehouse_volume),
            environments={
                stage: select_environment(stage, environment, sources) for stage in images
            },
        )

    def run(
        self,
        context: dg.OpExecutionContext,
        stage: StageName,
        args: Sequence[str],
        title: str,
        environment: Mapping[str, str],
        receive: Receive,
    ) -> None:
        """Runs a stage to its end; UpstreamError tells an exit code but 0.

        What the Pipes client raises when no container could be made goes through.
        """
        name = f"game-market-{title}-{context.run_id[:8]}-{uuid4().hex[:4]}"
        try:
            PipesDockerClient(message_reader=ContainerMessageReader(receive)).run(
                context=context,
                image=self.images[stage],
                command=list(args),
                env={**self.environments[stage], **environment},
                container_kwargs=self._describe(stage, name),
            )
        except Exception as error:  # what the client raises for an exit code is not public
            state = _find_state(name)
            if state is None:
                raise
            raise UpstreamError(explain_end(state, stage, self.memory[stage])) from error
        finally:
            _remove(name)

    def _describe(self, stage: StageName, name: str) -> dict[str, Any]:
        is_builder = stage == "transformer"
        return {
            "name": name,
            "network": self.network,
            "read_only": True,
            "tmpfs": {"/tmp": ""} | ({} if is_builder else {"/data": "uid=10001,gid=10001"}),
            "volumes": {self.warehouse_volume: {"bind": "/data"}} if is_builder else {},
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "mem_limit": self.memory[stage],
            "labels": {_STAGE_LABEL: stage, _PROJECT_LABEL: self.network},
        }


def select_environment(
    stage: StageName, environment: Mapping[str, str], sources: Iterable[Source]
) -> dict[str, str]:
    """What of our environment a stage gets: the lake, and its own side of the pipeline."""
    is_extractor = stage == "extractor"
    is_builder = stage == "transformer"
    begins = (*_LAKE_VARIABLES, *_WAREHOUSE_VARIABLES) if is_builder else _LAKE_VARIABLES
    of_sources = {
        name for source in sources for name in (source.key_variable, source.base_url_variable)
    }
    return {
        name: value
        for name, value in environment.items()
        if value and (name.startswith(begins) or (is_extractor and name in of_sources))
    }


def remove_stages(project: str) -> list[str]:
    """Stops and removes all containers of stages of this stack; their names.

    For who knows that nobody waits for them. UpstreamError when the engine does not do it.
    """
    try:
        labels = [_STAGE_LABEL, f"{_PROJECT_LABEL}={project}"]
        with closing(docker.from_env()) as engine:
            found = engine.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
            for container in found:
                _stop_and_remove(container)
    except (docker.errors.DockerException, OSError) as error:
        raise UpstreamError(
            "Stages that an earlier code location left can't be looked for: the Docker engine says "
            f"{' '.join(str(error).split())}. Is its socket there (DOCKER_SOCKET), and may its "
            "group use it (DOCKER_GID)?"
        ) from None
    return [container.name for container in found]


def _stop_and_remove(container: Container) -> None:
    try:
        container.stop(timeout=_STOP_SECONDS)
        container.remove(force=True)
    except docker.errors.NotFound:  # gone by itself meanwhile
        return


def _find_state(name: str) -> dict[str, Any] | None:
    """How the container ended; None where none was made."""
    try:
        state: dict[str, Any] = docker.from_env().containers.get(name).attrs["State"]
    except docker.errors.NotFound:
        return None
    return state


def _remove(name: str) -> None:
    """The client stops a container and leaves it; one that was never made is no error."""
    try:
        docker.from_env().containers.get(name).remove(force=True)
    except docker.errors.NotFound:
        return
