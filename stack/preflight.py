"""What is looked at before anything is built or started: memory, values of .env, ports."""

from __future__ import annotations

import re
import socket
from collections.abc import Container, Mapping
from typing import Final

from stack.engine import Engine
from stack.env_file import PASSWORDS, REQUIRED
from stack.errors import SettingError, StackError

__all__ = ["check_memory", "check_ports", "check_values", "read_port"]

# Measured: the stack idles at 0.75 GB, and the dbt of a full refresh takes up to 2.5 GB.
_NEEDED_GB: Final = 4
# An engine that was given 4 GB shows somewhat less.
_REFUSED_BYTES: Final = int(3.5 * 1024**3)

# MinIO's own rule; and in a URL only these stand for themselves.
_GOOD_PASSWORD: Final = re.compile(r"[A-Za-z0-9._~-]{8,}")
# As the engine takes it.
_GOOD_MEMORY: Final = re.compile(r"[1-9]\d*[bkmgBKMG]?")
_MEMORIES: Final = ("EXTRACTOR_MEMORY", "TRANSFORMER_MEMORY", "REPORTER_MEMORY")

PORTS: Final = {
    "DAGSTER_PORT": (3000, "Dagster's pages"),
    "REPORT_PORT": (3001, "the report"),
    "S3_PORT": (9000, "the object store"),
    "S3_CONSOLE_PORT": (9001, "the object store's console"),
    "POSTGRES_PORT": (5432, "Postgres"),
}


def check_ports(variables: Mapping[str, str], ours: Container[int] = ()) -> None:
    """StackError when something else listens at a port that the stack will serve.

    `ours` are the ports that its containers serve already.
    """
    for name, (default, what) in PORTS.items():
        port = read_port(variables, name)
        if port in ours:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StackError(
                    f"Port {port}, for {what}, can't be served ({error.strerror}): stop what uses "
                    f"it, or set {name} in .env to another one, say {default + 10_000}."
                ) from None


def read_port(variables: Mapping[str, str], name: str) -> int:
    """A port of the stack; SettingError when it is no number."""
    text = variables.get(name) or str(PORTS[name][0])
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise SettingError(f"{name} in .env is {text}: give a number from 1 to 65535.")
    return int(text)


def check_memory(engine: Engine) -> None:
    """StackError when the engine is too small for a run."""
    has = engine.memory_bytes()
    if has < _REFUSED_BYTES:
        raise StackError(
            f"The Docker engine has {has / 1024**3:.1f} GB of memory, the stack needs "
            f"{_NEEDED_GB}: give it more (Docker Desktop: Settings, Resources)."
        )


def check_values(variables: Mapping[str, str]) -> None:
    """SettingError names a value that compose would take, and something after it not."""
    for name in (*REQUIRED, *PORTS, *_MEMORIES, "RAWG_API_KEY", "RAWG_BASE_URL"):
        if variables.get(name, "").startswith("#"):
            raise SettingError(
                f"{name} in .env is the note behind it: compose takes `{name}= # note` so. Put the "
                "note in a line of its own."
            )
    bad = [name for name in PASSWORDS if not _GOOD_PASSWORD.fullmatch(variables[name])]
    if bad:
        raise SettingError(
            f"{', '.join(bad)} in .env can't be used: take 8 characters or more of letters, digits "
            "and . _ ~ -"
        )
    for name in _MEMORIES:
        if not _GOOD_MEMORY.fullmatch(variables.get(name) or "1g"):
            raise SettingError(f"{name} in .env is {variables[name]}: give it as 512m or 3g.")
