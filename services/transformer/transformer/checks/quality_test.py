"""The rules that data must keep: which are broken by what, and that every result is kept."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

import transformer.dbt_runner.dbt_project
from gamemarket.errors import DataError, LakeError, UsageError
from transformer.checks.checks import check_models
from transformer.checks.mart_rows import check_mart_rows
from transformer.checks.quality import (
    print_history,
    print_quality,
    read_history,
    read_quality,
)
from transformer.checks.results import CheckRecord
from transformer.conftest import DAY_1, DAY_2, Pipeline, game, page_of
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.docs import write_docs
from transformer.warehouse.warehouse import open_warehouse

GENRE = {"id": 4, "name": "Action", "slug": "action", "games_count": 7}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def kept(pipeline: Pipeline, runs: int = 1) -> list[CheckRecord]:
    return read_quality(open_warehouse("dev", pipeline.settings), runs)


def complaints(checks: list[CheckRecord]) -> set[tuple[str, str, str]]:
    """Rule, model and status of what did not pass; dbt adds the arguments to a rule's name."""
    return {
        (check.test.split(f"_{check.model}")[0], check.model, check.status)
        for check in checks
        if check.status not in ("pass", "skipped")
    }


def commit_what_breaks_rules(pipeline: Pipeline) -> None:
    """A usual week of games, then a day of one game with which much is wrong."""
    writer = pipeline.writer
    for day in range(1, 8):
        writer.commit("games", DAY_1.replace(day=day), page_of(*(game(n) for n in range(1, 9))))
    strange = game(
        9,
        released="1890-01-01",
        metacritic="N/A",
        hype=7,
        esrb_rating={"id": 1, "name": "No such", "slug": "no-such"},
        added_by_status={"lent": 3},
        ratings=[{"id": 9, "title": "superb", "count": 1, "percent": 100}],
    )
    writer.commit("games", DAY_1.replace(day=8), page_of(strange))
    writer.commit("genres", DAY_1, page_of(GENRE), reasons=("limited",))
    writer.commit("stores", DAY_1, page_of({"id": 1, "name": "Steam", "slug": "steam"}), rows=2)
    writer.commit("platforms", DAY_1, page_of({"id": 1, "name": "PC"}), distinct_ids=2)


def test_each_rule_that_the_data_break_is_named_and_kept(pipeline: Pipeline) -> None:
    commit_what_breaks_rules(pipeline)
    with pytest.raises(DataError, match="accounts_for_every_row_stg_rawg__stores") as failed:
        pipeline.build()
    (query,) = re.findall(r"The query in (\S+) shows the rows", str(failed.value))
    assert "select" in Path(query).read_text()
    checks = kept(pipeline)
    assert complaints(checks) == {
        ("build", "", "fail"),
        ("accounts_for_every_row", "stg_rawg__stores", "fail"),
        ("accounts_for_every_id", "stg_rawg__platforms", "fail"),
        ("within_range", "dim_games", "warn"),
        ("one_of", "dim_games", "warn"),
        ("one_of", "stg_rawg__game_ratings", "warn"),
        ("is_empty", "rejected_values", "warn"),
        ("lake_is_fresh", "partitions", "warn"),
        ("lake_is_whole", "partitions", "warn"),
        ("lake_has_usual_row_count", "partitions", "warn"),
        ("schema_drift_new_field", "games", "warn"),
        ("schema_drift_changed_type", "games", "warn"),
    }
    said = {check.test: check.message for check in checks if check.status != "skipped"}
    assert "games, 2024-01-08, 1, 8" in said["lake_has_usual_row_count"]
    assert "genres, 2024-01-01, limited" in said["lake_is_whole"]
    new = [check.message for check in checks if check.test == "schema_drift_new_field"]
    assert [text.split(",")[0] for text in new] == [
        "added_by_status.lent: integer in 1 of 1",
        "hype: integer in 1 of 1",
    ]
    stores = said["accounts_for_every_row_stg_rawg__stores_stores__rawg"]
    assert stores.startswith("raw/rawg/stores/run_date=2024-01-01/gen_001_")
    assert stores.endswith("part_00001.jsonl.zst, 2, 1")


def test_results_are_shown_to_people_and_to_programs(pipeline: Pipeline) -> None:
    warehouse = open_warehouse("dev", pipeline.settings)
    with pytest.raises(UsageError, match="keeps no results yet"):
        read_history(warehouse, 2)
    pipeline.begin(game(1))
    (pipeline.settings.lake_dir / pipeline.writer.commit("games", DAY_2, page_of())).unlink()
    with pytest.raises(LakeError):
        pipeline.build()
    runs, both, last = read_history(warehouse, 2), kept(pipeline, runs=2), kept(pipeline)
    assert [check.test for check in last] == ["build"]
    terminal, lines, history = Terminal(), io.StringIO(), io.StringIO()
    print_quality(runs[0], last, terminal)
    assert "failed" in terminal.getvalue()
    assert "is missing" in " ".join(terminal.getvalue().split())
    print_quality(runs[0], both, lines)
    assert len(lines.getvalue().splitlines()) == len(both) > 100
    print_history(runs, history)
    told = [json.loads(line) for line in history.getvalue().splitlines()]
    assert [(run["run"], run["state"], run["failed"]) for run in told] == [
        (2, "failed", 0),
        (1, "published", 0),
    ]
    assert told[1]["passed"] > 100


def test_a_mart_that_lacks_what_was_loaded_fails_the_build(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.writer.commit("games", DAY_1, page_of(game(1), game(2)))
    packed = dict(transformer.dbt_runner.dbt_project._packed_files())
    genres = "models/marts/bridge_game_genres.sql"
    lossy = (
        b"select * from (" + packed[genres].partition(b"}}\n")[2] + b") as kept where game_id < 2"
    )
    patched = {**packed, genres: packed[genres].partition(b"}}\n")[0] + b"}}\n" + lossy}
    monkeypatch.setattr(
        transformer.dbt_runner.dbt_project, "_packed_files", lambda: iter(patched.items())
    )
    with pytest.raises(DataError, match=r"1 test.*holds_what_was_loaded_bridge_game_genres"):
        pipeline.build()
    (lost,) = (check for check in kept(pipeline) if check.status == "fail" and check.model)
    assert lost.message == "missing in the mart, rawg, 2, 4"


def test_a_mart_that_shrinks_is_a_warning() -> None:
    before = {"dim_games": 100, "dim_tags": 100}
    checks = check_mart_rows(before, {"dim_games": 90, "dim_tags": 89, "dim_new": 0})
    found = {check.model: (check.status, check.failures) for check in checks}
    assert found == {"dim_games": ("pass", 0), "dim_tags": ("warn", 11), "dim_new": ("pass", 0)}


def test_a_model_that_cannot_be_built_is_kept_as_one() -> None:
    name, message = "dim_games", "Binder Error:\n  no column"
    broken = ModelResult(name, "marts.dim_games", (), True, False, "error", message, 0.1)
    (check,) = check_models([broken])
    assert (check.test, check.model, check.status) == ("is_built", "dim_games", "error")
    assert check.message == "Binder Error: no column"


def test_the_documentation_is_one_page_of_all_models(pipeline: Pipeline) -> None:
    page = write_docs(pipeline.settings, "dev", pipeline.settings.home / "docs")
    text = page.read_text()
    assert page.name == "index.html"
    assert "fct_game_daily_snapshot" in text
    assert "What the RAWG API says of video games" in text
