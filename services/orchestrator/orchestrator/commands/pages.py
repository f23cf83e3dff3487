"""`python -m orchestrator.commands.pages`: dagster-webserver, as its own command line has it.

What comes from a page of another origin does not reach it (same_origin).
"""

from __future__ import annotations

from dagster_webserver import cli
from dagster_webserver.app import create_app_from_workspace_process_context

from gamemarket.settings import load_settings
from orchestrator.commands.same_origin import SameOriginOnly

__all__ = ["serve_pages"]


def serve_pages() -> None:
    """Serves until a signal, with the words of the command line."""
    hosts = load_settings().pages_hosts
    # There is no setting for a middleware.
    cli.create_app_from_workspace_process_context = lambda *words, **options: SameOriginOnly(  # type: ignore[assignment,attr-defined]
        create_app_from_workspace_process_context(*words, **options), hosts
    )
    cli.main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    serve_pages()
