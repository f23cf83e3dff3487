"""Published marts, and questions to them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from gamemarket.errors import DataError, ExitCode, LakeError, UpstreamError, UsageError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import (
    FormerReportKey,
    MartKey,
    MartMonthKey,
    MartsPointerKey,
    QualityKey,
    ReportKey,
)
from gamemarket.published_marts import MartsPointer, read_pointer
from transformer.conftest import DAY_1, DAY_2, Pipeline, game, page_of
from transformer.dbt_runner.dbt_project import write_dbt_project
from transformer.dbt_runner.dbt_results import read_models
from transformer.dbt_runner.run_dbt import DbtFolders
from transformer.publishing.publish import (
    Publication,
    has_all_files,
    new_build_id,
    publish_marts,
)
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


def read_descriptions(file: Path) -> dict[str, str]:
    """What a Parquet file says of itself."""
    asked = "select decode(key), decode(value) from parquet_kv_metadata(?)"
    found = duckdb.execute(asked, [str(file)]).fetchall()
    return {key: text for key, text in found if key.startswith("description")}


def test_the_pointer_names_files_that_are_what_it_says(pipeline: Pipeline) -> None:
    pipeline.begin(game(1), game(2))
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer is not None
    assert pointer.models["dim_games"].rows == 2
    assert "Grain: one row per source system and game" in pointer.models["dim_games"].description
    for mart in pointer.models.values():
        for file in mart.files:
            assert hashlib.sha256(pipeline.lake.get(file.key)).hexdigest() == file.sha256
            assert read_descriptions(pipeline.settings.lake_dir / file.key) == {
                "description": mart.description,
                **{f"description.{name}": text for name, text in mart.columns.items()},
            }
    assert ask_marts(pipeline.lake, "select count(*) as n from dim_games").rows == ((2,),)


DAY_OF_BUILD = datetime(2024, 1, 10, 6, tzinfo=UTC)
FACT = "fct_game_daily_snapshot"
PUBLISHED = ("dim_games", "dim_genres", FACT)


def publish(
    pipeline: Pipeline,
    build_id: str = "",
    *,
    days: int = 0,
    watermark: datetime | None = None,
    target: str = "dev",
    puts_all: bool = False,
) -> MartsPointer:
    """Publishes two marts of the last build and a fact, as one that was made `days` later."""
    warehouse = DuckDbWarehouse(pipeline.settings.duckdb_path)
    models = read_models(DbtFolders.below(pipeline.settings.home, "dev").target)
    marts = [model for model in models if model.is_mart and model.name in PUBLISHED]
    built_at = DAY_OF_BUILD + timedelta(days=days)
    publication = Publication(
        target, build_id or new_build_id(built_at), built_at, watermark or DAY_OF_BUILD, puts_all
    )
    return publish_marts(pipeline.lake, warehouse, marts, publication)


def builds_in(pipeline: Pipeline) -> set[str]:
    stored = [one.key for one in pipeline.lake.list("marts/")]
    keys = (kind.parse(key) for key in stored for kind in (MartKey, MartMonthKey))
    return {key.build_id for key in keys if key}


def build_two_months(pipeline: Pipeline) -> None:
    """A game on a day of December and of January."""
    pipeline.begin(game(1), game(2))
    change(
        pipeline,
        f"insert into marts.{FACT} select * replace (date '2023-12-31' as observed_on) "
        f"from marts.{FACT}",
    )


def change(pipeline: Pipeline, sql: str) -> None:
    with DuckDbWarehouse(pipeline.settings.duckdb_path).session() as db:
        db.ask(sql)


def add_users(pipeline: Pipeline, month: str) -> None:
    """Another value in one row of the month."""
    change(
        pipeline,
        f"update marts.{FACT} set added_count = added_count + 1 "
        f"where game_id = 2 and strftime(observed_on, '%Y-%m') = '{month}'",
    )


def months_of(pointer: MartsPointer) -> dict[str | None, str]:
    """The keys of the fact's files."""
    return {file.month: file.key for file in pointer.models[FACT].files}


