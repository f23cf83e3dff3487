"""Details as their users meet them: games that go while they wait, and what the other commands say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from gamemarket.endpoints import load_endpoints
from tests.end_to_end.conftest import Home, Sandbox, serve_sandbox

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")
MORNINGS = ("2024-01-02T06:00:00Z", "2024-01-03T06:00:00Z", "2024-01-04T06:00:00Z")
AFTER_DAY_FOUR = "2024-01-05T06:00:00Z"


@pytest.fixture
def young_sandbox() -> Iterator[Sandbox]:
    """Of 200 new games a day 50 are deleted and 50 merged, two days later or within weeks."""
    options = ("--games", "500", "--updated-per-day", "100", "--new-per-day", "200")
    with serve_sandbox("--now", MORNINGS[0], *options) as sandbox:
        yield sandbox


def write_endpoints(folder: Path, daily_requests: int) -> str:
    """Games and their details, with a budget; as fast as the sandbox answers."""
    config = load_endpoints().model_dump(by_alias=True, exclude_none=True, exclude_unset=True)
    del config["sources"]["rawg"]["requests_per_second"]
    named = {endpoint["name"]: endpoint for endpoint in config["endpoints"]}
    details = named["game_details"] | {"parents": ["games"], "daily_requests": daily_requests}
    file = folder / f"endpoints-{daily_requests}.json"
    file.write_text(json.dumps(config | {"endpoints": [named["games"], details]}))
    return str(file)


def run_day(home: Home, day: str, now: str, endpoints_file: str) -> list[dict[str, Any]]:
    home.sandbox.set_clock(now)
    ended = home.run(
        *("extractor", "run", "--all", "--run-date", day), now=now, ENDPOINTS_FILE=endpoints_file
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def read_details(home: Home, day: str) -> dict[str, Any]:
    (manifest,) = (
        m for m in home.manifests() if (m["endpoint"], m["run_date"]) == ("game_details", day)
    )
    return manifest


def read_lines(home: Home, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [(home.path / "lake" / part["key"]).read_bytes() for part in manifest["parts"]]
    bodies = [zstandard.ZstdDecompressor().decompressobj().decompress(part) for part in parts]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_games_that_are_deleted_or_merged_on_day_three_are_told_on_day_four(
    make_home: Callable[..., Home], young_sandbox: Sandbox, tmp_path: Path
) -> None:
    home = make_home(sandbox=young_sandbox)
    patient, busy = write_endpoints(tmp_path, 2), write_endpoints(tmp_path, 2_000)
    for day, morning in zip(DAYS[:3], MORNINGS, strict=True):
        *_, details = run_day(home, day, morning, patient)
        assert details["rows"] == 2
        assert "details left for the days after" in details["reasons"][0]
    waiting = {item["id"] for day in DAYS[:3] for item in read_details(home, day)["left_out"]}
    run_day(home, DAYS[3], AFTER_DAY_FOUR, busy)
    manifest = read_details(home, DAYS[3])
    told = {p["detail"]["requested_id"]: p["detail"] for p in manifest["pages"] if p["detail"]}
    removed = {game["id"]: game for game in young_sandbox.control("truth")["removed"]}
    assert removed.keys() & told.keys() == removed.keys() & waiting
    for outcome, where in (("deleted", None), ("merged", "merged_into")):
        expected = {
            key: game["merged_into"]
            for key, game in removed.items()
            if key in told and (game["merged_into"] is None) == (where is None)
        }
        found = {k: d["merged_into"] for k, d in told.items() if d["outcome"] == outcome}
        assert found == expected
        assert any(removed[key]["removed_at"] >= DAYS[2] for key in found), outcome
    # What is in the parts: one line for each game that is there, none for what is gone.
    lines = read_lines(home, manifest)
    stored = {key for key, detail in told.items() if detail["outcome"] == "stored"}
    targets = {d["merged_into"] for d in told.values() if d["merged_into"]}
    assert {line["id"] for line in lines} == stored | targets
    assert all("developers" in line and "publishers" in line for line in lines)
    assert manifest["left_out"] == []


def test_status_verify_gc_and_plan_know_details(
    make_home: Callable[..., Home], sandbox: Sandbox, tmp_path: Path
) -> None:
    home, file = make_home(), write_endpoints(tmp_path, 20)
    run_day(home, DAYS[0], MORNINGS[0], file)

    def ask(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        ended = home.run("extractor", *arguments, ENDPOINTS_FILE=file)
        lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
        return ended.returncode, lines, ended.stdout + ended.stderr

    calls = sandbox.calls()
    _, (details, _), _ = ask("status")
    left = len(read_details(home, DAYS[0])["left_out"])
    assert details["endpoint"] == "game_details"
    assert (details["state"], details["rows"]) == ("committed", 20)
    assert details["reasons"] == [f"{left} details left for the days after"]
    code, verified, _ = ask("verify")
    assert (code, {v["state"] for v in verified}) == (0, {"verified"})
    _, _, said = ask("gc")
    assert "0 parts" in said
    _, planned, said = ask("plan", "--month", "2024-02")
    assert [(line["endpoint"], line["each"]) for line in planned][1] == ("game_details", 20)
    assert "stay for backfills" in said
    assert sandbox.calls() == calls, "none of these asks the API"
    (part,) = read_details(home, DAYS[0])["parts"]
    path = home.path / "lake" / part["key"]
    path.write_bytes(path.read_bytes()[:-1])
    code, _, said = ask("verify", "--endpoint", "game_details")
    assert code == 65
    assert part["key"] in said
