"""The whole way from the API to the marts, as `orchestrator run` goes it on two days.

That a second run of a day asks the API nothing and changes no mart, shows demo_test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
import zstandard

from demo.scenarios import build_sandbox_endpoints
from gamemarket.endpoints import load_endpoints
from tests.end_to_end.conftest import (
    DAY_ONE,
    DAY_TWO,
    KEY,
    MORNING_AFTER_ONE,
    MORNING_AFTER_TWO,
    Home,
    Sandbox,
    serve_sandbox,
)

# One that URLs and JSON spell in ways of their own, so that every spelling is looked for.
CANARY = f"{KEY}/+&="
GAMES = ("games", "games_top", "game_details")


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which two days were run, and the sandbox that they were read from."""
    options = ("--now", MORNING_AFTER_ONE, "--games", "1500", "--key", CANARY)
    with serve_sandbox(*options) as sandbox:
        home = Home(tmp_path_factory.mktemp("two_days") / "home", sandbox)
        run_day(home, sandbox, DAY_ONE, MORNING_AFTER_ONE)
        run_day(home, sandbox, DAY_TWO, MORNING_AFTER_TWO)
        yield home


def run_day(home: Home, sandbox: Sandbox, run_date: str, now: str) -> None:
    sandbox.set_clock(now)
    endpoints = home.path.with_name("endpoints.json")
    small = build_sandbox_endpoints(load_endpoints())
    endpoints.write_text(small.model_dump_json(exclude_unset=True, exclude_none=True))
    words = ("orchestrator", "run", "--run-date", run_date)
    run_and_keep_output(home, *words, now=now, ENDPOINTS_FILE=str(endpoints))


def ask(home: Home, question: str) -> list[dict[str, Any]]:
    output = run_and_keep_output(home, "transformer", "query", question)
    return [json.loads(line) for line in output.splitlines()]


def run_and_keep_output(
    home: Home, *words: str, now: str = MORNING_AFTER_ONE, **changes: str
) -> str:
    """Runs a stage with the canary as key; what it prints is kept beside the home."""
    ended = home.run(*words, now=now, RAWG_API_KEY=CANARY, **changes)
    assert ended.returncode == 0, ended.stderr
    number = len(list(home.path.parent.glob("*.stdout")))
    for name in ("stdout", "stderr"):
        kept = home.path.with_name(f"{number}_{words[0]}.{name}")
        kept.write_text(getattr(ended, name))
    return ended.stdout


def test_every_row_that_was_read_is_in_the_marts(two_days: Home) -> None:
    days = (DAY_ONE, DAY_TWO)
    truth = {
        game
        for day in days
        for manifest in two_days.manifests()
        if manifest["endpoint"] in GAMES and manifest["run_date"] == day
        for game in read_ids(two_days, manifest)
    }
    games = ask(two_days, "select game_id from dim_games")
    assert {game["game_id"] for game in games} == truth
    assert len(games) == len(truth) > 100


def test_the_manifests_agree_with_what_the_sandbox_says_of_the_day(two_days: Home) -> None:
    (manifest,) = (
        manifest
        for manifest in two_days.manifests()
        if (manifest["endpoint"], manifest["run_date"]) == ("games", DAY_TWO)
    )
    truth = two_days.sandbox.control(f"truth?endpoint=games&updated={DAY_TWO},{DAY_TWO}")
    assert set(read_ids(two_days, manifest)) == set(truth["ids"])


def test_games_are_observed_on_the_day_they_were_read(two_days: Home) -> None:
    observed = ask(
        two_days,
        "select cast(observed_on as varchar) as day, count(*) as games"
        " from fct_game_daily_snapshot group by all order by 1",
    )
    assert [day["day"] for day in observed] == ["2024-01-02", "2024-01-03"]
    assert all(day["games"] > 0 for day in observed)