def test_what_a_pointer_names_is_kept_and_what_none_names_goes_a_day_later(
    pipeline: Pipeline,
) -> None:
    pipeline.begin()
    prod = publish(pipeline, target="prod", puts_all=True)
    others = [MartKey(build_id=f"20240110T0{hour}0000-other", model="dim_games") for hour in (4, 6)]
    stranger = MartKey(build_id="by-hand", model="dim_games")
    reports = [ReportKey(build_id=key.build_id, edition=1) for key in (others[0], stranger)]
    qualities = [QualityKey(build_id=key.build_id) for key in (others[0], stranger)]
    former_report = FormerReportKey(build_id=others[0].build_id)
    for key in (*others, stranger, *reports, former_report, *qualities):
        pipeline.lake.put_if_absent(key, b"")
    former = pipeline.settings.lake_dir / "marts" / "current.json"
    former.write_bytes(
        b"{}"
    )  # of an older version; its readers must not follow it to what is removed
    published = [publish(pipeline, days=days, puts_all=True) for days in (0, 1, 2, 3)]
    assert not former.exists()
    kept = {pointer.build_id for pointer in published[1:]}
    assert builds_in(pipeline) == {*kept, prod.build_id, "by-hand"}
    left = {stored.key for stored in pipeline.lake.list("marts/")}
    assert {str(key) for key in reports} & left == {"marts/by-hand/report_001.html"}
    assert {str(key) for key in qualities} & left == {"marts/by-hand/quality.json"}
    assert str(former_report) not in left
    assert read_pointer(pipeline.lake, "prod") == prod
    # One that may be an upload under way.
    upload = MartKey(build_id=new_build_id(DAY_OF_BUILD + timedelta(days=3)), model="dim_games")
    pipeline.lake.put_if_absent(upload, b"")
    publish(pipeline, days=4)
    assert upload.build_id in builds_in(pipeline)


def test_marts_are_published_where_old_ones_cannot_be_removed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise LakeError("the store refused it (403 AccessDenied).")

    pipeline.begin()
    monkeypatch.setattr(FolderLake, "delete", refuse)
    published = [publish(pipeline, days=days) for days in (0, 1)]
    assert read_pointer(pipeline.lake, "dev") == published[-1]
    assert "no pointer names stay for now: the store refused it" in caplog.text


