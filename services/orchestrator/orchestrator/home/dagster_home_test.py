from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from gamemarket.errors import LakeError
from gamemarket.settings import load_settings
from orchestrator.home.dagster_home import RUN_CONFIG_NAME, prepare_dagster_home


def test_telemetry_is_off_and_a_pool_has_one_slot() -> None:
    home = prepare_dagster_home(load_settings())
    with dg.DagsterInstance.from_config(str(home), RUN_CONFIG_NAME) as instance:
        assert not instance.telemetry_enabled
        assert instance.global_op_concurrency_default_limit == 1


def test_a_backfill_of_a_year_starts_one_run_at_a_time_and_leaves_room_for_another() -> None:
    home = prepare_dagster_home(load_settings())
    with dg.DagsterInstance.from_config(str(home)) as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue
    assert queue.max_concurrent_runs == 2
    assert queue.tag_concurrency_limits == [{"key": "dagster/backfill", "limit": 1}]


def test_what_the_user_changed_stays() -> None:
    home = prepare_dagster_home(load_settings())
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n# mine\n")
    prepare_dagster_home(load_settings())
    assert "# mine" in (home / "dagster.yaml").read_text()
    assert "# mine" in (home / RUN_CONFIG_NAME).read_text()


def test_a_home_that_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path / "file"))
    with pytest.raises(LakeError, match="GAME_MARKET_HOME"):
        prepare_dagster_home(load_settings())
