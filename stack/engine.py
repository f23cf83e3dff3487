"""The Docker engine and compose (v2 as a plugin or a program, else v1.29), by their own clients."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from stack.errors import StackError

__all__ = ["Engine", "Service", "find_engine"]

_SOCKET: Final = "/var/run/docker.sock"


@dataclass(frozen=True)
class Service:
    """One container of the stack.

    `health` is empty where it has no check; `started_at` is the latest start, in the year 1 where
    there was none; `ports` are those of this machine that it serves now.
    """

    name: str
    state: str
    health: str
    exit_code: int
    started_at: datetime
    ports: frozenset[int]

    @property
    def is_ready(self) -> bool:
        """Up and healthy, or a step that has ended well."""
        if self.state == "exited":
            return self.exit_code == 0
        return self.state == "running" and self.health in ("", "healthy")

    @property
    def has_failed(self) -> bool:
        is_ended = self.state == "exited" and self.exit_code != 0
        return is_ended or self.health == "unhealthy" or self.state == "restarting"


@dataclass(frozen=True)
class Engine:
    """Runs compose on one project; `compose` is the command that was found."""

    compose: tuple[str, ...]
    environment: Mapping[str, str]
    files: tuple[Path, ...]

    @property
    def project(self) -> str:
        return self.environment["COMPOSE_PROJECT_NAME"]

    def run(self, *arguments: str) -> int:
        """Runs a compose command with our terminal; its exit code."""
        return subprocess.run(self._words(arguments), env=dict(self.environment)).returncode

    def ask(self, *arguments: str) -> str:
        """A compose command's output, whatever its exit code."""
        return self._capture(self._words(arguments)).stdout

    def stream(
        self, *arguments: str, source: BinaryIO | None = None, target: BinaryIO | None = None
    ) -> None:
        """Runs a compose command between two files; StackError with its last words if it fails."""
        done = subprocess.run(
            self._words(arguments),
            env=dict(self.environment),
            stdin=source or subprocess.DEVNULL,
            stdout=target or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise StackError(
                f"compose {' '.join(arguments)} ended with {done.returncode}: "
                f"{said[-1] if said else 'no word of why'}"
            )

    def memory_bytes(self) -> int:
        """What the engine has (Docker Desktop: its virtual machine); StackError without one."""
        asked = self._capture(["docker", "info", "--format", "{{.MemTotal}}"])
        if asked.returncode != 0 or not asked.stdout.strip().isdigit():
            said = (asked.stderr.strip() or asked.stdout.strip() or "no answer").splitlines()[-1]
            raise StackError(
                f"The Docker engine does not answer ({said}): start it (Docker Desktop, or "
                "`sudo systemctl start docker`), and see that you may use it (`docker info`)."
            )
        return int(asked.stdout)

    def has_image(self, name: str) -> bool:
        return self._capture(["docker", "image", "inspect", name]).returncode == 0

    def knowing_transformer(self) -> Engine:
        """This engine with TRANSFORMER_ID: by it compose sees that the dbt project is another one."""
        if self.environment.get("TRANSFORMER_ID"):
            return self
        name = self.environment.get("TRANSFORMER_IMAGE") or "game-market/transformer:local"
        asked = self._capture(["docker", "image", "inspect", "--format", "{{.Id}}", name])
        return replace(
            self, environment={**self.environment, "TRANSFORMER_ID": asked.stdout.strip()}
        )

    def remove_stages(self) -> None:
        """Stops and removes the containers that Dagster started: compose does not know them."""
        label = f"label=game-market.project={self.project}"
        ids = self._capture(["docker", "ps", "-aq", "--filter", label]).stdout.split()
        if ids:
            # An extractor that is told to stop finishes its requests, for 20 s at most.
            self._capture(["docker", "stop", "-t", "30", *ids])
            self._capture(["docker", "rm", "-f", *ids])

    def remove_replaced_images(self) -> None:
        """Removes images of ours that a newer build has taken the name from: 2 GB a build."""
        ours = "label=org.opencontainers.image.vendor=game-market"
        subprocess.run(["docker", "image", "prune", "--force", "--filter", ours], check=False)

    def services(self) -> list[Service]:
        """All containers of the project that compose made, also those that ended."""
        label = f"label=com.docker.compose.project={self.project}"
        ids = self._capture(["docker", "ps", "-aq", "--filter", label]).stdout.split()
        if not ids:
            return []
        found: list[dict[str, Any]] = json.loads(self._capture(["docker", "inspect", *ids]).stdout)
        return [_read_service(container) for container in found if not _is_one_off(container)]

    def _words(self, arguments: Sequence[str]) -> list[str]:
        files = [word for file in self.files for word in ("-f", str(file))]
        return [*self.compose, *files, *arguments]

    def _capture(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, env=dict(self.environment), capture_output=True, text=True)


def find_engine(variables: Mapping[str, str], files: Sequence[Path]) -> Engine:
    """Compose with the variables; StackError where Docker or compose is not installed."""
    if shutil.which("docker") is None:
        raise StackError("docker is not on PATH: install Docker (docs/local_setup.md says how).")
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True)
    if plugin.returncode == 0:
        compose: tuple[str, ...] = ("docker", "compose")
    elif shutil.which("docker-compose"):
        compose = ("docker-compose",)
    else:
        raise StackError(
            "Neither `docker compose` nor `docker-compose` works here: install compose, v1.29 or "
            "later (docs/local_setup.md says how)."
        )
    own = {"COMPOSE_PROJECT_NAME": "game-market", "DOCKER_GID": str(_socket_group(variables))}
    return Engine(compose, own | dict(variables), tuple(files))


def _socket_group(variables: Mapping[str, str]) -> int:
    """The group that may use the engine's socket; Docker Desktop shows its containers root's."""
    try:
        return os.stat(variables.get("DOCKER_SOCKET") or _SOCKET).st_gid
    except OSError:
        return 0


def _read_service(container: Mapping[str, Any]) -> Service:
    state = container["State"]
    return Service(
        name=container["Config"]["Labels"]["com.docker.compose.service"],
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        started_at=datetime.fromisoformat(state["StartedAt"]),
        ports=frozenset(_find_ports(container["NetworkSettings"].get("Ports") or {})),
    )


def _find_ports(published: Mapping[str, Sequence[Mapping[str, str]] | None]) -> Iterator[int]:
    """Of `{"9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}]}`; empty while it is stopped."""
    for bindings in published.values():
        yield from (int(binding["HostPort"]) for binding in bindings or ())


def _is_one_off(container: Mapping[str, Any]) -> bool:
    labels = container["Config"]["Labels"]
    return str(labels.get("com.docker.compose.oneoff", "False")).lower() == "true"
