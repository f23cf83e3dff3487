from __future__ import annotations

import pytest

from gamemarket.endpoints import Source, load_endpoints
from gamemarket.errors import UpstreamError, UsageError
from gamemarket.settings import load_settings
from orchestrator.stages.stage_containers import (
    StageContainers,
    remove_stages,
    select_environment,
)
from orchestrator_doubles.fake_engine import FakeEngine

RAWG = load_endpoints().sources["rawg"]

EVERYTHING = {
    "AWS_ACCESS_KEY_ID": "id",
    "DAGSTER_POSTGRES_URL": "no stage's business",
    "DATA_LAKE_BUCKET": "lake",
    "MARTS_POSTGRES_URL": "postgresql://",
    "PATH": "/bin",
    "RAWG_API_KEY": "key",
    "RAWG_BASE_URL": "",
    "SNOWFLAKE_ACCOUNT": "account",
}


def test_the_extractor_gets_the_lake_and_its_api_only() -> None:
    assert select_environment("extractor", EVERYTHING, [RAWG]) == {
        "AWS_ACCESS_KEY_ID": "id",
        "DATA_LAKE_BUCKET": "lake",
        "RAWG_API_KEY": "key",
    }


def test_the_extractor_gets_the_variables_that_the_sources_name() -> None:
    names = {"key_variable": "SHOP_TOKEN", "base_url_variable": "WHERE_THE_SHOP_IS"}
    shop = Source.model_validate(RAWG.model_dump() | names)
    ours = {"SHOP_TOKEN": "token", "WHERE_THE_SHOP_IS": "http://shop"}
    others = {"SHOP_TOKEN_OF_ANOTHER": "1", "SHOP_API_KEY": "2", "RAWG_API_KEY": "3"}
    assert select_environment("extractor", ours | others, [shop]) == ours
    assert select_environment("transformer", ours | others, [shop]) == {}


def test_the_transformer_gets_the_lake_and_its_warehouse_only() -> None:
    assert select_environment("transformer", EVERYTHING, [RAWG]) == {
        "AWS_ACCESS_KEY_ID": "id",
        "DATA_LAKE_BUCKET": "lake",
        "MARTS_POSTGRES_URL": "postgresql://",
        "SNOWFLAKE_ACCOUNT": "account",
    }


def test_without_their_settings_stages_are_processes() -> None:
    assert StageContainers.find(load_settings()) is None


def test_half_of_the_settings_is_refused_with_the_other_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXTRACTOR_IMAGE", "game-market/extractor:local")
    with pytest.raises(UsageError, match="TRANSFORMER_IMAGE, STAGE_NETWORK, WAREHOUSE_VOLUME"):
        StageContainers.find(load_settings())


def test_all_of_the_settings_make_stages_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXTRACTOR_IMAGE", "TRANSFORMER_IMAGE", "STAGE_NETWORK", "WAREHOUSE_VOLUME"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("RAWG_API_KEY", "canary")
    containers = StageContainers.find(load_settings())
    assert containers is not None
    assert containers.images["transformer"] == "transformer_image"
    assert containers.environments["extractor"]["RAWG_API_KEY"] == "canary"
    assert "RAWG_API_KEY" not in containers.environments["transformer"]


def test_what_is_left_of_this_stack_is_told_to_stop_and_removed(engine: FakeEngine) -> None:
    engine.add("games", stage="extractor", project="ours")
    engine.add("analytics", stage="transformer", project="ours")
    engine.add("of another stack", stage="extractor", project="theirs")
    engine.add("no stage", project="ours")
    assert remove_stages("ours") == ["games", "analytics"]
    assert engine.asked == [
        "stop games 10",  # seconds: an extractor stores what it has asked for
        "remove games",
        "stop analytics 10",
        "remove analytics",
    ]
    assert remove_stages("ours") == []


def test_a_container_that_goes_by_itself_is_no_error(engine: FakeEngine) -> None:
    engine.add("games", stage="extractor", project="ours")
    engine.vanishing.add("games")
    assert remove_stages("ours") == ["games"]


def test_an_engine_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(UpstreamError, match=r"the Docker engine says .*DOCKER_SOCKET"):
        remove_stages("ours")
