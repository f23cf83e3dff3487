from __future__ import annotations

import json
import signal
import socket
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from gamemarket.errors import UpstreamError
from orchestrator.commands.serve_ui import build_ui_environment, check_port_is_free
from orchestrator.conftest import SetStages
from orchestrator_doubles.pages_client import serve_pages


def test_a_port_that_is_taken_is_one_sentence_with_another_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UpstreamError, match=f"--port {port + 1}"):
            check_port_is_free(port)


def test_the_variables_of_run_configurations_are_there_and_kept_when_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAWG_API_KEY", "mine")
    environment = build_ui_environment(Path("/home"), Path("/manifest.json"))
    assert environment["DATA_LAKE_BUCKET"] == ""
    assert environment["RAWG_API_KEY"] == "mine"
    assert environment["DBT_MANIFEST"] == "/manifest.json"


def ignore_sigint() -> None:
    """What a shell does to its background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_the_pages_are_served_until_they_are_stopped_whatever_dagster_is_told_elsewhere(
    set_stages: SetStages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_stages()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "of another project"))
    monkeypatch.setenv("DAGSTER_WEBSERVER_PATH_PREFIX", "/elsewhere")
    with serve_pages(before=ignore_sigint) as pages:
        with urlopen(f"{pages.address}/server_info", timeout=30) as answer:
            assert "dagster_version" in json.load(answer)
        foreign = Request(f"{pages.address}/graphql", b"{}", {"Origin": "http://evil.example"})
        with pytest.raises(HTTPError, match="403"):
            urlopen(foreign, timeout=30)
