"""What `make start` does before compose: it looks, builds the images, and writes what it found into .env."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from stack.api import choose_api
from stack.engine import Engine
from stack.env_file import EnvFile, fill_in
from stack.errors import StackError
from stack.preflight import check_memory, check_ports, check_values

__all__ = ["prepare"]

_PROGRAMS: Final = ("extractor", "transformer", "reporter", "orchestrator", "sandbox")
# Where the engine keeps it, and Docker Desktop shows it to containers.
_SOCKET: Final = "/var/run/docker.sock"
# What the containers read of the checkout, as users of their own.
_MOUNTED: Final = ("stack/config", "stack/create_roles.sh", "stack/make_bucket.sh")


def prepare(engine: Engine, environment: Mapping[str, str]) -> dict[str, str]:
    """The stack's variables, all of which compose finds in .env or the environment.

    What takes long comes after all that can be wrong. StackError says what that is.
    """
    check_memory(engine)
    file = EnvFile.read(engine.folder / ".env")
    file = fill_in(
        file, engine.folder / ".env.example", environment, lambda: engine.has_volume("postgres")
    )
    own = file.own(environment)
    check_values(own)
    check_ports(own, ours={port for one in engine.services() for port in one.ports})
    api = choose_api(engine.project, own, file.found, lambda: engine.has_volume("lake"))
    file.write()  # the passwords, whatever comes of the build
    _build_images(engine, own)
    given = file.find_given(environment, (engine.folder / "docker-compose.yml").read_text())
    file = replace(file, found={**_look_at_engine(engine, own), **api, **given})
    file.write()
    _let_containers_read(engine)
    return file.all(environment)


def _build_images(engine: Engine, own: Mapping[str, str]) -> None:
    """Builds ours, unless all of them come from elsewhere: then neither Pants nor Python 3.12 is needed."""
    if all(own.get(f"{program.upper()}_IMAGE") for program in _PROGRAMS):
        return
    print("Building the images: some minutes the first time.", flush=True)
    if subprocess.run(["make", "--silent", "images"], cwd=engine.folder).returncode != 0:
        raise StackError("The images could not be built: why stands above.")


def _look_at_engine(engine: Engine, own: Mapping[str, str]) -> dict[str, str]:
    """What only the engine knows, and compose has to be told.

    By TRANSFORMER_ID it sees that the dbt project is another one.
    """
    image = own.get("TRANSFORMER_IMAGE") or "game-market/transformer:local"
    transformer = {"TRANSFORMER_ID": engine.find_image(image)}
    if own.get("DOCKER_GID"):
        return transformer
    group = engine.find_socket_group(own.get("DOCKER_SOCKET") or _SOCKET, image)
    return {**transformer, "DOCKER_GID": str(group)}


def _let_containers_read(engine: Engine) -> None:
    """A checkout under umask 077 can be read by its owner alone."""
    for name in _MOUNTED:
        path = engine.folder / name
        for one in (path, *path.glob("*")):
            needed = 0o055 if one.is_dir() else 0o044
            if one.stat().st_mode & needed != needed:
                one.chmod(one.stat().st_mode | needed)
