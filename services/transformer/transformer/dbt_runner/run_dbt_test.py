"""dbt itself: the project parses for both targets, and its unit tests pass."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gamemarket.errors import ExitCode, UpstreamError
from gamemarket.settings import Settings
from gamemarket.stage import Reporter
from transformer.cli import cli
from transformer.conftest import DAY_1, Pipeline, game, page_of
from transformer.dbt_runner import run_dbt as run_dbt_module
from transformer.dbt_runner.dbt_files import PARSED
from transformer.dbt_runner.dbt_project import open_project
from transformer.dbt_runner.run_dbt import DbtFolders, build_dbt_args, run_dbt
from transformer.warehouse.warehouse_lock import hold_warehouse

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg


# What dbt-snowflake imports has warnings of its own.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("target", ["dev", "prod"])
def test_the_project_parses_without_a_connection(
    pipeline: Pipeline, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("dbt parse opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    folders = DbtFolders.below(pipeline.settings.home, f"parse-{target}")
    project = open_project(pipeline.settings)
    outcome = run_dbt(
        build_dbt_args(["parse"], project, folders, target), pipeline.settings, folders
    )
    assert outcome.success, outcome.exception
    assert not pipeline.settings.duckdb_path.exists()
    said = folders.log_file.read_text().splitlines()
    assert [line for line in said if " warn " in line] == []


def test_what_dbts_threads_say_at_once_stands_in_its_log_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = [50, 300, 5_000, 9_000] * 1_500
    now = SimpleNamespace(ToJsonString=lambda: "now")

    def invoke(
        _args: object, _settings: object, heard: list[Callable[[SimpleNamespace], None]]
    ) -> None:
        def say(letter: str) -> None:
            for length in lengths:
                info = SimpleNamespace(name="", level="info", ts=now, msg=letter * length)
                for hear in heard:
                    hear(SimpleNamespace(info=info))

        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)  # they get in each other's way as often as can be
        try:
            with ThreadPoolExecutor(8) as threads:
                list(threads.map(say, "abcdefgh"))
        finally:
            sys.setswitchinterval(usual)

    monkeypatch.setattr(run_dbt_module, "_invoke", invoke)
    folders = DbtFolders.below(tmp_path, "dev")
    run_dbt([], Settings(), folders)
    said = Counter(folders.log_file.read_text().splitlines())
    folders.log_file.unlink()  # 170 MB
    once = Counter(lengths)
    assert said == {
        f"now info  {letter * length}": count
        for letter in "abcdefgh"
        for length, count in once.items()
    }


def test_dbts_unit_tests_pass(pipeline: Pipeline) -> None:
    pipeline.build()
    folders = DbtFolders.below(pipeline.settings.home, "dev")
    args = ["test", "--select", "test_type:unit"]
    outcome = run_dbt(
        build_dbt_args(args, open_project(pipeline.settings), folders, "dev"),
        pipeline.settings,
        folders,
    )
    assert outcome.success, folders.log_file.read_text()
    results = json.loads((folders.target / "run_results.json").read_text())["results"]
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    manifest = json.loads((folders.target / "manifest.json").read_text())
    assert passed & manifest["unit_tests"].keys() == manifest["unit_tests"].keys()
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    models = {name for name in manifest["nodes"] if name.startswith("model.")}
    market = {name.rpartition(".")[2] for name in models if ".market_" in name}
    assert len(market) == 19
    assert market <= tested


def test_a_signal_that_dbt_catches_is_still_one(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    started: list[str] = []

    def interrupt_once(event: EventMsg) -> None:
        if event.info.name == "LogStartLine":
            started.append(event.data.node_info.node_name)
            if len(started) == 1:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("transformer.dbt_runner.run_dbt._report_progress", interrupt_once)
    with pytest.raises(KeyboardInterrupt):
        pipeline.build()
    assert len(started) < 40


def test_the_manifest_command_writes_dbts_manifest_and_a_first_build_takes_up_its_parse(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    folders = DbtFolders.below(pipeline.settings.home, "dev")
    (folders.target / PARSED).unlink(missing_ok=True)
    result = CliRunner().invoke(cli, ["manifest", "--output", str(tmp_path)], obj=Reporter())
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "model.game_market.dim_games" in manifest["nodes"]
    assert "source.game_market.rawg_lake.raw_games" in manifest["sources"]
    assert "Unable to do partial parsing" in folders.log_file.read_text()
    pipeline.build()
    assert "Unable to do partial parsing" not in folders.log_file.read_text()


def test_dbt_by_hand_waits_its_turn_but_only_to_open_the_warehouse(pipeline: Pipeline) -> None:
    with hold_warehouse(pipeline.settings.duckdb_path, "transformer build"):
        refused = CliRunner().invoke(cli, ["dbt", "--", "run"], obj=Reporter())
        listed = CliRunner().invoke(cli, ["dbt", "--", "ls", "--select", "dim_games"])
    assert isinstance(refused.exception, UpstreamError)
    assert "(transformer build)" in str(refused.exception)
    assert listed.exit_code == 0, listed.output
    assert not pipeline.settings.duckdb_path.exists()


def test_dbt_by_hand_is_refused_a_full_refresh_of_what_it_does_not_load(
    pipeline: Pipeline,
) -> None:
    pipeline.begin(game(1))
    alone = ["dbt", "--", "run", "--full-refresh", "--select", "dim_games"]
    result = CliRunner().invoke(cli, alone, obj=Reporter(), standalone_mode=False)
    assert result.return_value == ExitCode.USAGE
    assert "+dim_games" in result.output
    assert pipeline.rows("select game_id from marts.dim_games") == [(1,)]


def test_models_and_tests_are_reported_as_dagster_names_them(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1), game(2)))
    pipeline.build()
    assets = pipeline.reporter.assets
    assert assets["dim_games"]["rows"] == 2
    assert assets["stg_rawg__games"].keys() == {"seconds"}
    checks = pipeline.reporter.checks
    assert checks["dim_games", "natural_key_dim_games_source_system__game_id"]
    # Nothing was read of the other endpoints: a warning.
    assert [check for check, passed in checks.items() if not passed] == [
        ("partitions", "lake_is_fresh")
    ]
    pipeline.build()
    assert set(pipeline.reporter.assets) == set(assets)
    assert pipeline.reporter.checks == checks
    assert pipeline.reporter.assets["dim_games"] == {"rows": 2, "unchanged": True}


def test_dbt_debug_reaches_the_warehouse(pipeline: Pipeline) -> None:
    words = ["dbt", "--", "debug", "--connection"]
    result = CliRunner().invoke(cli, words, obj=Reporter(), standalone_mode=False)
    assert result.return_value == ExitCode.DONE
