"""`orchestrator ui`: Dagster's web pages and daemon for the embedded mode, until Ctrl-C.

`dagster dev` starts a code server, the web server and the daemon; it runs as a module of this
interpreter, because the scripts of a PEX are not on PATH. What it prints goes to a file.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from gamemarket.errors import DefectError, ExitCode, InterruptedRunError, UpstreamError
from gamemarket.settings import Settings, child_environment
from orchestrator.home.dagster_home import open_instance, prepare_dagster_home
from orchestrator.home.dbt_manifest import make_dbt_manifest
from orchestrator.runs.abandoned_runs import close_abandoned_runs
from orchestrator.runs.home_lock import Holder, hold_home
from orchestrator.runs.run_progress import RunProgress, read_last_line

__all__ = ["serve_ui"]

_log = logging.getLogger(__name__)

_HOST = "127.0.0.1"
# Measured: 8 to 20 s on two busy cores; a cold start of a PEX unpacks first.
_START_SECONDS = 180.0
_STOP_SECONDS = 30.0


def serve_ui(settings: Settings, port: int) -> ExitCode:
    """Serves until Ctrl-C (DONE). UpstreamError when the port is taken."""
    check_port_is_free(port)
    progress = RunProgress()
    home = prepare_dagster_home(settings)
    with progress.doing("dbt manifest"):
        manifest = make_dbt_manifest(settings)
    log_file = home / Holder.SERVER.value
    environment = build_ui_environment(home, manifest)
    with hold_home(home, Holder.SERVER, progress) as log:
        with open_instance(home) as instance:
            close_abandoned_runs(instance, home, Holder.SERVER, progress)
        with _dagster(port, environment, log) as server:
            with progress.doing("Dagster starts", log_file):
                _wait_until_it_answers(server, port, log_file)
            print(f"Dagster: http://{_HOST}:{port}   (home {home}, log {log_file}; Ctrl-C ends it)")
            sys.stdout.flush()
            return _wait_for_the_end(server, log_file)


def build_ui_environment(home: Path, manifest: Path) -> dict[str, str]:
    """What Dagster's processes get: dbt's manifest, so that none of them makes it again.

    The variables that the run configurations of the manual name are there, empty where unset.
    """
    named = child_environment({"DAGSTER_HOME": str(home), "DBT_MANIFEST": str(manifest)})
    return {"DATA_LAKE_BUCKET": "", "RAWG_API_KEY": ""} | named


def check_port_is_free(port: int) -> None:
    """UpstreamError with what to do when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise UpstreamError(
                f"Port {port} can't be served ({error.strerror}): stop what uses it, or give "
                f"another one, for example `orchestrator ui --port {port + 1}`."
            ) from None


@contextmanager
def _dagster(
    port: int, environment: dict[str, str], log: BinaryIO
) -> Iterator[subprocess.Popen[bytes]]:
    """`dagster dev` in a session of its own: Ctrl-C reaches it once, from us."""
    words = ["-m", "orchestrator.definitions", "-h", _HOST, "-p", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.commands.dagster_dev", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    with _ended_with_us(server):
        try:
            yield server
        finally:
            _stop(server)


# Reads until the other end of the pipe is closed, by whatever end of its holder.
_GUARD = """
read -r _
kill -s INT -- "-$0"
for second in $(seq "$1"); do
  kill -s 0 -- "-$0" || exit
  sleep 1
done
kill -s KILL -- "-$0"
"""


@contextmanager
def _ended_with_us(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stops the server's processes when this one is killed: nobody else would."""
    words = ["/bin/sh", "-c", _GUARD, str(server.pid), f"{_STOP_SECONDS:.0f}"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as guard:
        try:
            yield
        finally:
            guard.kill()


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline:
        if server.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((_HOST, port)) == 0:
                return
        sleep(0.2)
    raise DefectError(
        f"Dagster's web server did not start: {read_last_line(log_file)} (all of it: {log_file})"
    )


def _wait_for_the_end(server: subprocess.Popen[bytes], log_file: Path) -> ExitCode:
    try:
        server.wait()
    except (KeyboardInterrupt, InterruptedRunError):
        _log.info("Dagster stops")
        return ExitCode.DONE
    raise DefectError(f"Dagster ended by itself: {read_last_line(log_file)} (see {log_file})")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """SIGINT lets Dagster stop its children; what does not go in time is killed."""
    server.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):  # all are gone, as they should
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
