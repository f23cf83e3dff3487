from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from gamemarket.errors import LakeError, UsageError
from gamemarket.settings import load_settings
from orchestrator.home.dagster_home import OWN_SETTINGS, open_instance, prepare_dagster_home
from orchestrator.runs.home_lock import Holder, hold_home, is_at_work
from orchestrator.runs.run_progress import RunProgress

# Dagster's own (alembic/versions/047).
OLDER_REVISION = "6b7fb194ff9c"


def open_both(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of runs without a server, and the pages'."""
    with open_instance(home) as instance:
        yield instance
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def test_telemetry_is_off_and_a_pool_has_one_slot() -> None:
    for instance in open_both(prepare_dagster_home(load_settings())):
        assert not instance.telemetry_enabled
        assert instance.global_op_concurrency_default_limit == 1


def test_a_backfill_of_a_year_starts_one_run_at_a_time_and_leaves_room_for_another() -> None:
    home = prepare_dagster_home(load_settings())
    with dg.DagsterInstance.from_config(str(home)) as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue
    assert queue.max_concurrent_runs == 2
    assert queue.tag_concurrency_limits == [{"key": "dagster/backfill", "limit": 1}]


def test_a_home_that_is_there_already_gets_new_settings() -> None:
    home = prepare_dagster_home(load_settings())
    for file in home.glob("*.yaml"):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if line.startswith("#")) + "{}")
    prepare_dagster_home(load_settings())
    for instance in open_both(home):
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled


def test_events_are_brought_into_their_database_together() -> None:
    home = prepare_dagster_home(load_settings())
    log = home / "history/runs/index.db-wal"
    with open_instance(home) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("games"))
        assert log.stat().st_size > 0
    assert not log.exists()
    with open_instance(home) as instance:
        [found] = instance.fetch_materializations(dg.AssetKey("games"), limit=9).records
    assert found.asset_key == dg.AssetKey("games")


def test_a_home_of_an_older_dagster_is_brought_to_this_ones_schema(
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = prepare_dagster_home(load_settings())
    with open_instance(home):
        pass
    with closing(sqlite3.connect(home / "history/runs.db")) as runs:
        newest = read_revision(runs)
        runs.execute("update alembic_version set version_num = ?", [OLDER_REVISION])
        runs.commit()
        with open_instance(home):  # the version that it was brought to: there is nothing to look at
            assert read_revision(runs) == OLDER_REVISION
        (home / "upgraded_to").write_text("1.0.0")
        with open_instance(home):
            assert read_revision(runs) == newest
    assert capsys.readouterr().out == ""


def read_revision(runs: sqlite3.Connection) -> str:
    found: str = runs.execute("select version_num from alembic_version").fetchone()[0]
    return found


@pytest.mark.parametrize(
    "own",
    [
        "concurrency: {runs: {max_concurrent_runs: 5}}",
        "# mine\nconcurrency:\n  runs:\n    max_concurrent_runs: 5",
    ],
)
def test_the_users_own_settings_have_the_last_word_and_stay(own: str) -> None:
    home = prepare_dagster_home(load_settings())
    (home / OWN_SETTINGS).write_text(own)
    prepare_dagster_home(load_settings())
    assert (home / OWN_SETTINGS).read_text() == own
    for instance in open_both(home):
        queue = instance.get_concurrency_config().run_queue_config
        assert queue
        assert queue.max_concurrent_runs == 5
        assert queue.tag_concurrency_limits
        assert not instance.telemetry_enabled


@pytest.mark.parametrize("own", ["", "# concurrency: {}\n", "{}"])
def test_own_settings_may_say_nothing(own: str) -> None:
    home = prepare_dagster_home(load_settings())
    (home / OWN_SETTINGS).write_text(own)
    assert not next(open_both(prepare_dagster_home(load_settings()))).telemetry_enabled


def test_what_was_the_users_to_change_is_their_own_from_now_on() -> None:
    home = prepare_dagster_home(load_settings())
    (home / "dagster.yaml").write_text(
        "# Written once, by `orchestrator`; change it as you like.\n"
        "concurrency: {runs: {max_concurrent_runs: 7}}\n"
    )
    for _ in range(2):
        prepare_dagster_home(load_settings())
    for instance in open_both(home):
        queue = instance.get_concurrency_config().run_queue_config
        assert queue
        assert queue.max_concurrent_runs == 7


@pytest.mark.parametrize("own", ["concurrency: [", "5", "- concurrency", "colour: blue"])
def test_own_settings_that_dagster_cannot_take_are_one_sentence(own: str) -> None:
    home = prepare_dagster_home(load_settings())
    (home / OWN_SETTINGS).write_text(own)
    with (
        pytest.raises(UsageError, match=OWN_SETTINGS) as refusal,
        open_instance(prepare_dagster_home(load_settings())),
    ):
        pass
    assert "\n" not in str(refusal.value)


def test_a_home_that_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path / "file"))
    with pytest.raises(LakeError, match="GAME_MARKET_HOME"):
        prepare_dagster_home(load_settings())


def test_files_of_dagster_that_cannot_be_used_are_one_sentence() -> None:
    home = prepare_dagster_home(load_settings())
    (home / "history").mkdir()
    (home / "history" / "runs.db").write_text("of something else " * 100)
    with (
        pytest.raises(LakeError, match="GAME_MARKET_HOME") as refusal,
        open_instance(home) as instance,
    ):
        instance.get_runs()
    assert "not a database" in str(refusal.value)


@pytest.mark.parametrize("holder", Holder)
def test_a_lock_that_cannot_be_written_is_one_sentence(holder: Holder, tmp_path: Path) -> None:
    (tmp_path / holder.value).mkdir()
    with (
        pytest.raises(LakeError, match="GAME_MARKET_HOME"),
        hold_home(tmp_path, holder, RunProgress()),
    ):
        pass
    with pytest.raises(LakeError, match="GAME_MARKET_HOME"), is_at_work(tmp_path, holder):
        pass
