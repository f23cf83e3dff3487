from __future__ import annotations

import pytest

from gamemarket.errors import UsageError
from gamemarket.settings import load_settings
from orchestrator.stage_containers import StageContainers, join_lines, select_environment

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
    assert select_environment("extractor", EVERYTHING, ["rawg"]) == {
        "AWS_ACCESS_KEY_ID": "id",
        "DATA_LAKE_BUCKET": "lake",
        "RAWG_API_KEY": "key",
    }


def test_the_transformer_gets_the_lake_and_its_warehouse_only() -> None:
    assert select_environment("transformer", EVERYTHING, ["rawg"]) == {
        "AWS_ACCESS_KEY_ID": "id",
        "DATA_LAKE_BUCKET": "lake",
        "MARTS_POSTGRES_URL": "postgresql://",
        "SNOWFLAKE_ACCOUNT": "account",
    }


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_lines_are_whole_whatever_pieces_they_come_in(size: int) -> None:
    log = '{"a": "é"}\n\nlast'.encode()
    pieces = [log[start : start + size] for start in range(0, len(log), size)]
    assert list(join_lines(pieces)) == ['{"a": "é"}', "", "last"]


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
