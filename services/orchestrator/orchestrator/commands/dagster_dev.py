"""`python -m orchestrator.commands.dagster_dev`: `dagster dev`, whose web server is ours (pages)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from dagster._cli import dev
from dagster_shared.ipc import open_ipc_subprocess

__all__ = ["serve"]

_OURS = {"dagster_webserver": "orchestrator.commands.pages"}


def serve() -> None:
    """Serves until a signal, with the words of the command line."""
    # It starts `python -m dagster_webserver`, and has no setting for another one.
    dev.open_ipc_subprocess = _start_ours  # type: ignore[assignment,attr-defined]
    dev.dev_command()


def _start_ours(words: Sequence[str], pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    return open_ipc_subprocess([_OURS.get(word, word) for word in words], pass_fds=pass_fds)


if __name__ == "__main__":
    serve()
