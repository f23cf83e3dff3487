from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from demo.cli import choose_scenario
from demo.executables import Executables
from demo.sandbox_process import Sandbox
from demo.scenarios import (
    build_recorded_endpoints,
    build_sandbox_endpoints,
    count_requests_at_most,
)
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.settings import load_settings

EXECUTABLES = Executables(("orchestrator",), ("transformer",), ("sandbox",))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RAWG_API_KEY", "ENDPOINTS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAME_MARKET_NOW", "2024-03-05T06:00:00Z")
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path))


def test_without_a_key_the_sandbox_is_read_and_said_so(tmp_path: Path) -> None:
    scenario = choose_scenario(load_settings(), EXECUTABLES, None)
    assert scenario.home == tmp_path / "demo-sandbox"
    assert scenario.sandbox_command[0] == "sandbox"
    assert "No RAWG_API_KEY is set" in scenario.intro
    assert len(scenario.run_dates) == 2
    assert load_endpoints(scenario.endpoints_file) == build_sandbox_endpoints(load_endpoints())


def test_with_a_key_rawg_is_read_and_its_requests_are_said_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAWG_API_KEY", "canary")
    scenario = choose_scenario(load_settings(), EXECUTABLES, None)
    assert scenario.home == tmp_path / "demo-rawg"
    assert scenario.run_dates == (date(2024, 3, 3), date(2024, 3, 4))
    assert not scenario.sandbox_command
    # two days of games and their details, and once the others: three pages or items each
    endpoints = load_endpoints().endpoints
    assert f"spends about {count_requests_at_most(endpoints, 2, 3)} requests" in scenario.intro
    assert "canary" not in scenario.intro


def test_recordings_come_before_a_key_and_have_endpoints_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAWG_API_KEY", "canary")
    scenario = choose_scenario(load_settings(), EXECUTABLES, tmp_path)
    assert scenario.home == tmp_path / "demo-recorded"
    assert scenario.sandbox_command[-2:] == ("--recorded", str(tmp_path))
    games = load_endpoints(scenario.endpoints_file).endpoint("games")
    assert (games.kind, games.params) == ("snapshot", {})


def test_the_endpoints_for_recordings_differ_only_where_they_must() -> None:
    packed = load_endpoints()
    recorded = build_recorded_endpoints(packed)
    assert Endpoints.model_validate(recorded.model_dump(exclude_none=True))
    assert [e.path for e in recorded.endpoints] == [e.path for e in packed.endpoints]
    assert recorded.endpoint("tags").page_limit == packed.endpoint("tags").page_limit


def test_the_sandbox_is_asked_for_less_than_a_real_day_and_without_pauses() -> None:
    packed = load_endpoints()
    small = build_sandbox_endpoints(packed)
    assert [e.name for e in small.endpoints] == [e.name for e in packed.endpoints]
    assert small.sources["rawg"].requests_per_second is None
    limited = {(e.name, e.page_limit, e.daily_requests) for e in small.endpoints}
    assert {("games_top", 5, None), ("game_details", None, 100)} <= limited
    assert small.endpoint("games") == packed.endpoint("games")


def test_of_recordings_only_those_details_are_asked_for_that_are_there() -> None:
    recorded = build_recorded_endpoints(load_endpoints())
    details = recorded.endpoint("game_details")
    (named_by,) = recorded.parents_of(details)
    assert named_by.params == {"recorded_details": "only"}


def test_a_page_limit_bounds_the_requests_of_every_endpoint() -> None:
    endpoints = load_endpoints().endpoints
    games, platforms = (
        next(e for e in endpoints if e.name == name) for name in ("games", "platforms")
    )
    assert count_requests_at_most([games], 5, 1) == 5 * (1 + 2)
    assert count_requests_at_most([platforms], 5, 3) == 3
    top, details = (next(e for e in endpoints if e.kind == kind) for kind in ("top", "detail"))
    assert count_requests_at_most([top], 5, 3) == 3
    assert count_requests_at_most([details], 5, 3) == 5 * 2 * 3
    assert count_requests_at_most([details], 1, 10_000) == details.daily_requests


def test_the_stages_get_the_sandbox_its_clock_and_places_of_their_own() -> None:
    scenario = choose_scenario(load_settings(), EXECUTABLES, None)
    sandbox = Sandbox("http://127.0.0.1:1/api", "sandbox")
    environment = scenario.environment(sandbox, date(2024, 1, 1))
    assert environment["RAWG_BASE_URL"] == sandbox.url
    assert environment["GAME_MARKET_NOW"] == "2024-01-02T06:00:00+00:00"
    assert environment["DATA_LAKE_BUCKET"] == environment["DUCKDB_PATH"] == ""
    assert environment["GAME_MARKET_HOME"] == str(scenario.home)
