"""Days that are larger than what the API gives behind one filter, and lists that move a lot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from gamemarket.endpoints import load_endpoints
from tests.end_to_end.conftest import DAY_ONE, Home, Sandbox, kill, serve_sandbox, wait_until

_NOW = "2024-01-02T06:00:00Z"
_TWENTY_DAYS_LATER = "2024-01-22T06:00:00Z"
# RAWG shows so many rows behind a filter.
_WINDOW = 10_000


@pytest.fixture(autouse=True)
def without_a_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand pages take as long as the sandbox needs."""
    config = load_endpoints().model_dump(by_alias=True, exclude_none=True, exclude_unset=True)
    del config["sources"]["rawg"]["requests_per_second"]
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps(config))
    monkeypatch.setenv("ENDPOINTS_FILE", str(file))


def run_games(home: Home, now: str = _NOW) -> dict[str, Any]:
    """The summary, with the exit code of the process."""
    command = ("run", "--endpoint", "games", "--run-date", DAY_ONE)
    ended = home.run("extractor", *command, now=now)
    summary: dict[str, Any] = json.loads(ended.stdout)
    assert summary["exit_code"] == ended.returncode, ended.stderr
    return summary


def truth(sandbox: Sandbox) -> dict[str, Any]:
    query = f"endpoint=games&updated={DAY_ONE},{DAY_ONE}"
    told: dict[str, Any] = sandbox.control(f"truth?{query}")
    return told


def stored_ids(home: Home) -> set[int]:
    decompressed = (
        zstandard.ZstdDecompressor().decompressobj().decompress(p) for p in home.parts()
    )
    pages = (json.loads(line) for part in decompressed for line in part.splitlines())
    return {row["id"] for page in pages for row in page["results"]}


def test_a_day_above_the_window_is_read_whole(make_home: Callable[..., Home]) -> None:
    with serve_sandbox("--now", _NOW, "--games", "60000", "--updated-per-day", "44000") as sandbox:
        home = make_home(sandbox=sandbox)
        summary = run_games(home)
        ids = set(truth(sandbox)["ids"])
    assert summary["exit_code"] == 0, summary["reasons"]
    assert stored_ids(home) == ids
    assert len(ids) > 2.5 * _WINDOW


def test_more_rows_without_a_date_than_the_window_shows_are_missing_and_counted(
    make_home: Callable[..., Home],
) -> None:
    options = ("--games", "22000", "--updated-per-day", "19800", "--undated-percent", "90")
    with serve_sandbox("--now", _NOW, *options) as sandbox:
        home = make_home(sandbox=sandbox)
        summary = run_games(home)
        ids = set(truth(sandbox)["ids"])
    missing = len(ids - stored_ids(home))
    assert missing > 1_000
    assert summary["exit_code"] == 65
    assert summary["reasons"] == ["window_exceeded", f"{missing:,} of {len(ids):,} rows missing"]


def test_ten_deletions_and_ten_insertions_take_no_other_row_with_them(
    make_home: Callable[..., Home],
) -> None:
    with serve_sandbox("--now", _NOW, "--updated-per-day", "1500") as sandbox:
        home = make_home(sandbox=sandbox)
        kinds = ("delete", "insert")
        rules = [{"kind": kind, "rows": 5, "after": after} for kind in kinds for after in (9, 22)]
        sandbox.control("moves", rules)
        summary = run_games(home)
        stayed = set(truth(sandbox)["ids_throughout"])
        moves = sandbox.control("moves")["moves"]
    assert len(moves) == len(rules)
    assert not any("error" in move for move in moves)
    assert summary["exit_code"] == 0, summary["reasons"]
    assert stayed <= stored_ids(home)
    assert len(stayed) > 1_000


def test_a_partition_that_was_open_for_twenty_days_has_all_that_stayed(
    make_home: Callable[..., Home],
) -> None:
    options = ("--updated-per-day", "1500", "--latency-ms", "40")
    with serve_sandbox("--now", _NOW, *options) as sandbox:
        home = make_home(sandbox=sandbox)
        before = set(truth(sandbox)["ids"])
        process = home.start("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE)
        wait_until(lambda: len(home.files("inflight")) > 20)
        kill(process)
        sandbox.set_clock(_TWENTY_DAYS_LATER)
        summary = run_games(home, now=_TWENTY_DAYS_LATER)
        stayed = before & set(truth(sandbox)["ids"])
    assert summary["exit_code"] == 0, summary["reasons"]
    assert 0 < len(stayed) < len(before)
    assert stayed <= stored_ids(home)
