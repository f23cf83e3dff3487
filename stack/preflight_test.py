from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from stack.engine import Engine
from stack.errors import StackError
from stack.preflight import PORTS, check_memory, check_ports


@dataclass
class SmallEngine:
    memory: int

    def memory_bytes(self) -> int:
        return self.memory


def engine(memory: int) -> Engine:
    return cast(Engine, SmallEngine(memory))


@contextmanager
def listen() -> Iterator[int]:
    """A port of this machine that something listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def free_ports() -> dict[str, str]:
    ports = {}
    for name in PORTS:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports[name] = str(free.getsockname()[1])
    return ports


def test_free_ports_are_fine() -> None:
    check_ports(free_ports())


@pytest.mark.parametrize("name", PORTS)
def test_a_port_that_is_taken_is_named_with_its_variable(name: str) -> None:
    with listen() as port, pytest.raises(StackError, match=f"Port {port}, for .* set {name} in"):
        check_ports({**free_ports(), name: str(port)}, ours={1})


def test_a_port_that_the_stack_serves_itself_is_fine() -> None:
    with listen() as port:
        check_ports({**free_ports(), "S3_PORT": str(port)}, ours={port})


@pytest.mark.parametrize("text", ["http", "0", "70000"])
def test_a_port_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(StackError, match=f"DAGSTER_PORT in .env is {text}"):
        check_ports({**free_ports(), "DAGSTER_PORT": text})


def test_an_engine_without_enough_memory_is_told_how_much_it_needs() -> None:
    given_four_gb = int(3.8 * 1024**3)  # what such an engine shows
    check_memory(engine(given_four_gb))
    with pytest.raises(StackError, match=r"has 2\.9 GB of memory, the stack needs 4"):
        check_memory(engine(int(2.9 * 1024**3)))
