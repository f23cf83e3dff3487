"""An endpoint more, and a source more, by ENDPOINTS_FILE alone: through all stages, as processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.conftest import (
    DAY_ONE,
    DAY_TWO,
    KEY,
    MORNING_AFTER_TWO,
    Home,
    Sandbox,
)
from tests.endpoints_files import add_creators, add_second_source, copy_list

MakeHome = Callable[..., Home]


def hurry(file: Path) -> str:
    """The same list, read in seconds: the sandbox needs no care, and a few details are enough."""
    config = json.loads(file.read_text())
    config["sources"]["rawg"] |= {"requests_per_second": None}
    for endpoint in config["endpoints"]:
        if endpoint["kind"] == "detail":
            endpoint["daily_requests"] = 10
    file.write_text(json.dumps(config))
    return str(file)


def run(home: Home, *words: str, **changes: str) -> list[dict[str, Any]]:
    """What the stage says on standard output: JSON lines."""
    ended = home.run(*words, **changes)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def ask_warehouse(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.path / "warehouse.duckdb"), read_only=True) as database:
        return database.sql(sql).fetchall()


def find_reconciliation(home: Home, model: str) -> dict[str, set[str]]:
    """How the tests ended, in every build, that compare a model's rows and ids with the manifests."""
    found: dict[str, set[str]] = {}
    for test, status in ask_warehouse(home, "select test, status from lake.test_results"):
        kind, _, rest = test.partition(f"_stg_{model}_")
        if rest and kind.startswith("accounts_for_every_"):
            found.setdefault(kind, set()).add(status)
    return found


RECONCILED = {"accounts_for_every_row": {"pass"}, "accounts_for_every_id": {"pass"}}


def test_creators_come_and_go_by_one_file(
    make_home: MakeHome, sandbox: Sandbox, tmp_path: Path
) -> None:
    home, file = make_home(), hurry(add_creators(tmp_path))
    creators, day = ("--endpoint", "creators"), ("--run-date", DAY_ONE)
    (planned,) = run(home, "extractor", "plan", *creators, *day, ENDPOINTS_FILE=file)
    assert planned["endpoint"] == "creators"
    assert planned["requests"] > 0
    assert sandbox.calls() == {}

    ended = home.run("orchestrator", "run", *day, ENDPOINTS_FILE=file)
    assert (ended.returncode, "raw_creators" in ended.stderr) == (0, True), ended.stderr
    status = run(home, "extractor", "status", *creators, ENDPOINTS_FILE=file)
    assert [(line["state"], line["exit_code"]) for line in status] == [("committed", 0)]
    truth = sandbox.control("truth?endpoint=creators")["ids"][:400]
    loaded = ask_warehouse(home, "select id, name, slug from staging.stg_rawg__creators")
    assert sorted(row[0] for row in loaded) == sorted(truth)
    assert all(name and slug for _, name, slug in loaded)
    assert find_reconciliation(home, "rawg__creators") == RECONCILED
    assert ask_warehouse(home, "from lake.seen_fields where endpoint = 'creators'")
    before = read_marts(home)

    sandbox.set_clock(MORNING_AFTER_TWO)
    asked, day = sandbox.control("calls")["by_endpoint"]["creators"], ("--run-date", DAY_TWO)
    without = {"ENDPOINTS_FILE": hurry(copy_list(tmp_path)), "now": MORNING_AFTER_TWO}
    run(home, "extractor", "run", "--all", *day, **without)
    run(home, "transformer", "build", **without)
    assert sandbox.control("calls")["by_endpoint"]["creators"] == asked
    refused = home.run("extractor", "status", *creators, **without)
    assert (refused.returncode, "no endpoint 'creators'" in refused.stderr) == (64, True)
    assert read_marts(home) == before


def read_marts(home: Home) -> set[str]:
    """The names of what is published."""
    pointer = json.loads(home.files("marts")["marts/current_dev.json"])
    return set(pointer["models"])


def test_a_source_unlike_rawg_goes_through_the_same_pipeline(
    make_home: MakeHome, sandbox: Sandbox, tmp_path: Path
) -> None:
    home = make_home()
    settings = {
        "ENDPOINTS_FILE": hurry(add_second_source(tmp_path)),
        "OUTLET_API_KEY": KEY,
        "OUTLET_BASE_URL": sandbox.url.removesuffix("/api") + "/outlet/v1",
    }
    names = ("titles", "makers", "title_details", "genres")
    chosen = [word for name in names for word in ("--endpoint", name)]
    summaries = run(home, "extractor", "run", *chosen, "--run-date", DAY_ONE, **settings)
    assert {line["endpoint"]: line["exit_code"] for line in summaries} == dict.fromkeys(names, 0)
    run(home, "extractor", "verify", **settings)
    run(home, "transformer", "build", **settings)

    truth = sandbox.control(f"truth?endpoint=games&updated={DAY_ONE},{DAY_ONE}")
    titles = ask_warehouse(home, "select id from staging.stg_outlet__titles")
    assert {id for (id,) in titles} == set(truth["ids"])
    makers = sandbox.control("truth?endpoint=developers")["ids"]
    assert ask_warehouse(home, "select count(distinct id) from staging.stg_outlet__makers") == [
        (len(makers),)
    ]
    details = ask_warehouse(
        home, "select id, len(payload->'developers') from staging.stg_outlet__title_details"
    )
    assert len(details) == 10
    for model in ("titles", "makers", "title_details"):
        assert find_reconciliation(home, f"outlet__{model}") == RECONCILED
    assert ask_warehouse(home, "select count(*) from marts.dim_genres") == [(19,)]
    # As RAWG's rows are read: the fields of a row, not those of a page.
    fields = ask_warehouse(
        home, "select distinct field from lake.seen_fields where source_system = 'outlet'"
    )
    assert ("released",) in fields
    assert ("items",) not in fields


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"paging": {"style": "cursor"}}, "sources.rawg.paging"),
        ({"monthly_requests": 0}, "sources.rawg.monthly_requests"),
    ],
)
def test_a_source_that_cannot_be_is_a_usage_error(
    make_home: MakeHome, tmp_path: Path, change: dict[str, Any], path: str
) -> None:
    file = add_creators(tmp_path)
    config = json.loads(file.read_text())
    config["sources"]["rawg"] |= change
    file.write_text(json.dumps(config))
    ended = make_home().run(
        "extractor", "run", "--all", "--run-date", DAY_ONE, ENDPOINTS_FILE=str(file)
    )
    assert ended.returncode == 64
    assert path in ended.stderr
    assert "Traceback" not in ended.stderr
