from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gamemarket.errors import UpstreamError
from orchestrator.commands.serve_ui import build_ui_environment, check_port_is_free


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
