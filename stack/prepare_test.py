"""`make start` before compose, with a `docker` and a `make` that write down what they are asked for."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.cli import find_stack, main
from stack.dotenv import parse_dotenv
from stack.engine import Engine
from stack.env_file import EnvFile
from stack.errors import SettingError, StackError
from stack.preflight_test import free_ports, listen
from stack.prepare import prepare

TREE = Path.cwd()
DOCKER = """#!/bin/sh
echo "$*" >>asked
case "$1 $2" in
"info --format") echo 8000000000 ;;
"volume inspect") [ -e "volume-$3" ] ;;
"image inspect") echo sha256:1234 ;;
"run --rm") echo 998 ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout, and the two programs before all others on PATH."""
    folder, programs = tmp_path / "checkout", tmp_path / "bin"
    shutil.copytree(TREE / "stack/config", folder / "stack/config")
    for name in (
        "docker-compose.yml",
        ".env.example",
        "stack/create_roles.sh",
        "stack/make_bucket.sh",
    ):
        shutil.copy(TREE / name, folder / name)
    programs.mkdir()
    for name, script in {"docker": DOCKER, "make": '#!/bin/sh\necho "make $*" >>asked\n'}.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    yield folder


def find(folder: Path, **more: str) -> Engine:
    environment = {"PATH": os.environ["PATH"], **free_ports(), **more}
    return find_stack(folder, environment)[0]


def read_asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().splitlines()


def prepare_with(folder: Path, **more: str) -> dict[str, str]:
    engine = find(folder, **more)
    return prepare(engine, engine.environment)


def test_all_that_compose_must_know_stands_in_the_file(folder: Path) -> None:
    told = prepare_with(folder)
    written = parse_dotenv((folder / ".env").read_text())
    assert written["DOCKER_GID"] == "998"
    assert written["TRANSFORMER_ID"] == "sha256:1234"
    assert written["COMPOSE_PROFILES"] == "sandbox"
    assert written.items() <= told.items()


def test_the_socket_is_looked_at_from_within_a_container(folder: Path) -> None:
    prepare_with(folder, DOCKER_SOCKET="/run/user/1000/docker.sock")
    [look] = [words for words in read_asked(folder) if words.startswith("run --rm")]
    assert "source=/run/user/1000/docker.sock,target=/var/run/docker.sock" in look
    assert "game-market/transformer:local -c %g /var/run/docker.sock" in look


def test_a_group_that_is_given_is_not_looked_for(folder: Path) -> None:
    prepare_with(folder, DOCKER_GID="5")
    assert not [words for words in read_asked(folder) if words.startswith("run --rm")]
    assert EnvFile.read(folder / ".env").found["DOCKER_GID"] == "5"


def test_what_only_the_environment_says_is_there_for_compose_by_hand(folder: Path) -> None:
    prepare_with(folder, RAWG_API_KEY="a $key", PATH_OF_OURS="x")
    by_hand = EnvFile.read(folder / ".env")
    assert by_hand.all({})["RAWG_API_KEY"] == "a $key"
    assert "PATH_OF_OURS" not in by_hand.all({})
    assert "RAWG_API_KEY" not in by_hand.own({})  # not sticky: the next start asks anew
    (folder / "volume-game-market_lake").touch()
    assert prepare_with(folder, RAWG_API_KEY="a $key")["RAWG_API_KEY"] == "a $key"


def test_images_from_elsewhere_are_not_built(folder: Path) -> None:
    prepare_with(folder)
    assert read_asked(folder).count("make --silent images") == 1
    programs = ("EXTRACTOR", "TRANSFORMER", "REPORTER", "ORCHESTRATOR", "SANDBOX")
    prepare_with(folder, **{f"{program}_IMAGE": "elsewhere" for program in programs})
    assert read_asked(folder).count("make --silent images") == 1


def break_port(folder: Path) -> dict[str, str]:
    return {"S3_PORT": "no-port"}


def break_password(folder: Path) -> dict[str, str]:
    return {"MARTS_PASSWORD": "with@at/sign"}


def break_memory(folder: Path) -> dict[str, str]:
    return {"TRANSFORMER_MEMORY": "much"}


def break_key(folder: Path) -> dict[str, str]:
    text = (folder / ".env.example").read_text()
    (folder / ".env").write_text(text.replace("#RAWG_API_KEY=", "RAWG_API_KEY= # my key"))
    return {}


def break_api(folder: Path) -> dict[str, str]:
    (folder / "volume-game-market_lake").touch()
    prepare_with(folder)
    (folder / "asked").unlink()
    return {"RAWG_API_KEY": "a-key"}


def break_passwords(folder: Path) -> dict[str, str]:
    (folder / "volume-game-market_postgres").touch()
    return {}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (break_port, "S3_PORT in .env is no-port"),
        (break_password, "MARTS_PASSWORD in .env can't be used"),
        (break_memory, "TRANSFORMER_MEMORY in .env is much"),
        (break_key, "RAWG_API_KEY in .env is the note behind it"),
        (break_api, "holds data of sandbox"),
        (break_passwords, "POSTGRES_PASSWORD, .*Postgres was made with"),
    ],
)
def test_a_value_that_cant_be_is_said_before_anything_is_built(
    folder: Path, spoil: object, says: str
) -> None:
    assert callable(spoil)
    more = spoil(folder)
    with pytest.raises(SettingError, match=says):
        prepare_with(folder, **more)
    assert "make --silent images" not in read_asked(folder)


def test_a_port_that_is_taken_is_said_before_anything_is_built(folder: Path) -> None:
    with listen() as port, pytest.raises(StackError, match=f"Port {port}"):
        prepare_with(folder, DAGSTER_PORT=str(port))
    assert "make --silent images" not in read_asked(folder)


@pytest.mark.parametrize("command", ["start", "down", "logs", "clean", "demo"])
def test_without_an_engine_every_command_says_so_before_it_does_anything(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = '#!/bin/sh\n[ "$1" = compose ] || { echo "Cannot connect to it" >&2; exit 1; }\n'
    (folder.parent / "bin/docker").write_text(script)
    assert main([command], folder) == 69
    [line] = capsys.readouterr().err.splitlines()
    assert "The Docker engine does not answer (Cannot connect to it): start it" in line
    assert not (folder / ".env").exists()


def test_a_build_that_fails_keeps_the_passwords_that_were_made(folder: Path) -> None:
    (folder.parent / "bin/make").write_text("#!/bin/sh\nexit 2\n")
    with pytest.raises(StackError, match="The images could not be built"):
        prepare_with(folder)
    made = parse_dotenv((folder / ".env").read_text())["STORE_PASSWORD"]
    (folder.parent / "bin/make").write_text("#!/bin/sh\n")
    assert prepare_with(folder)["STORE_PASSWORD"] == made


def test_a_checkout_of_umask_077_can_be_read_by_containers(folder: Path) -> None:
    mounted = [*(folder / "stack").iterdir(), *(folder / "stack/config").iterdir()]
    for path in mounted:
        path.chmod(0o700 if path.is_dir() else 0o600)
    prepare_with(folder)
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in mounted} == {"0o644", "0o755"}
