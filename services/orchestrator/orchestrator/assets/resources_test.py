from __future__ import annotations

import dagster as dg
import pytest

from orchestrator.assets.resources import EnvironmentVariable, RawgResource

# A name that only the run configuration knows.
KEY = EnvironmentVariable(env="ANOTHER_KEY")


def test_without_a_run_configuration_the_stages_keep_their_environment() -> None:
    assert RawgResource().environment() == {}


def test_the_extractor_gets_the_key_that_the_run_configuration_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANOTHER_KEY", "0123456789abcdef")
    rawg = RawgResource(bucket_name="lake", rawg_api_key=KEY)
    assert rawg.environment() == {
        "DATA_LAKE_BUCKET": "lake",
        "RAWG_API_KEY": "0123456789abcdef",
    }
    assert rawg.lake_environment() == {"DATA_LAKE_BUCKET": "lake"}


def test_a_variable_that_is_not_set_is_one_sentence_without_what_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANOTHER_KEY", raising=False)
    with pytest.raises(dg.Failure, match="not set") as failure:
        RawgResource(rawg_api_key=KEY).environment()
    assert not failure.value.allow_retries
    assert "ANOTHER_KEY" not in str(failure.value.description)


def test_an_empty_variable_is_an_unset_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOTHER_KEY", "")
    assert RawgResource(rawg_api_key=KEY).environment() == {}
