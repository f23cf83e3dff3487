"""Published marts, and questions to them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from gamemarket.errors import DataError, UpstreamError, UsageError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartsPointerKey
from transformer.conftest import DAY_1, DAY_2, DAY_3, Pipeline, game, page_of
from transformer.dbt_runner.dbt_results import read_results
from transformer.dbt_runner.run_dbt import DbtFolders
from transformer.publishing.publish import has_all_files, publish_marts, read_pointer
from transformer.publishing.query import Answer, ask_marts, print_answer
from transformer.warehouse.duckdb_warehouse import DuckDbWarehouse

HOLD_WAREHOUSE = """
import sys, duckdb
db = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_pointer_names_files_that_are_what_it_says(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1), game(2)))
    pipeline.build()
    pointer = read_pointer(pipeline.lake)
    assert pointer is not None
    assert pointer.models["dim_games"].rows == 2
    for mart in pointer.models.values():
        assert hashlib.sha256(pipeline.lake.get(mart.key)).hexdigest() == mart.sha256
    assert ask_marts(pipeline.lake, "select count(*) as n from dim_games").rows == ((2,),)


def test_the_pointers_build_and_the_two_before_it_are_kept(pipeline: Pipeline) -> None:
    pipeline.build()
    warehouse = DuckDbWarehouse(pipeline.settings.duckdb_path)
    results = read_results(DbtFolders.below(pipeline.settings.home, "dev").target)
    marts = [model for model in results.models if model.is_mart]
    for build_id in ("21000101-a", "21000102-b", "21000103-c", "21000104-d"):
        publish_marts(pipeline.lake, warehouse, marts, build_id, datetime(2024, 1, 1, tzinfo=UTC))
    kept = {stored.key.split("/")[1] for stored in pipeline.lake.list("marts/")}
    assert kept == {"current.json", "21000102-b", "21000103-c", "21000104-d"}


@pytest.mark.parametrize("builds_before", [0, 3])
def test_two_machines_that_publish_into_one_lake_leave_no_pointer_to_files_that_are_gone(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, builds_before: int
) -> None:
    pipeline.build()
    warehouse = DuckDbWarehouse(pipeline.settings.duckdb_path)
    results = read_results(DbtFolders.below(pipeline.settings.home, "dev").target)
    marts = [model for model in results.models if model.is_mart][:2]
    if not builds_before:
        pipeline.forget_lake()

    def publish(build_id: str) -> None:
        publish_marts(pipeline.lake, warehouse, marts, build_id, datetime(2024, 1, 1, tzinfo=UTC))

    for number in range(builds_before):
        publish(f"2100010{number}-before")
    replace = FolderLake.replace

    def replace_after_another(lake: FolderLake, key: MartsPointerKey, body: bytes) -> None:
        monkeypatch.setattr(FolderLake, "replace", replace)
        publish("21010102-the-other")
        replace(lake, key, body)

    monkeypatch.setattr(FolderLake, "replace", replace_after_another)
    publish("21010101-the-slower")
    pointer = read_pointer(pipeline.lake)
    assert pointer is not None
    assert pointer.build_id == "21010101-the-slower"
    assert has_all_files(pipeline.lake, pointer)


def test_a_build_with_nothing_new_publishes_again_what_is_missing(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    pipeline.build()
    pointer = read_pointer(pipeline.lake)
    assert pointer is not None
    pipeline.lake.delete([pointer.models["dim_games"].key])
    pipeline.build()
    assert ask_marts(pipeline.lake, "select game_id from dim_games").rows == ((1,),)


def test_a_file_that_does_not_hold_its_mart_is_not_published(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.build()
    before = read_pointer(pipeline.lake)
    monkeypatch.setattr(DuckDbWarehouse, "count_rows", lambda _, names: dict.fromkeys(names, 7))
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    with pytest.raises(DataError, match=r"has 7 rows in the warehouse and \d+ in the file"):
        pipeline.build()
    assert read_pointer(pipeline.lake) == before


def test_marts_answer_while_another_process_holds_the_warehouse(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    pipeline.build()
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    command = [sys.executable, "-c", HOLD_WAREHOUSE, str(pipeline.settings.duckdb_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UpstreamError, match=rf"held by process {holder.pid} .* query`"):
            pipeline.build()
        assert ask_marts(pipeline.lake, "select game_id from marts.dim_games").rows == ((1,),)


def test_a_failed_build_leaves_the_published_marts_alone(pipeline: Pipeline) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    pipeline.build()
    before = read_pointer(pipeline.lake)
    pipeline.writer.commit("games", DAY_3, page_of(game(2)), rows=9)
    with pytest.raises(DataError, match="accounts_for_every_row"):
        pipeline.build()
    assert read_pointer(pipeline.lake) == before


def test_a_query_that_is_wrong_is_a_usage_error_in_one_line(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="No marts are published"):
        ask_marts(pipeline.lake, "select 1")
    pipeline.build()
    with pytest.raises(UsageError, match="syntax error") as wrong:
        ask_marts(pipeline.lake, "selec 1")
    assert "\n" not in str(wrong.value)
    with pytest.raises(UsageError, match=r"Published marts: .*dim_games"):
        ask_marts(pipeline.lake, "from dim_gmes")


def test_answers_are_json_lines_unless_a_person_watches() -> None:
    answer = Answer(("day", "n"), ((DAY_1, 1), (None, 2)))
    stream = io.StringIO()
    print_answer(answer, stream)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"day": "2024-01-01", "n": 1},
        {"day": None, "n": 2},
    ]


def test_a_wide_answer_is_a_block_of_lines_a_row_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    columns = tuple(f"column_{n}" for n in range(12))
    terminal = Terminal()
    print_answer(Answer(columns, (("a value",) * 12,)), terminal)
    assert sum("a value" in line for line in terminal.getvalue().splitlines()) == 12


def test_a_new_warehouse_compares_its_marts_with_those_that_are_published(
    pipeline: Pipeline,
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(*(game(number) for number in range(1, 21))))
    pipeline.build()
    pipeline.forget_warehouse()  # as in the cloud, where each build has one of its own
    for folder in ("raw", "manifests"):
        shutil.rmtree(pipeline.settings.lake_dir / folder)
    pipeline.writer.commit("games", DAY_2, page_of(game(1)))
    pipeline.build()
    lost = pipeline.rows(
        "select message from lake.test_results where test = 'keeps_its_rows' and status = 'warn' "
        "and model = 'dim_games'"
    )
    assert lost == [("1 rows, 20 in the last build that passed",)]
