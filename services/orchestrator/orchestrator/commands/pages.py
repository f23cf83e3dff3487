"""`python -m orchestrator.commands.pages`: dagster-webserver, as its own command line has it.

What comes from a page of another origin does not reach it (same_origin).
"""

from __future__ import annotations

from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from gamemarket.settings import load_settings
from orchestrator.commands.same_origin import SameOriginOnly

__all__ = ["serve_pages"]


class GuardedWebserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    """Dagster's, with a look at every request before any of it."""

    def build_middleware(self) -> list[Middleware]:
        """Ours first."""
        hosts = load_settings().pages_hosts
        return [Middleware(SameOriginOnly, hosts=hosts), *super().build_middleware()]


def serve_pages() -> None:
    """Serves until a signal, with the words of the command line."""
    # There is no setting for it.
    app.DagsterWebserver = GuardedWebserver  # type: ignore[assignment,attr-defined]
    cli.main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    serve_pages()
