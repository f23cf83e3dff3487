"""The extractor as a process: killed, doubled, interrupted, and looked over for secrets."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from tests.end_to_end.conftest import (
    DAY_ONE,
    DAY_TWO,
    KEY,
    MORNING_AFTER_TWO,
    Home,
    Sandbox,
    kill,
    serve_sandbox,
    wait_until,
)

# config/endpoints.json: requests in flight, at most.
CONCURRENCY = 8
# The proof that the list stood still while it was read.
BOTH_ENDS_AGAIN = 2


@pytest.fixture
def slow_sandbox() -> Iterator[Sandbox]:
    """Some 38 pages a day, each of which takes its time: long enough to be killed in the middle."""
    with serve_sandbox(
        "--now", "2024-01-02T06:00:00Z", "--updated-per-day", "1500", "--latency-ms", "40"
    ) as running:
        yield running


def run_games(home: Home, run_date: str = DAY_ONE, **options: str) -> dict[str, object]:
    ended = home.run("extractor", "run", "--endpoint", "games", "--run-date", run_date, **options)
    assert ended.returncode == 0, ended.stderr
    summary: dict[str, object] = json.loads(ended.stdout)
    return summary


def checkpoints(home: Home) -> int:
    return sum(key.endswith(".zst") for key in home.files("inflight"))


def test_a_killed_run_is_gone_on_with_and_ends_as_an_undisturbed_one(
    make_home: Callable[..., Home], slow_sandbox: Sandbox
) -> None:
    undisturbed, killed = make_home("a", slow_sandbox), make_home("b", slow_sandbox)
    pages = run_games(undisturbed)["pages"]
    slow_sandbox.control("calls/reset", {})
    for stored in (5, 15, 25):
        process = killed.start("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE)
        wait_until(lambda stored=stored: checkpoints(killed) >= stored)  # type: ignore[misc]
        assert kill(process) == -signal.SIGKILL
        assert killed.manifests() == []
    summary = run_games(killed)
    calls = slow_sandbox.calls()
    assert summary["pages"] == pages == len(calls)
    assert sum(calls.values()) <= len(calls) + BOTH_ENDS_AGAIN + 3 * CONCURRENCY
    assert killed.parts() == undisturbed.parts()
    assert killed.files("inflight") == {}


def test_sigterm_stores_what_is_in_flight(
    make_home: Callable[..., Home], slow_sandbox: Sandbox
) -> None:
    home = make_home(sandbox=slow_sandbox)
    process = home.start("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE)
    wait_until(lambda: checkpoints(home) >= 5)
    assert kill(process, signal.SIGTERM) == 143
    run_games(home)
    calls = slow_sandbox.calls()
    assert sum(calls.values()) == len(calls) + BOTH_ENDS_AGAIN


def test_two_runs_at_once_commit_one_generation_and_no_row_twice(
    make_home: Callable[..., Home], slow_sandbox: Sandbox
) -> None:
    home = make_home(sandbox=slow_sandbox)
    arguments = ("extractor", "run", "--endpoint", "games", "--run-date", DAY_ONE)
    processes = [home.start(*arguments) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    (manifest,) = home.manifests()
    assert manifest["generation"] == 1
    assert manifest["complete"]
    rows = [
        row["id"]
        for part in manifest["parts"]
        for line in decompress(home.path / "lake" / part["key"]).splitlines()
        for row in json.loads(line)["results"]
    ]
    truth = slow_sandbox.control(f"truth?endpoint=games&updated={DAY_ONE},{DAY_ONE}")
    assert sorted(rows) == sorted(truth["ids"])


def test_two_run_dates_read_on_one_day_keep_their_own_rows(
    make_home: Callable[..., Home], sandbox: Sandbox
) -> None:
    home = make_home()
    sandbox.set_clock(MORNING_AFTER_TWO)
    for run_date in (DAY_ONE, DAY_TWO):
        run_games(home, run_date, now=MORNING_AFTER_TWO)
    for manifest in home.manifests():
        updated = manifest["run_date"]
        truth = sandbox.control(f"truth?endpoint=games&updated={updated},{updated}")
        assert manifest["distinct_ids"] == len(truth["ids"])
        for part in manifest["parts"]:
            for line in decompress(home.path / "lake" / part["key"]).splitlines():
                assert all(row["updated"][:10] == updated for row in json.loads(line)["results"])
    assert len(home.manifests()) == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (("--endpoint", "gmaes", "--run-date", DAY_ONE), {}, 64, "no endpoint 'gmaes'"),
        (("--all", "--run-date", "01.01.2024"), {}, 64, "YYYY-MM-DD"),
        (("--all", "--run-date", DAY_TWO), {}, 64, "not over"),
        (("--all", "--run-date", DAY_ONE), {"RAWG_API_KEY": ""}, 64, "RAWG_API_KEY is not set"),
        (
            ("--all", "--run-date", DAY_ONE),
            {"RAWG_API_KEY": "no-key-of-theirs"},
            77,
            "refused the key",
        ),
        (("--all", "--run-date", DAY_ONE), {"DATA_LAKE_DIR": "/proc/lake"}, 74, "/proc/lake"),
        (("--all", "--run-date", DAY_ONE), {"ENDPOINTS_FILE": "/nowhere"}, 64, "ENDPOINTS_FILE"),
        (("--all", "--run-date", DAY_ONE), {"GAME_MARKET_NOW": "noon"}, 64, "GAME_MARKET_NOW"),
    ],
)
def test_bad_input_is_one_sentence_and_an_exit_code(
    make_home: Callable[..., Home],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    said: str,
) -> None:
    ended = make_home().run("extractor", "run", *arguments, **environment)
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert KEY not in ended.stderr


def decompress(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
