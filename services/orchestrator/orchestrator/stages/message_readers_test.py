from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from dagster_pipes import PipesDefaultMessageWriter

from orchestrator.stages.message_readers import (
    ContainerMessageReader,
    FileMessageReader,
    join_lines,
)

LONG = {"__dagster_pipes_version": "0.1", "method": "x", "params": {"rows": "1" * 40_000}}
LINE = json.dumps(LONG).encode() + b"\n"


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_lines_are_whole_whatever_pieces_they_come_in(size: int) -> None:
    log = '{"a": "é"}\n\nlast'.encode()
    pieces = [log[start : start + size] for start in range(0, len(log), size)]
    assert list(join_lines(pieces)) == ['{"a": "é"}\n', "\n", "last"]


class Handler:
    """Who gets the messages of a stage."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.errors: list[str] = []

    def handle_message(self, message: object) -> None:
        self.messages.append(message)

    def report_pipes_framework_exception(
        self, origin: str, exc_info: tuple[type, object, object]
    ) -> None:
        self.errors.append(f"{origin}: {exc_info[0].__name__}")


def read_file(*pieces: bytes) -> Handler:
    """What comes of a file that is written in these pieces, with a pause after each."""
    handler: Any = Handler()
    with FileMessageReader(lambda _handler: None).read_messages(handler) as params:
        for piece in pieces:
            with Path(params[PipesDefaultMessageWriter.FILE_PATH_KEY]).open("ab") as file:
                file.write(piece)
            sleep(0.2)  # the reader looks meanwhile
    assert isinstance(handler, Handler)
    return handler


def test_a_message_that_is_half_written_is_waited_for() -> None:
    handler = read_file(LINE[:8192], LINE[8192:] + LINE[:100], LINE[100:])
    assert handler.messages == [LONG, LONG]
    assert handler.errors == []


def test_what_a_killed_stage_left_of_a_message_is_none() -> None:
    handler = read_file(LINE + LINE[:100])
    assert handler.messages == [LONG]
    assert handler.errors == []


def test_what_is_no_message_is_told_to_the_run() -> None:
    assert read_file(b"half of a line\n").errors == ["The reader of messages: JSONDecodeError"]


@dataclass
class Container:
    """A log as the engine keeps it: pieces of 16 KB at most, of two streams, in order."""

    pieces: list[tuple[str, bytes]]

    def logs(self, *, stdout: bool, stderr: bool, **_how: bool) -> Iterator[bytes]:
        asked = {"stdout": stdout, "stderr": stderr}
        return (piece for stream, piece in self.pieces if asked[stream])


def test_a_long_message_is_whole_though_something_was_printed_between_its_pieces(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pieces = [("stderr", LINE[start : start + 16_384]) for start in range(0, len(LINE), 16_384)]
    pieces = [
        *pieces[:1],
        ("stdout", b"a line of a summary\n"),
        *pieces[1:],
        ("stderr", b"a log\n"),
    ]
    handler: Any = Handler()
    reader = ContainerMessageReader(lambda _handler: None)
    with reader.read_messages(handler) as params:
        reader.consume_docker_logs(Container(pieces))
    assert params == {PipesDefaultMessageWriter.STDIO_KEY: PipesDefaultMessageWriter.STDERR}
    assert handler.messages == [LONG]
    assert capsys.readouterr().out == "a log\n"  # kept as the step's output
