from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import UsageError
from gamemarket.settings import (
    child_environment,
    exported,
    load_settings,
    load_source_access,
)

RAWG = load_endpoints().sources["rawg"]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GAME_MARKET_HOME", "DATA_LAKE_DIR", "DATA_LAKE_BUCKET", "DUCKDB_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.mark.parametrize("name", ["GAME_MARKET_HOME", "DATA_LAKE_DIR", "DUCKDB_PATH"])
@pytest.mark.parametrize("character", ["#", "?", "*", "["])
def test_a_path_that_our_libraries_cannot_take_is_refused_by_the_character(
    monkeypatch: pytest.MonkeyPatch, name: str, character: str
) -> None:
    monkeypatch.setenv(name, f"/data/ga{character}mes")
    with pytest.raises(UsageError, match=rf"{name}.* has a \{character} in it"):
        load_settings()


@pytest.mark.parametrize("text", ["/data/a b", "/data/it's", "/data/50%", "/data/a=b", "/data/ü"])
def test_a_path_may_have_what_people_call_their_folders(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("GAME_MARKET_HOME", text)
    assert load_settings().home == Path(text)


@pytest.mark.parametrize("text", ["2", "lots", "2gb", "0GB", "80%"])
def test_memory_that_duckdb_would_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", text)
    with pytest.raises(UsageError, match="DUCKDB_MEMORY_LIMIT"):
        load_settings()


def test_an_empty_value_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_LAKE_BUCKET", "")
    monkeypatch.setenv("GAME_MARKET_NOW", "")
    monkeypatch.setenv("RAWG_API_KEY", "")
    assert load_settings().data_lake_bucket is None
    assert load_settings().game_market_now is None
    assert load_source_access(RAWG).api_key is None


@pytest.mark.parametrize(
    "text", ["2024-01-02T01:00:00Z", "2024-01-02T02:00:00+01:00", "2024-01-02T01:00:00"]
)
def test_now_is_read_as_utc(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GAME_MARKET_NOW", text)
    assert load_settings().clock.now() == datetime(2024, 1, 2, 1, tzinfo=UTC)


def test_a_value_that_cannot_be_is_refused_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAME_MARKET_NOW", "noon")
    with pytest.raises(UsageError, match="GAME_MARKET_NOW"):
        load_settings()


def test_a_source_has_its_own_variables_and_hides_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAWG_API_KEY", "canary")
    monkeypatch.setenv("RAWG_BASE_URL", "http://127.0.0.1:1/api")
    access = load_source_access(RAWG)
    assert access.api_key is not None
    assert access.api_key.get_secret_value() == "canary"
    assert access.base_url == "http://127.0.0.1:1/api"
    assert "canary" not in repr(access)
    other = RAWG.model_copy(update={"key_variable": "STEAM_API_KEY"})
    assert load_source_access(other).api_key is None


@pytest.mark.parametrize("variable", ["GAME_MARKET_HOME", "DATA_LAKE_DIR", "DUCKDB_PATH"])
def test_a_tilde_is_the_users_home(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/market")
    settings = load_settings()
    found = {settings.home, settings.data_lake_dir, settings.duckdb_file}
    assert tmp_path / "market" in found
    monkeypatch.setenv(variable, "~nobody-of-this-name/market")
    with pytest.raises(UsageError, match=variable):
        load_settings()


def test_a_prefix_is_hidden_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_EMPTY", "1")
    with exported({"OURS": "1"}, hidden_prefix="DBT_"):
        assert child_environment().get("DBT_EMPTY") is None
        assert child_environment()["OURS"] == "1"
    assert child_environment()["DBT_EMPTY"] == "1"
    assert "OURS" not in child_environment()
