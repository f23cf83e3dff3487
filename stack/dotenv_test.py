"""The parser beside compose itself, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stack.dotenv import parse_dotenv, quote, set_value

FILE = r"""# A comment, and an empty line

PLAIN=abc
WITH_NOTE=abc # a note
SINGLE='a # b'
DOUBLE="a # b" # a note
HASH=a#b
export EXPORTED=abc
SPACED = a b  
ESCAPED="a\nb \"q\" \\ x"
EMPTY=
ONLY_A_NOTE= # a note
ADDRESS=http://user:word@host/path?x=1&y=2
INNER=x'y'
BACKSLASH=C:\new
LINES="two
lines"
TWICE=first
TWICE=last
#COMMENTED=abc
LAST=abc"""
VALUES = {
    "PLAIN": "abc",
    "WITH_NOTE": "abc",
    "SINGLE": "a # b",
    "DOUBLE": "a # b",
    "HASH": "a#b",
    "EXPORTED": "abc",
    "SPACED": "a b",
    "ESCAPED": 'a\nb "q" \\ x',
    "EMPTY": "",
    "ONLY_A_NOTE": "# a note",
    "ADDRESS": "http://user:word@host/path?x=1&y=2",
    "INNER": "x'y'",
    "BACKSLASH": "C:\\new",
    "LINES": "two\nlines",
    "TWICE": "last",
    "LAST": "abc",
}


def test_values_are_read_as_compose_documents_them() -> None:
    assert parse_dotenv(FILE) == VALUES


@pytest.mark.parametrize("compose", [("docker", "compose"), ("docker-compose",)])
def test_compose_itself_reads_the_same(compose: tuple[str, ...], tmp_path: Path) -> None:
    if not shutil.which(compose[0]) or subprocess.run([*compose, "version"]).returncode != 0:
        pytest.skip(f"`{' '.join(compose)}` is not here")
    (tmp_path / ".env").write_text(FILE)
    environment = {name: f"<${{{name}}}>" for name in VALUES}
    service = {"image": "none", "environment": environment}
    (tmp_path / "docker-compose.yml").write_text(json.dumps({"services": {"one": service}}))
    own = {
        name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in os.environ
    }
    command = [*compose, "config"]
    shown = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    lines = [f"<{value}>" for value in VALUES.values() if "\n" not in value]
    assert [line for line in lines if line not in shown.stdout] == []


@pytest.mark.parametrize("value", ["a-b.c", "", "a # b", "it's $5", 'say "x" \\ $5', "a\nb"])
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    assert parse_dotenv(f"KEY={quote(value)}\n") == {"KEY": value}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nKEY=\nB=2\n", "A=1\nKEY=new\nB=2\n"),
        ("#KEY=\n", "KEY=new\n"),
        ('export KEY="" # a note\n', "KEY=new # a note\n"),
        ("A=1\n", "A=1\nKEY=new\n"),
        ("A=1", "A=1\nKEY=new\n"),
        ("", "KEY=new\n"),
        ("#KEY=example\nOTHER_KEY=\n", "#KEY=example\nOTHER_KEY=\nKEY=new\n"),
    ],
)
def test_a_value_is_given_where_there_is_none(before: str, after: str) -> None:
    assert set_value(before, "KEY", "new") == after
    assert parse_dotenv(after)["KEY"] == "new"