def test_the_key_is_nowhere_in_the_home_and_in_no_output(two_days: Home) -> None:
    left = two_days.path.parent
    assert {path.suffix for path in left.iterdir()} >= {".stdout", ".stderr"}
    assert find_secret(left, CANARY) == []


def plant_in_zst(path: Path, text: str) -> None:
    ids = " ".join(str(number) for number in range(1000))  # so much that its letters are packed too
    path.write_bytes(zstandard.compress(f"{text} {ids}".encode()))


def plant_in_parquet(path: Path, text: str) -> None:
    rows = f"select '{text}' || range as url from range(1000) union all values ('!'), ('~')"
    duckdb.execute(f"copy ({rows}) to '{path}' (format parquet, compression zstd)")


def plant_in_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute("pragma force_compression = 'fsst'; create schema raw")
        rows = f"select [{{'url': '{text}' || range}}] as links from range(100_000)"
        database.execute(f"create table raw.pages as {rows}")


@pytest.mark.parametrize(
    ("name", "plant", "is_packed"),
    [
        ("plain.log", lambda path, text: path.write_text(text), False),
        ("quoted.json", lambda path, text: path.write_text(quote(text, safe="")), False),
        ("packed.zst", plant_in_zst, True),
        ("mart.parquet", plant_in_parquet, True),
        ("warehouse.duckdb", plant_in_duckdb, True),
    ],
)
def test_the_search_finds_a_key_that_is_there(
    tmp_path: Path, name: str, plant: Callable[[Path, str], object], is_packed: bool
) -> None:
    plant(tmp_path / name, f"next={CANARY}&page=")
    if is_packed:
        assert CANARY.encode() not in (tmp_path / name).read_bytes()
    assert find_secret(tmp_path, CANARY) == [name]


def test_a_warehouse_that_is_held_by_another_process_is_one_sentence(
    make_home: Callable[..., Home],
) -> None:
    home = make_home()
    home.path.mkdir()
    with duckdb.connect(str(home.path / "warehouse.duckdb")):
        ended = home.run("transformer", "build")
    assert ended.returncode == 69, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "warehouse.duckdb" in ended.stderr


def read_ids(home: Home, manifest: dict[str, Any]) -> list[int]:
    return [
        row["id"]
        for part in manifest["parts"]
        for line in decompress((home.path / "lake" / part["key"]).read_bytes()).splitlines()
        for row in rows_of(json.loads(line))
    ]


def rows_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a list's page; a detail is one itself."""
    results: list[dict[str, Any]] = page.get("results", [page])
    return results


def decompress(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def find_secret(folder: Path, secret: str) -> list[str]:
    """The files below a folder that hold the secret: plain, URL-encoded, as JSON or compressed."""
    spellings = {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]}
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            body += unpack(path, body)
            if any(spelling.encode() in body for spelling in spellings):
                found.append(str(path.relative_to(folder)))
    return found


def unpack(path: Path, body: bytes) -> bytes:
    """What a file's own bytes don't show: the formats are told by how they begin."""
    if body.startswith(zstandard.FRAME_HEADER):
        return decompress(body)
    if body.startswith(b"PAR1"):
        with duckdb.connect() as database:
            return dump(database, f"read_parquet('{path}')")
    if body[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as database:
            return dump(database, *list_relations(database))
    return b""


def list_relations(database: duckdb.DuckDBPyConnection) -> list[str]:
    """All tables, and what they and the views are made by."""
    names = database.sql(
        'select format(\'"{}"."{}"\', schema_name, table_name) from duckdb_tables()'
    )
    return ["duckdb_tables()", "duckdb_views()", *(name for (name,) in names.fetchall())]


def dump(database: duckdb.DuckDBPyConnection, *relations: str) -> bytes:
    """Every value as text."""
    rows = [
        row
        for relation in relations
        for row in database.sql(f"select columns(*)::varchar from {relation}").fetchall()
    ]
    return "\n".join(str(value) for row in rows for value in row).encode()
