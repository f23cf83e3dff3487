"""Nothing of the environment steers a build but our own settings."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gamemarket.duckdb_lake import DUCKDB_CONFIG
from gamemarket.lake_keys import MartsPointerKey
from gamemarket.published_marts import read_pointer
from gamemarket.settings import Settings
from transformer.conftest import DAY_2, Pipeline, game, page_of
from transformer.dbt_runner.dbt_environment import dbt_environment

# One of each kind: no rows, other rows, fewer models, other folders and files, other words, no tests.
DBTS_OWN = {
    "DBT_EMPTY": "1",
    "DBT_ENGINE_EMPTY": "1",
    "DBT_FULL_REFRESH": "1",
    "DBT_SELECT": "dim_genres",
    "DBT_EXCLUDE": "dim_games",
    "DBT_RESOURCE_TYPES": "test",
    "DBT_EXCLUDE_RESOURCE_TYPES": "model",
    "DBT_TARGET": "prod",
    "DBT_PROFILE": "another",
    "DBT_PROFILES_DIR": "/nowhere",
    "DBT_PROJECT_DIR": "/nowhere",
    "DBT_TARGET_PATH": "/nowhere/target",
    "DBT_LOG_PATH": "/nowhere/logs",
    "DBT_STATE": "/nowhere/state",
    "DBT_DEFER": "1",
    "DBT_EVENT_TIME_START": "2030-01-01",
    "DBT_SAMPLE": "1 day",
    "DBT_VERSION_CHECK": "0",
    "DBT_WARN_ERROR": "1",
    "DBT_FAIL_FAST": "1",
    "DBT_WRITE_JSON": "0",
    "DBT_STORE_FAILURES": "1",
    "DBT_RECORDER_MODE": "record",
    "DBT_PP_TEST": "1",
}


def test_dbts_own_variables_change_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.begin(game(1))
    for name, value in DBTS_OWN.items():
        monkeypatch.setenv(name, value)
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    pipeline.build()
    assert pipeline.rows("select game_id from marts.dim_games order by 1") == [(1,), (2,)]
    assert pipeline.lake.get(MartsPointerKey(target="dev"))


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's zone; on 10 March 2024 its clocks went from 2 to 3 o'clock, 7:00 UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_days_and_moments_are_utc_whatever_the_machines_zone(pipeline: Pipeline) -> None:
    day = date(2024, 3, 10)
    moments = [datetime(2024, 3, 10, hour, 30, tzinfo=UTC) for hour in (3, 6, 7)]
    for number, moment in enumerate(moments, 1):
        row = game(number, updated=f"{moment:%Y-%m-%dT02:30:00}")
        pipeline.writer.commit("games", day, page_of(row), observed_at=moment)
    pipeline.build()
    found = pipeline.rows(
        "select observed_on, observed_at, updated_at from marts.fct_game_daily_snapshot order by 2"
    )
    naive = [moment.replace(tzinfo=None) for moment in moments]
    assert found == [(day, moment, datetime(2024, 3, 10, 2, 30)) for moment in naive]
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer is not None
    assert pointer.built_at == pipeline.settings.clock.now()


def test_the_environment_is_whole_again_after_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_EMPTY", "1")
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "1500MiB")
    before = dict(os.environ)
    with dbt_environment(Settings()):
        assert [name for name in os.environ if name.startswith("DBT_")] == []
        assert "DUCKDB_PATH" in os.environ
        assert os.environ["DUCKDB_MEMORY_LIMIT"] == "1500MiB"
    assert dict(os.environ) == before


def test_a_users_own_duckdb_has_no_say(tmp_path: Path) -> None:
    """A stored secret of a longer scope would be used for the lake instead of ours."""
    asked = f"import duckdb; print(duckdb.connect(config={DUCKDB_CONFIG}).sql({_SETTINGS!r}).fetchall())"
    home = {**os.environ, "HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", asked], env=home, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "[('false',), ('false',), ('false',)]"


_SETTINGS = (
    "select value from duckdb_settings() where name in ('allow_persistent_secrets', "
    "'autoinstall_known_extensions', 'autoload_known_extensions')"
)
