"""The sandbox as a process of the demo's: it ends when the demo ends, however that happens."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from gamemarket.errors import UpstreamError

__all__ = ["Sandbox", "run_sandbox"]

# The shell waits until its standard input is closed, by us or because we are gone (even by kill
# -9), and then stops the sandbox.
_UNTIL_STDIN_ENDS = 'exec 3<&0; "$@" & exec >&-; read -r _ <&3; kill $! 2>/dev/null; wait $!'
_CONTROL_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: `url` of its API, the key it takes."""

    url: str
    key: str

    def set_clock(self, now: datetime) -> None:
        """Moves its clock, and the catalogue with it."""
        self._control("clock", {"now": now.isoformat()})

    def count_calls(self) -> int:
        """The API calls since it was started."""
        return int(self._control("calls")["total"])

    def _control(self, name: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        url = f"{self.url.removesuffix('/api')}/_sandbox/{name}"
        request = Request(url, json.dumps(body).encode() if body else None)
        try:
            with urlopen(request, timeout=_CONTROL_TIMEOUT_SECONDS) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except (URLError, TimeoutError) as error:
            raise UpstreamError(
                f"The sandbox did not answer {url}: {error}. Run it again."
            ) from None


@contextmanager
def run_sandbox(command: Sequence[str], now: datetime, log_file: Path) -> Iterator[Sandbox]:
    """Starts it on a free port with its clock at `now`; UpstreamError when it does not start."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _UNTIL_STDIN_ENDS, "sandbox", *command, "--now", now.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            yield _read_ready_line(process, log_file)
        finally:
            _close(process)


def _read_ready_line(process: subprocess.Popen[str], log_file: Path) -> Sandbox:
    assert process.stdout
    line = process.stdout.readline()
    try:
        ready = json.loads(line)
        return Sandbox(ready["url"], ready["key"])
    except (ValueError, KeyError):
        said = log_file.read_text().strip().splitlines() or [line.strip() or "nothing"]
        raise UpstreamError(f"The sandbox did not start; it said: {said[-1]}") from None


def _close(process: subprocess.Popen[str]) -> None:
    assert process.stdin and process.stdout
    process.stdin.close()
    process.wait()
    process.stdout.close()
