"""Fixtures of the orchestrator: an environment without settings, and stages that are scripts."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.settings import Settings, child_environment, load_settings
from orchestrator.home.dagster_home import dagster_home, open_instance, prepare_dagster_home
from orchestrator_doubles import fake_stages
from orchestrator_doubles.fake_engine import FakeEngine

with warnings.catch_warnings():
    # What other people's packages say while they are imported is not about us.
    warnings.simplefilter("ignore")
    import dagster as dg
    import dagster_dbt  # noqa: F401

OWN_VARIABLES = (
    "ALERT_WEBHOOK_URL",
    "DAILY_SCHEDULE",
    "DATA_LAKE_BUCKET",
    "DBT_MANIFEST",
    "ENDPOINTS_FILE",
    "EXTRACTOR_COMMAND",
    "EXTRACTOR_IMAGE",
    "FIRST_RUN_DATE",
    "GAME_MARKET_NOW",
    "HEARTBEAT_URL",
    "LAKE_BROWSER_URL",
    "PEX",
    "RAWG_API_KEY",
    "REPORTER_COMMAND",
    "REPORTER_IMAGE",
    "REPORT_URL",
    "STAGE_NETWORK",
    "TRANSFORMER_COMMAND",
    "TRANSFORMER_IMAGE",
    "WAREHOUSE_VOLUME",
)

SetStages = Callable[..., Settings]

GAMES = dg.AssetKey(["rawg_lake", "raw_games"])
DETAILS = dg.AssetKey(["rawg_lake", "raw_game_details"])

# One of each kind: each is a step of Dagster's and a process, which ten show no better than four.
ENDPOINTS = ("games", "games_top", "game_details", "genres")
FIRST = "games"  # of a run: Dagster takes them by name, and details after what names them


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in OWN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its files: Dagster needs more than a second to make them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path_factory.mktemp("made")))
        home = prepare_dagster_home(load_settings())
    with open_instance(home):
        return home


@pytest.fixture
def home(made_home: Path, own_environment: None) -> Path:
    """The test's home, with its files."""
    shutil.copytree(made_home, dagster_home(load_settings()))
    return prepare_dagster_home(load_settings())


@pytest.fixture(scope="session")
def few_endpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with ENDPOINTS only."""
    packed = load_endpoints().model_dump(mode="json", by_alias=True, exclude_unset=True)
    few = [endpoint for endpoint in packed["endpoints"] if endpoint["name"] in ENDPOINTS]
    file = tmp_path_factory.mktemp("few") / "endpoints.json"
    file.write_text(json.dumps(packed | {"endpoints": few}))
    return file


@pytest.fixture
def set_stages(monkeypatch: pytest.MonkeyPatch, home: Path, few_endpoints: Path) -> SetStages:
    """Makes the fake stages the stages; `games=65` says how they end. Returns the settings."""

    def set_them(**ends: int) -> Settings:
        words = [sys.executable, fake_stages.__file__]
        words += [f"{name}={code}" for name, code in ends.items()]
        command = " ".join([*words, "--"])
        monkeypatch.setenv("ENDPOINTS_FILE", str(few_endpoints))
        monkeypatch.setenv("EXTRACTOR_COMMAND", command)
        monkeypatch.setenv("TRANSFORMER_COMMAND", command)
        return load_settings()

    return set_them


@pytest.fixture
def set_reporter(set_stages: SetStages, monkeypatch: pytest.MonkeyPatch) -> SetStages:
    """The same with a reporter; `report=65` says how it ends."""

    def set_them(**ends: int) -> Settings:
        set_stages(**ends)
        monkeypatch.setenv("REPORTER_COMMAND", child_environment()["TRANSFORMER_COMMAND"])
        return load_settings()

    return set_them


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """The Docker engine of this environment: one that only knows what a test gives it."""
    fake = FakeEngine()
    with fake.serve() as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        yield fake


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of the test's home."""
    with open_instance(home) as instance:
        yield instance


def record_read(
    instance: dg.DagsterInstance, day: date, *keys: dg.AssetKey, state: str = "committed"
) -> None:
    """Makes a run date of these assets (else of games and their details) known as read."""
    for key in keys or (GAMES, DETAILS):
        instance.report_runless_asset_event(
            dg.AssetMaterialization(key, partition=day.isoformat(), metadata={"state": state})
        )
