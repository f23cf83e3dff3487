"""What Dagster starts is no service of compose: how `make down`, `clean` and `start` treat it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from stack.cli import clean, down
from stack.engine import Engine

# A `docker` and a compose that write down what they are asked for.
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >>"$ASKED"
case "$1 $2" in
"ps -aq") cat "$STAGES" ;;
esac
"""


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    for name in ("docker", "compose"):
        program = tmp_path / name
        program.write_text(PROGRAM)
        program.chmod(0o755)
    tmp_path.joinpath("stages").write_text("one\ntwo\n")
    return tmp_path / "asked"


def make_engine(asked: Path) -> Engine:
    environment = {
        "PATH": f"{asked.parent}:/usr/bin:/bin",
        "ASKED": str(asked),
        "STAGES": str(asked.with_name("stages")),
    }
    return Engine(("compose",), environment, asked.parent, "ours")


REMOVAL = [
    "compose stop code-location",
    "docker ps -aq --filter label=game-market.project=ours",
    "docker stop -t 30 one two",
    "docker rm -f one two",
]


def test_down_ends_the_stages_once_nobody_starts_more(asked: Path) -> None:
    assert down(make_engine(asked), {}, argparse.Namespace()) == 0
    *before, last = asked.read_text().splitlines()
    assert before == REMOVAL
    assert " down " in last


def test_clean_ends_the_stages_before_it_removes_their_volumes(asked: Path) -> None:
    assert clean(make_engine(asked), {}, argparse.Namespace(yes=True)) == 0
    *before, last = asked.read_text().splitlines()
    assert before == REMOVAL
    assert " down --volumes " in last


def test_without_stages_nothing_is_stopped(asked: Path) -> None:
    asked.with_name("stages").write_text("")
    make_engine(asked).remove_stages()
    assert asked.read_text().splitlines() == REMOVAL[1:2]


def test_the_code_location_is_another_one_with_another_transformer() -> None:
    compose = Path.cwd().joinpath("docker-compose.yml").read_text()
    code_location = compose[compose.index("\n  code-location:") : compose.index("\n  webserver:")]
    assert "game-market.transformer: ${TRANSFORMER_ID:-}" in code_location
