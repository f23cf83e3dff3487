"""The command as a process: ready line, exit codes, and two processes that say the same."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from rawg_sandbox import __main__ as command

_ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
_COMMAND = [sys.executable, "-m", command.__name__, "serve", "--now", "2024-01-02T06:00:00Z"]


@contextmanager
def _running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [*_COMMAND, "--port", "0", "--games", "300", *options]
    with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def _refused(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [*_COMMAND, *options], env=_ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr


def test_the_ready_line_tells_where_and_the_default_key() -> None:
    with _running() as (_, ready):
        assert ready["key"] == "the-sandbox-key"
        with urlopen(f"{ready['url']}/genres?key=the-sandbox-key") as answer:
            assert json.load(answer)["count"] == 19


def test_a_chosen_key_is_accepted_and_never_printed() -> None:
    with _running("--key", "first", "--key", "second") as (_, ready):
        assert "first" not in str(ready) and "second" not in str(ready)
        assert ready["now"] == "2024-01-02T06:00:00Z"
        with urlopen(f"{ready['url']}/genres?key=second") as answer:
            assert json.load(answer)["count"] == 19


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_it_with_their_own_code(number: signal.Signals, code: int) -> None:
    with _running() as (process, _):
        process.send_signal(number)
        assert process.wait(timeout=20) == code


def test_two_processes_with_the_same_seed_and_clock_say_the_same_bytes() -> None:
    paths = (
        "games?page=2&page_size=40",
        "games?updated=2023-12-25,2024-01-01",
        "developers",
        "tags",
        "creators",
        "games?ordering=name",
    )
    bodies: list[list[bytes]] = []
    for _ in range(2):
        with _running("--seed", "5") as (_, ready):
            server = ready["url"].removesuffix("/api")
            answers = []
            for path in paths:
                joint = "&" if "?" in path else "?"
                with urlopen(f"{ready['url']}/{path}{joint}key=the-sandbox-key") as answer:
                    answers.append(answer.read().replace(server.encode(), b""))
            bodies.append(answers)
    assert bodies[0] == bodies[1]
    assert all(len(body) > 2_000 for body in bodies[0])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bogus"], "No such option"),
        (["--now", "yesterday"], "'yesterday' is no time like 2024-01-02T06:00:00Z"),
        (["--recorded", "/no/such/folder"], "does not exist"),
        (["--games", "many"], "not a valid integer"),
        (["--popular-percent", "101"], "101.0 is not in the range"),
    ],
)
def test_a_usage_error_is_one_sentence_and_64(options: list[str], sentence: str) -> None:
    code, error = _refused(*options)
    assert code == 64
    assert sentence in error
    assert error.count("\n") == 1


def test_a_folder_without_recordings_is_a_usage_error(tmp_path: Path) -> None:
    code, error = _refused("--recorded", str(tmp_path))
    assert code == 64
    assert "no recorded response below" in error


def test_a_taken_port_is_one_sentence_and_69() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, error = _refused("--port", str(taken.getsockname()[1]), "--games", "10")
    assert code == 69
    assert "is taken by another process" in error
    assert error.count("\n") == 1