def test_a_pointer_of_another_target_that_cannot_be_read_keeps_all_and_stops_nothing(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.begin()
    pipeline.lake.replace(MartsPointerKey(target="prod"), b"{")
    published = [publish(pipeline, days=days, puts_all=True) for days in (0, 1, 2, 3)]
    assert builds_in(pipeline) >= {pointer.build_id for pointer in published}
    assert "current_prod.json is not a pointer that this version can read" in caplog.text


def test_a_swap_of_which_the_answer_was_lost_is_done_once(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store says that the pointer is another one now: it is ours."""
    pipeline.begin()
    before = read_pointer(pipeline.lake, "dev")
    swap = FolderLake.swap

    def swap_unheard(
        lake: FolderLake, key: MartsPointerKey, before: bytes | None, body: bytes
    ) -> bool:
        monkeypatch.setattr(FolderLake, "swap", swap)
        assert swap(lake, key, before, body)
        return False

    monkeypatch.setattr(FolderLake, "swap", swap_unheard)
    pointer = publish(pipeline)
    assert before is not None
    assert pointer.previous == (before.build_id,)
    assert read_pointer(pipeline.lake, "dev") == pointer


def test_the_pointer_never_goes_back_to_an_older_lake(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.begin()
    newer = publish(pipeline, watermark=DAY_OF_BUILD + timedelta(hours=1))
    assert publish(pipeline, watermark=DAY_OF_BUILD) == newer
    assert read_pointer(pipeline.lake, "dev") == newer
    assert "of a newer lake" in caplog.text
    again = publish(pipeline, watermark=DAY_OF_BUILD + timedelta(hours=1))
    assert read_pointer(pipeline.lake, "dev") == again != newer


def test_two_machines_that_publish_at_once_leave_the_newer_with_all_its_files(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one moves the pointer after the slower one has read it, before it swaps."""
    pipeline.begin()
    swap = FolderLake.swap
    newer = DAY_OF_BUILD + timedelta(hours=1)

    def swap_after_another(
        lake: FolderLake, key: MartsPointerKey, before: bytes | None, body: bytes
    ) -> bool:
        monkeypatch.setattr(FolderLake, "swap", swap)
        publish(pipeline, "20240110T070000-newer", watermark=newer)
        return swap(lake, key, before, body)

    monkeypatch.setattr(FolderLake, "swap", swap_after_another)
    publish(pipeline, "20240110T060000-slower", watermark=DAY_OF_BUILD)
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer is not None
    assert pointer.build_id == "20240110T070000-newer"
    assert has_all_files(pipeline.lake, pointer)


def test_only_the_month_of_a_row_that_changed_is_put_again(pipeline: Pipeline) -> None:
    build_two_months(pipeline)
    first = publish(pipeline)
    assert months_of(first).keys() == {"2023-12", "2024-01"}
    add_users(pipeline, "2023-12")
    second = publish(pipeline, days=1)
    assert second.models["dim_games"] == first.models["dim_games"]
    assert months_of(second) == {
        "2023-12": f"marts/{second.build_id}/{FACT}/2023-12.parquet",
        "2024-01": months_of(first)["2024-01"],
    }
    users = f"select sum(added_count) from {FACT}"
    asked = pipeline.rows(users.replace(FACT, f"marts.{FACT}"))
    assert list(ask_marts(pipeline.lake, users).rows) == asked
    publish(pipeline, days=2)
    assert builds_in(pipeline) >= {first.build_id, second.build_id}


def test_the_first_and_last_day_of_a_month_are_in_its_file(pipeline: Pipeline) -> None:
    build_two_months(pipeline)
    days = ["2023-12-01", "2024-01-01", "2024-02-29", "2024-03-01"]
    for day in days:
        change(
            pipeline,
            f"insert into marts.{FACT} select * replace (date '{day}' as observed_on) "
            f"from marts.{FACT} where observed_on = date '2023-12-31'",
        )
    pointer = publish(pipeline)
    assert {file.month: file.rows for file in pointer.models[FACT].files} == {
        "2023-12": 4,
        "2024-01": 4,
        "2024-02": 2,
        "2024-03": 2,
    }
    by_day = f"select observed_on, count(*) from marts.{FACT} group by all order by all"
    assert list(ask_marts(pipeline.lake, by_day).rows) == pipeline.rows(by_day)


def test_a_file_of_an_older_build_stays_as_long_as_a_kept_build_names_it(
    pipeline: Pipeline,
) -> None:
    build_two_months(pipeline)
    first = publish(pipeline)
    publish(pipeline, days=2)
    publish(pipeline, days=4)
    add_users(pipeline, "2024-01")
    replaced, standing = months_of(first)["2024-01"], months_of(first)["2023-12"]
    stored = []
    for days in (6, 8, 10):  # it is named by both builds before, then by one, then by none
        pointer = publish(pipeline, days=days)
        stored.append({one.key for one in pipeline.lake.list("marts/")})
        assert has_all_files(pipeline.lake, pointer)
    assert [replaced in keys for keys in stored] == [True, True, False]
    assert standing in stored[-1]


def test_a_file_that_is_gone_is_put_again_and_no_other(pipeline: Pipeline) -> None:
    build_two_months(pipeline)
    first = publish(pipeline)
    pipeline.lake.delete([months_of(first)["2023-12"]])
    assert not has_all_files(pipeline.lake, first)
    second = publish(pipeline, days=1)
    assert has_all_files(pipeline.lake, second)
    assert months_of(second)["2024-01"] == months_of(first)["2024-01"]


def test_a_full_refresh_puts_everything_again(pipeline: Pipeline) -> None:
    """A file may be damaged where it lies."""
    pipeline.begin(game(1))
    before = read_pointer(pipeline.lake, "dev")
    pipeline.build(full_refresh=True)
    after = read_pointer(pipeline.lake, "dev")
    assert before is not None
    assert after is not None
    assert not set(before.files) & set(after.files)
    assert {name: mart.sha256 for name, mart in before.models.items()} == {
        name: mart.sha256 for name, mart in after.models.items()
    }


def test_a_pointer_of_before_months_is_read_and_replaced(pipeline: Pipeline) -> None:
    build_two_months(pipeline)
    pointer = publish(pipeline, "20240110T060000-former", puts_all=True)
    (file,) = pointer.models["dim_games"].files
    former = {
        "build_id": pointer.build_id,
        "built_at": pointer.built_at.isoformat(),
        "models": {"dim_games": {"key": file.key, "rows": file.rows, "sha256": file.sha256}},
        "previous": ["20240109T060000-older"],
        "watermark": None,
    }
    pipeline.lake.replace(MartsPointerKey(target="dev"), json.dumps(former).encode())
    assert ask_marts(pipeline.lake, "select count(*) from dim_games").rows == ((2,),)
    after = publish(pipeline)
    assert after.previous == (pointer.build_id, "20240109T060000-older")
    assert after.models["dim_games"].files[0].key == f"marts/{after.build_id}/dim_games.parquet"


def test_files_that_went_while_a_slower_machine_was_publishing_are_not_named(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have replaced a month, and removed the file that ours was about to name."""
    build_two_months(pipeline)
    first = publish(pipeline)
    swap = FolderLake.swap

    def swap_after_others(
        lake: FolderLake, key: MartsPointerKey, before: bytes | None, body: bytes
    ) -> bool:
        monkeypatch.setattr(FolderLake, "swap", swap)
        for days in (2, 4, 6):
            publish(pipeline, days=days, puts_all=True)
        assert not has_all_files(lake, first)
        return swap(lake, key, before, body)

    monkeypatch.setattr(FolderLake, "swap", swap_after_others)
    pointer = publish(pipeline, "20240117T060000-slower")
    assert read_pointer(pipeline.lake, "dev") == pointer
    assert has_all_files(pipeline.lake, pointer)


def test_models_that_were_built_without_readers_are_published_by_the_next_build(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No partition came since: the lake's age says nothing of it."""
    pipeline.begin(game(1))
    before = read_pointer(pipeline.lake, "dev")
    assert before is not None
    monkeypatch.setattr(
        "transformer.dbt_runner.dbt_project.write_dbt_project",
        lambda *args: replace(write_dbt_project(*args), models_fingerprint="changed"),
    )
    pipeline.build(publish=False)
    assert read_pointer(pipeline.lake, "dev") == before
    kept = "select distinct build_id from lake.mart_rows"
    assert pipeline.rows(kept) == [(before.build_id,)]  # compared with what readers see
    pipeline.build()
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer is not None
    assert pointer.previous == (before.build_id,)
    assert pipeline.rows(kept) == [(pointer.build_id,)]
    pipeline.build()
    assert read_pointer(pipeline.lake, "dev") == pointer


def test_a_build_of_one_run_date_elsewhere_does_not_replace_the_full_marts(
    pipeline: Pipeline,
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    pipeline.build()
    before = read_pointer(pipeline.lake, "dev")
    for day, game_id in ((DAY_1, 1), (DAY_2, 2)):
        pipeline.forget_warehouse()
        pipeline.build(run_date=day)
        assert pipeline.rows("select game_id from marts.dim_games") == [(game_id,)]
        assert read_pointer(pipeline.lake, "dev") == before


def test_a_pointer_is_not_read_where_the_warehouse_remembers_and_nothing_is_published(
    pipeline: Pipeline,
) -> None:
    pipeline.begin()
    pipeline.lake.replace(MartsPointerKey(target="dev"), b"{")
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    assert pipeline.build(publish=False) == ExitCode.DONE
    assert pipeline.rows("select game_id from marts.dim_games") == [(1,)]


def test_a_build_with_nothing_new_publishes_again_what_is_missing(pipeline: Pipeline) -> None:
    pipeline.begin(game(1))
    pointer = read_pointer(pipeline.lake, "dev")
    assert pointer is not None
    pipeline.lake.delete([pointer.models["dim_games"].files[0].key])
    pipeline.build()
    assert ask_marts(pipeline.lake, "select game_id from dim_games").rows == ((1,),)


def test_a_file_that_does_not_hold_its_mart_is_not_published(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.begin()
    before = read_pointer(pipeline.lake, "dev")
    survey = DuckDbWarehouse.survey
    monkeypatch.setattr(
        DuckDbWarehouse,
        "survey",
        lambda *args: [replace(one, rows=7, fingerprint="") for one in survey(*args)],
    )
    pipeline.writer.commit("games", DAY_1, page_of(game(1)))
    with pytest.raises(DataError, match=r"has 7 rows in the warehouse and \d+ in the file"):
        pipeline.build()
    assert read_pointer(pipeline.lake, "dev") == before


def test_marts_answer_while_another_process_holds_the_warehouse(pipeline: Pipeline) -> None:
    pipeline.begin(game(1))
    pipeline.writer.commit("games", DAY_2, page_of(game(2)))
    command = [sys.executable, "-c", HOLD_WAREHOUSE, str(pipeline.settings.duckdb_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UpstreamError, match=rf"held by process {holder.pid} .* query`"):
            pipeline.build()
        assert ask_marts(pipeline.lake, "select game_id from marts.dim_games").rows == ((1,),)


def test_a_target_without_marts_is_told_of_those_that_have_some(pipeline: Pipeline) -> None:
    pipeline.lake.replace(MartsPointerKey(target="prod"), b"{}")
    with pytest.raises(UsageError, match=r"of target dev .* ask those of --target prod, or run"):
        ask_marts(pipeline.lake, "select 1")


def test_a_query_that_is_wrong_is_a_usage_error_in_one_line(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="No marts of target dev are published"):
        ask_marts(pipeline.lake, "select 1")
    pipeline.begin()
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
    pipeline.begin(game(1), game(2))
    pipeline.forget_warehouse()  # as in the cloud, where each build has one of its own
    for folder in ("raw", "manifests"):
        shutil.rmtree(pipeline.settings.lake_dir / folder)
    pipeline.writer.commit("games", DAY_2, page_of(game(1)))
    pipeline.build()
    lost = pipeline.rows(
        "select message from lake.test_results where test = 'keeps_its_rows' and status = 'warn' "
        "and model = 'dim_games'"
    )
    assert lost == [("1 rows, 2 in the last build that passed",)]
