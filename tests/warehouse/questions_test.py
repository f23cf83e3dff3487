"""The queries of docs/data_model.md: DuckDB and Postgres answer each of them alike, and with rows.

And those of the report, whose own tests have marts that are made by hand; and what docs/bi_tools.md does
with the published files.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg
import pytest
from pydantic import SecretStr

from gamemarket.folder_lake import FolderLake
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from tests.postgres_server import PostgresServer, serve_postgres
from tests.warehouse.conftest import Warehouse
from tests.warehouse.lakes import extract, morning_after, only, serve, set_clock
from transformer.publishing.postgres_marts import serve_marts

type Rows = Sequence[Sequence[Any]]

BI_TOOLS: Final = Path.cwd() / "docs/bi_tools.md"
CREATE_ROLES: Final = Path.cwd() / "stack/create_roles.sh"
PAGE: Final = Path.cwd() / "docs/data_model.md"  # in Pants' sandbox (see the BUILD file)
REPORT: Final = sorted((Path.cwd() / "services/reporter/reporter").rglob("*.sql"))
QUERIES: Final[Sequence[str]] = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
MARTS: Final = re.compile(r"\b(?:from|join) ((?:market|dim|fct|bridge|rejected)_\w+)")
# Games are moved from time to time only, and no value of the sandbox's is out of range.
MAY_BE_EMPTY: Final = {"market_release_date_changes", "rejected_values"}
DAYS: Final = (date(2023, 12, 6), date(2023, 12, 7))
MORNINGS: Final = (date(2023, 12, 7), date(2023, 12, 8))  # when they were observed


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Warehouse:
    """Two days of lists, and details of many games."""
    lake = FolderLake.open(warehouse.settings.lake_dir)
    options = CatalogueOptions(seed=7, games=400, updated_per_day=200, popular_percent=20)
    source = SyntheticSource(World(options), cache_bytes=50_000_000)
    with serve(source, DAYS[0]) as sandbox:
        for day in DAYS:
            set_clock(sandbox, morning_after(day))
            extract(lake, sandbox, only("games", "games_top", "genres", "publishers"), day)
        set_clock(sandbox, morning_after(DAYS[1]) + timedelta(hours=1))
        extract(lake, sandbox, only("game_details", daily_requests=300), DAYS[1])
    warehouse.build()
    return warehouse


@pytest.fixture(scope="module")
def server(built: Warehouse) -> Iterator[PostgresServer]:
    """The marts, as the stack brings them to BI tools."""
    with serve_postgres() as server:
        server.create_roles(CREATE_ROLES)
        address = SecretStr(server.url("marts", "marts"))
        serve_marts(built.settings.model_copy(update={"marts_postgres_url": address}))
        yield server


@pytest.fixture(scope="module")
def postgres(server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """As a BI tool is logged in."""
    with closing(psycopg.connect(server.url("marts", "reporter"), autocommit=True)) as db:
        yield db


def plain(rows: Rows) -> list[tuple[Any, ...]]:
    """Rows whose decimals compare with doubles."""
    return [
        tuple(float(value) if isinstance(value, Decimal) else value for value in row)
        for row in rows
    ]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: MARTS.findall(query)[0])
def test_both_answer_alike(query: str, built: Warehouse, postgres: psycopg.Connection[Any]) -> None:
    found = plain(built.rows(f"use marts; {query}"))
    assert plain(postgres.execute(query.encode()).fetchall()) == found
    assert found or MARTS.findall(query)[0] in MAY_BE_EMPTY


def test_psql_runs_what_the_pages_say(server: PostgresServer, tmp_path: Path) -> None:
    [psql] = re.findall(r"((?:    .*\n)+)\n`reporter` can read", BI_TOOLS.read_text())
    script = tmp_path / "queries.sql"
    script.write_text(f"{psql}{';'.join(QUERIES)}")
    ended = subprocess.run(
        ["psql", "--set", "ON_ERROR_STOP=1", "--file", script],
        env={
            **server.environment,
            "PGDATABASE": "marts",
            "PGUSER": "reporter",
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answers = re.findall(r"^\((\d+) rows?\)$", ended.stdout, re.MULTILINE)
    assert len(answers) == len(QUERIES) + 3  # the list of marts, and the two queries of that page
    assert "A game" in ended.stdout  # what dim_games is


def read_snippet(language: str, built: Warehouse) -> str:
    [text] = re.findall(rf"```{language}\n(.*?)```", BI_TOOLS.read_text(), re.DOTALL)
    assert ".data/demo-sandbox/lake" in text
    return str(text.replace(".data/demo-sandbox/lake", str(built.settings.lake_dir)))


def test_duckdb_and_python_read_the_published_files(
    built: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    top = "select name, rating from marts.dim_games order by added_count desc nulls last limit 5"
    expected = built.rows(top)
    assert len(expected) == 5
    with duckdb.connect() as db:
        assert db.execute(read_snippet("sql", built)).fetchall() == expected
    exec(read_snippet("python", built), {})
    assert capsys.readouterr().out.splitlines() == [f"{name} {rating}" for name, rating in expected]


@pytest.mark.parametrize("file", REPORT, ids=lambda file: file.stem)
def test_the_report_asks_for_columns_that_are_there(file: Path, built: Warehouse) -> None:
    query = file.read_text()
    assert built.rows(f"use marts; {query}") or MARTS.findall(query)[0] in MAY_BE_EMPTY


def test_the_reports_risers_gained_most_between_the_two_days(built: Warehouse) -> None:
    """Counted from the facts; a game that was first seen on the second day has no other to compare with."""
    [rising] = [file.read_text() for file in REPORT if file.stem == "rising"]
    told = {
        name: gained
        for _, name, _, _, gained, _, compared_on, seen_on, _, is_new, _ in built.rows(
            f"use marts; {rising}"
        )
        if not is_new and (compared_on, seen_on) == MORNINGS
    }
    names = dict(built.rows("select game_id, name from marts.dim_games"))
    added: dict[int, dict[date, int]] = {}
    for game_id, day, count in built.rows(
        "select game_id, observed_on, added_count from marts.fct_game_daily_snapshot"
        " where added_count is not null"
    ):
        added.setdefault(game_id, {})[day] = count
    gained = {
        names[game_id]: days[MORNINGS[1]] - days[MORNINGS[0]]
        for game_id, days in added.items()
        if days.keys() == set(MORNINGS)
    }
    assert len(told) > 3
    assert told == {name: gained[name] for name in told}
    assert max(told.values()) == max(gained.values())


@pytest.mark.parametrize(
    ("exposure", "queries"),
    [("ten_questions", QUERIES), ("market_report", [file.read_text() for file in REPORT])],
)
def test_an_exposure_names_what_is_read(exposure: str, queries: Sequence[str]) -> None:
    text = (files("analytics") / "models/exposures.yml").read_text()
    [told] = [part for part in text.split("  - name: ") if part.startswith(f"{exposure}\n")]
    read = {mart for query in queries for mart in MARTS.findall(query)}
    assert len(queries) > 10
    assert set(re.findall(r"ref\('(\w+)'\)", told)) == read
