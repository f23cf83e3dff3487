"""The engine through a `docker` that says what a real one said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stack.engine import Engine, Service, find_engine
from stack.errors import StackError

LABELS = {"com.docker.compose.service": "store", "com.docker.compose.oneoff": "False"}
RUNNING: dict[str, Any] = {
    "State": {
        "Status": "running",
        "ExitCode": 0,
        "StartedAt": "2024-01-15T06:00:00.123456789Z",
        "Health": {"Status": "healthy"},
    },
    "Config": {"Labels": LABELS},
    "NetworkSettings": {
        "Ports": {
            "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "19000"}],
            "9001/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9001"}],
            "9002/tcp": None,
        }
    },
}
NEVER_STARTED: dict[str, Any] = {
    "State": {"Status": "created", "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z"},
    "Config": {"Labels": {**LABELS, "com.docker.compose.service": "daemon"}},
    "NetworkSettings": {"Ports": {}},
}
BY_HAND: dict[str, Any] = {
    **RUNNING,
    "Config": {"Labels": {**LABELS, "com.docker.compose.oneoff": "True"}},
}


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def find(folder: Path) -> Engine:
    return find_engine(folder, {"PATH": str(folder)}, "x")


def test_a_container_is_read_as_the_engine_shows_it(bin_folder: Path) -> None:
    shown = json.dumps([RUNNING, NEVER_STARTED, BY_HAND])
    install(
        bin_folder,
        "docker",
        f"case $1 in ps) echo a b c;; inspect) echo '{shown}';; *) echo 1;; esac",
    )
    never, then = datetime(1, 1, 1, tzinfo=UTC), datetime(2024, 1, 15, 6, tzinfo=UTC)
    assert find(bin_folder).services() == [
        Service("store", "running", "healthy", 0, then, frozenset({19000, 9001})),
        Service("daemon", "created", "", 0, never, frozenset()),
    ]


def test_a_project_without_containers_has_no_services(bin_folder: Path) -> None:
    install(bin_folder, "docker", "[ $1 = ps ] || echo 1")
    assert find(bin_folder).services() == []


def test_compose_is_the_plugin_and_else_the_program(bin_folder: Path) -> None:
    install(bin_folder, "docker-compose", "true")
    install(bin_folder, "docker", "[ $1 = info ] && echo 1")
    assert find(bin_folder).compose == ("docker-compose",)
    install(bin_folder, "docker", "echo 1")
    assert find(bin_folder).compose == ("docker", "compose")


@pytest.mark.parametrize("script", ["echo 0", "echo away >&2; exit 1"])
def test_an_engine_that_does_not_answer_is_one_sentence(bin_folder: Path, script: str) -> None:
    install(bin_folder, "docker", f"[ $1 = compose ] || {{ {script}; }}")
    with pytest.raises(StackError, match=r"The Docker engine does not answer .*start it"):
        find(bin_folder)


def test_a_socket_that_no_container_can_have_is_named(bin_folder: Path) -> None:
    refuses = "[ $1 = run ] && { echo bind source path does not exist: /s >&2; exit 125; }; echo 1"
    install(bin_folder, "docker", refuses)
    with pytest.raises(StackError, match=r"socket /s \(bind source path .*DOCKER_SOCKET"):
        find(bin_folder).find_socket_group("/s", "an-image")


def test_an_image_that_is_nowhere_is_named(bin_folder: Path) -> None:
    script = "case $1 in image) exit 1;; pull) echo not found >&2; exit 1;; *) echo 1;; esac"
    install(bin_folder, "docker", script)
    with pytest.raises(StackError, match=r"no image theirs:1, here or elsewhere \(not found\)"):
        find(bin_folder).find_image("theirs:1")


def test_an_image_from_elsewhere_is_pulled(bin_folder: Path) -> None:
    script = "case $1 in image) [ -e pulled ] && echo id;; pull) >pulled;; *) echo 1;; esac"
    install(bin_folder, "docker", script)
    assert find(bin_folder).find_image("theirs:1") == "id"


def test_a_command_is_streamed_between_files_as_bytes(bin_folder: Path, tmp_path: Path) -> None:
    install(bin_folder, "docker", "case $2 in version) ;; --format) echo 1;; *) /bin/cat; esac")
    body = bytes(range(256))
    (tmp_path / "in").write_bytes(body)
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as target:
        find(bin_folder).stream("exec", "postgres", source=source, target=target)
    assert (tmp_path / "out").read_bytes() == body


def test_a_streamed_command_that_fails_says_its_last_words(bin_folder: Path) -> None:
    fails = "echo one >&2; echo 'no space left' >&2; exit 3"
    script = f"case $2 in version) ;; --format) echo 1;; *) {fails}; esac"
    install(bin_folder, "docker", script)
    with pytest.raises(StackError, match=r"exec postgres ended with 3: no space left$"):
        find(bin_folder).stream("exec", "postgres")


def test_of_images_only_replaced_ones_of_ours_are_removed(bin_folder: Path, tmp_path: Path) -> None:
    install(bin_folder, "docker", f'echo "$*" >>{tmp_path}/asked; echo 1')
    find(bin_folder).remove_replaced_images()
    [*_, asked] = (tmp_path / "asked").read_text().splitlines()
    assert asked == (
        "image prune --force --filter label=org.opencontainers.image.vendor=game-market"
    )
