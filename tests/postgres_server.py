"""A real Postgres for tests: a cluster of its own on a free port, as a process.

Its programs are looked for on PATH and where distributions put them. Where there are none, the tests
that want a server skip, and say what to do. It does not run as root, so neither do we start it so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

_TIMEOUT_SECONDS: Final = 60.0
# Who stands in for root: every system has it.
_NOBODY: Final = "nobody"


@dataclass(frozen=True)
class PostgresServer:
    """A cluster whose superuser is `postgres`, without a password on loopback."""

    programs: Path
    folder: Path
    port: int

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        """What psql takes to find it."""
        path = os.pathsep.join((str(self.programs), os.environ.get("PATH", os.defpath)))
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PATH": path}

    def create(self) -> None:
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")

    def start(self) -> None:
        """Returns when it answers."""
        options = (
            f"-p {self.port} -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        )
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        """Ends it at once, as a power cut does."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def create_roles(self, script: Path) -> None:
        """As the stack's Postgres does when it begins; no password is asked for here."""
        passwords = {f"{role}_PASSWORD": "a-secret" for role in ("DAGSTER", "MARTS", "REPORTER")}
        subprocess.run(["sh", str(script)], env={**passwords, **self.environment}, check=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            user=_NOBODY if os.getuid() == 0 else None,
            stdout=subprocess.DEVNULL,  # the server inherits it: a pipe would never end
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )


def find_programs() -> Path | None:
    """The folder of initdb and pg_ctl: on PATH, else of the newest that a distribution installed."""
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = [*([Path(on_path)] if on_path else []), *reversed(installed)]
    return found[0].parent if found else None


@contextmanager
def serve_postgres() -> Iterator[PostgresServer]:
    """Serves for as long as the block lasts; skips the test where it can't."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no Postgres here: install its server (Debian: apt-get install postgresql)")
    # Not pytest's folder: that is closed to whoever stands in for root.
    with TemporaryDirectory(prefix="postgres-") as folder:
        if os.getuid() == 0:
            shutil.chown(folder, _NOBODY)
        server = PostgresServer(programs, Path(folder), _find_free_port())
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
