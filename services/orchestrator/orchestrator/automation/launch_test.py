"""A running `orchestrator ui`: its pages, and runs as people launch them, with fake stages."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from orchestrator_doubles import fake_stages
from orchestrator_doubles.pages_client import Pages, serve_pages
from orchestrator_doubles.run_config import read_run_config

# Dates without quotes: YAML would take them for dates.
DAYS = """
ops:
  rawg_lake__days:
    config:
      first: 2024-01-01
      last: 2024-01-03
      max_pages: 1
"""


def ignore_sigint() -> None:
    """What a shell does to its background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The first start in a home, whatever Dagster is told elsewhere."""
    stage = f"{sys.executable} {fake_stages.__file__} --"
    home = tmp_path_factory.mktemp("home")
    environment = {
        "GAME_MARKET_HOME": str(home),
        "DAGSTER_HOME": str(home / "of another project"),
        "DAGSTER_WEBSERVER_PATH_PREFIX": "/elsewhere",
        "EXTRACTOR_COMMAND": stage,
        "TRANSFORMER_COMMAND": stage,
        "DATA_LAKE_BUCKET": "",
        "RAWG_API_KEY": "the-sandbox-key",
        "DBT_MANIFEST": str(fake_stages.MANIFEST),
    }
    with serve_pages(environment, before=ignore_sigint) as served:
        yield served


def test_the_pages_are_served_to_their_own_origin(pages: Pages) -> None:
    with urlopen(f"{pages.address}/server_info", timeout=30) as answer:
        assert "dagster_version" in json.load(answer)
    foreign = Request(f"{pages.address}/graphql", b"{}", {"Origin": "http://evil.example"})
    with pytest.raises(HTTPError, match="403"):
        urlopen(foreign, timeout=30)


@pytest.mark.parametrize(
    ("job", "run_config", "tags"),
    [
        ("daily_game_market_update", read_run_config(), {"dagster/partition": "2024-01-02"}),
        ("game_ingestion_job", "{}", {"dagster/partition": "2024-01-02"}),
        ("historical_backfill", DAYS, {}),
    ],
)
def test_a_run_configuration_is_launched_as_it_stands(
    pages: Pages, job: str, run_config: str, tags: Mapping[str, str]
) -> None:
    launched = pages.launch(job, run_config, tags)
    assert launched["__typename"] == "LaunchRunSuccess", launched
    assert pages.wait_for_the_end(launched["run"]["runId"]) == "SUCCESS"


def test_a_key_in_a_run_configuration_is_refused(pages: Pages) -> None:
    config = "resources: {rawg: {config: {rawg_api_key: 0123456789abcdef}}}"
    tags = {"dagster/partition": "2024-01-02"}
    launched = pages.launch("daily_game_market_update", config, tags)
    assert launched["__typename"] == "RunConfigValidationInvalid"
    assert "0123456789abcdef" not in json.dumps(launched)
