"""Who builds the images; that a container can is shown by tests/images."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

MAKE_IMAGES = Path(__file__).with_name("make_images")

type Build = Callable[..., tuple[str, bool]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Runs it in a tree of stand-ins that tell their names and arguments; also whether it said why."""

    def run(*programs: str, pythons: Sequence[str], system: str = "Linux") -> tuple[str, bool]:
        found = f'case "{" ".join(pythons)}" in *"$1"*) ;; *) echo missing >&2; exit 64 ;; esac'
        scripts = {
            "build-support/find-python": found,
            "build-support/images_in_container": 'echo "container $PYTHON_IMAGE $*"',
            "pants": 'echo "pants $PYTHON_IMAGE $*"',
            "bin/uname": f"echo {system}",
            "build-support/make_images": MAKE_IMAGES.read_text(),
        }
        for name, text in scripts.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images/Dockerfile").write_text("ARG PYTHON_IMAGE=python:3.12-slim\n")
        ended = subprocess.run(
            [tmp_path / "build-support/make_images", *programs],
            env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip(), "a container builds the images" in ended.stderr

    return run


def test_where_pants_can_run_it_builds_all_or_those_that_are_named(build: Build) -> None:
    both = ("3.9", "3.12")
    assert build(pythons=both) == ("pants python:3.12-slim package images::", False)
    named = build("extractor", "sandbox", pythons=both)
    assert named == ("pants python:3.12-slim package images:extractor images:sandbox", False)


@pytest.mark.parametrize("pythons", [(), ("3.12",), ("3.9",)])
def test_where_an_interpreter_is_lacking_a_container_builds(
    build: Build, pythons: Sequence[str]
) -> None:
    assert build("sandbox", pythons=pythons) == ("container python:3.12-slim sandbox", True)


def test_on_another_system_a_container_builds(build: Build) -> None:
    both = ("3.9", "3.12")
    assert build(pythons=both, system="Darwin") == ("container python:3.12-slim", True)
