"""How the messages of a stage come back through Dagster Pipes: line by line, each a whole one.

Dagster's own readers take what is there for a line: the first piece of a log, the first half of
what is being written to a file. Half a message is no JSON, and ends the reading of all others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import dagster as dg
from dagster_docker.pipes import PipesDockerLogsMessageReader
from dagster_pipes import PipesDefaultMessageWriter, PipesParams

if TYPE_CHECKING:
    from docker.models.containers import Container  # type: ignore[import-untyped]

__all__ = ["ContainerMessageReader", "FileMessageReader", "Receive", "join_lines"]

# Gets the handler that keeps the messages: a client that raises does not hand it out.
Receive = Callable[[dg.PipesMessageHandler], None]

_POLL_SECONDS: Final = 0.05


class FileMessageReader(dg.PipesMessageReader):
    """Reads the messages of a process from a file that it appends to.

    What has no end of line when the process is over was cut off by a kill, and is no message.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        self._receive(handler)
        with TemporaryDirectory() as folder:
            file, is_over = Path(folder) / "messages", Event()
            file.touch()
            reading = Thread(target=_hand_on, args=(file, is_over, handler), daemon=True)
            reading.start()
            try:
                yield {PipesDefaultMessageWriter.FILE_PATH_KEY: str(file)}
            finally:
                is_over.set()
                reading.join()

    def no_messages_debug_text(self) -> str:
        return "Messages were looked for in a temporary file."


def _hand_on(file: Path, is_over: Event, handler: dg.PipesMessageHandler) -> None:
    try:
        for line in join_lines(_follow(file, is_over)):
            if line.endswith("\n"):
                handler.handle_message(json.loads(line))
    except Exception:  # in a thread: the run's log is where it is seen
        handler.report_pipes_framework_exception("The reader of messages", sys.exc_info())


def _follow(file: Path, is_over: Event) -> Iterator[bytes]:
    """What is appended to the file, until it is over and all of it was read."""
    with file.open("rb") as source:
        while True:
            was_over = is_over.is_set()  # before the look: what comes after it is looked for again
            if piece := source.read():
                yield piece
            elif was_over:
                return
            else:
                is_over.wait(_POLL_SECONDS)


class ContainerMessageReader(PipesDockerLogsMessageReader):
    """Reads the messages of a container from its standard error, which comes in pieces of 16 KB."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        self._receive(handler)
        with super().read_messages(handler) as params:
            yield params

    def consume_docker_logs(self, container: Container) -> None:
        super().consume_docker_logs(_WholeLines(container))


@dataclass(frozen=True)
class _WholeLines:
    """A container whose log comes line by line, without its standard output.

    Messages come on standard error. The client mixes pieces of both without telling which is whose,
    and a piece of the one between two of a message would tear it.
    """

    container: Container

    def logs(self, **how: bool) -> Iterator[str]:
        lines = join_lines(self.container.logs(**{**how, "stdout": False}))
        return (line.removesuffix("\n") for line in lines)


def join_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of a text that comes in pieces of any size, each but perhaps the last with its end."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace") + "\n" for line in lines)
    if rest:
        yield rest.decode(errors="replace")
