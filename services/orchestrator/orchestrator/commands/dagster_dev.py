"""`python -m orchestrator.commands.dagster_dev`: `dagster dev`, whose web server is ours (pages)."""

from __future__ import annotations

from dagster._cli import dev

__all__ = ["serve"]

_OURS = {"dagster_webserver": "orchestrator.commands.pages"}


def serve() -> None:
    """Serves until a signal, with the words of the command line."""
    start = dev.open_ipc_subprocess  # type: ignore[attr-defined]
    # It starts `python -m dagster_webserver`, and has no setting for another one.
    dev.open_ipc_subprocess = lambda words, **how: start(  # type: ignore[attr-defined]
        [_OURS.get(word, word) for word in words], **how
    )
    dev.dev_command()


if __name__ == "__main__":
    serve()
