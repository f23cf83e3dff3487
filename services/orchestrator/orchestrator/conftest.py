"""Fixtures of the orchestrator: an environment without settings, and stages that are scripts."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from gamemarket.settings import Settings, load_settings
from orchestrator import fake_stages

with warnings.catch_warnings():
    # What other people's packages say while they are imported is not about us.
    warnings.simplefilter("ignore")
    import dagster_dbt  # noqa: F401

OWN_VARIABLES = (
    "DATA_LAKE_BUCKET",
    "DBT_MANIFEST",
    "ENDPOINTS_FILE",
    "EXTRACTOR_COMMAND",
    "GAME_MARKET_NOW",
    "PEX",
    "RAWG_API_KEY",
    "TRANSFORMER_COMMAND",
)

SetStages = Callable[..., Settings]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in OWN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path / "home"))


@pytest.fixture
def set_stages(monkeypatch: pytest.MonkeyPatch) -> SetStages:
    """Makes the fake stages the stages; `games=65` says how they end. Returns the settings."""

    def set_them(**ends: int) -> Settings:
        words = [sys.executable, fake_stages.__file__]
        words += [f"{name}={code}" for name, code in ends.items()]
        command = " ".join([*words, "--"])
        monkeypatch.setenv("EXTRACTOR_COMMAND", command)
        monkeypatch.setenv("TRANSFORMER_COMMAND", command)
        return load_settings()

    return set_them
