"""The Docker engine and compose (v2 as a plugin or a program, else v1.29), by their own clients."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from stack.errors import StackError

__all__ = ["Engine", "Service", "find_engine"]


@dataclass(frozen=True)
class Service:
    """One container of the stack.

    `health` is empty where it has no check; `started_at` is the latest start to the second, in the
    year 1 where there was none; `ports` are those of this machine that it serves now.
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
    """Runs compose in the stack's folder, as whoever types its commands there does.

    `compose` is the command that was found. What the stack is stands in the folder: .env, and
    docker-compose.yml with the user's override beside it.
    """

    compose: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    project: str

    def run(self, *arguments: str) -> int:
        """Runs a compose command with our terminal; its exit code."""
        command = [*self.compose, *arguments]
        return subprocess.run(command, cwd=self.folder, env=dict(self.environment)).returncode

    def ask(self, *arguments: str) -> str:
        """A compose command's output, whatever its exit code."""
        return self._capture([*self.compose, *arguments]).stdout

    def stream(
        self, *arguments: str, source: BinaryIO | None = None, target: BinaryIO | None = None
    ) -> None:
        """Runs a compose command between two files; StackError with its last words if it fails."""
        done = subprocess.run(
            [*self.compose, *arguments],
            cwd=self.folder,
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
        # A client without an engine may say 0, and end well.
        if asked.returncode != 0 or not asked.stdout.strip().isdigit() or int(asked.stdout) == 0:
            raise StackError(
                f"The Docker engine does not answer ({_last_line(asked)}): start it (Docker Desktop, "
                "or `sudo systemctl start docker`), and see that you may use it (`docker info`)."
            )
        return int(asked.stdout)

    def has_volume(self, name: str) -> bool:
        """Whether the stack has made this volume of docker-compose.yml."""
        words = ["docker", "volume", "inspect", f"{self.project}_{name}"]
        return self._capture(words).returncode == 0

    def find_image(self, name: str) -> str:
        """The id of an image, which is pulled where it is missing; StackError where it can't be."""
        inspect = ["docker", "image", "inspect", "--format", "{{.Id}}", name]
        asked = self._capture(inspect)
        if asked.returncode != 0:
            print(f"Pulling {name}.", flush=True)
            pulled = self._capture(["docker", "pull", "--quiet", name])
            if pulled.returncode != 0:
                raise StackError(
                    f"There is no image {name}, here or elsewhere ({_last_line(pulled)})."
                )
            asked = self._capture(inspect)
        return asked.stdout.strip()

    def find_socket_group(self, socket: str, image: str) -> int:
        """The group that may use the engine's socket, as a container of the image sees it.

        Here it may be another one, or none: Docker Desktop's is in a virtual machine.
        """
        mount = f"type=bind,source={socket},target=/var/run/docker.sock"
        options = ["--network", "none", "--security-opt", "label=disable", "--mount", mount]
        command = ["--entrypoint", "stat", image, "-c", "%g", "/var/run/docker.sock"]
        asked = self._capture(["docker", "run", "--rm", *options, *command])
        if asked.returncode != 0 or not asked.stdout.strip().isdigit():
            raise StackError(
                f"No container can be given the engine's socket {socket} ({_last_line(asked)}): say "
                "where it is in DOCKER_SOCKET of .env (`docker context inspect` shows it)."
            )
        return int(asked.stdout)

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

    def _capture(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = dict(self.environment)
        return subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True
        )


def find_engine(folder: Path, environment: Mapping[str, str], project: str) -> Engine:
    """The engine, which answers, and compose; StackError says which is missing."""
    if shutil.which("docker") is None:
        raise StackError("docker is not on PATH: install Docker (docs/local_setup.md says how).")
    plugin = subprocess.run(["docker", "compose", "version"], cwd=folder, capture_output=True)
    if plugin.returncode == 0:
        compose: tuple[str, ...] = ("docker", "compose")
    elif shutil.which("docker-compose"):
        compose = ("docker-compose",)
    else:
        raise StackError(
            "Neither `docker compose` nor `docker-compose` works here: install compose, v1.29 or "
            "later (docs/local_setup.md says how)."
        )
    engine = Engine(compose, environment, folder, project)
    engine.memory_bytes()  # compose without an engine ends in a wall of text
    return engine


def _last_line(asked: subprocess.CompletedProcess[str]) -> str:
    said = asked.stderr.strip() or asked.stdout.strip() or "no answer"
    return said.splitlines()[-1]


def _read_time(text: str) -> datetime:
    """Of `2024-01-15T06:00:00.123456789Z`, to the second."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)


def _read_service(container: Mapping[str, Any]) -> Service:
    state = container["State"]
    return Service(
        name=container["Config"]["Labels"]["com.docker.compose.service"],
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        started_at=_read_time(state["StartedAt"]),
        ports=frozenset(_find_ports(container["NetworkSettings"].get("Ports") or {})),
    )


def _find_ports(published: Mapping[str, Sequence[Mapping[str, str]] | None]) -> Iterator[int]:
    """Of `{"9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}]}`; empty while it is stopped."""
    for bindings in published.values():
        yield from (int(binding["HostPort"]) for binding in bindings or ())


def _is_one_off(container: Mapping[str, Any]) -> bool:
    labels = container["Config"]["Labels"]
    return str(labels.get("com.docker.compose.oneoff", "False")).lower() == "true"
