from __future__ import annotations

import argparse
import io
import re
from dataclasses import dataclass, field
from typing import cast

import pytest

import stack.cli
import stack.dagster_api
from stack.cli import backfill, clean, describe, down, report, watch
from stack.dagster_api import Backfill, Dagster
from stack.days import find_newest_day
from stack.engine import Engine
from stack.errors import SettingError, StackError


@dataclass
class FakeEngine:
    """Remembers what compose was asked to do."""

    project: str = "game-market"
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, *arguments: str) -> int:
        self.ran.append(arguments)
        return 0

    def remove_stages(self) -> None:
        """There are none."""


@dataclass
class FakeDagster:
    """Shows one state of a backfill after the other; None: it does not answer."""

    states: list[Backfill | None]

    def read_backfill(self, _id: str, _known: Backfill | None = None) -> Backfill:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise StackError("Dagster does not answer")
        return state


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack.cli, "sleep", lambda _seconds: None)
    monkeypatch.setattr(stack.dagster_api, "sleep", lambda _seconds: None)


def do_clean(engine: FakeEngine, *, yes: bool = False) -> int:
    return clean(cast(Engine, engine), {}, argparse.Namespace(yes=yes))


@pytest.mark.parametrize("answer", ["no\n", "y\n", "\n"])
def test_clean_removes_nothing_without_a_yes(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    engine = FakeEngine()
    assert do_clean(engine) == 0
    assert engine.ran == []
    assert "Nothing was removed." in capsys.readouterr().out


def test_clean_without_anybody_to_ask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    engine = FakeEngine()
    with pytest.raises(SettingError, match="YES=1") as refused:
        do_clean(engine)
    assert refused.value.exit_code == 64
    assert engine.ran == []


@pytest.mark.parametrize(("answer", "yes"), [("yes\n", False), ("", True)])
def test_clean_removes_the_volumes_after_a_yes(
    answer: str, yes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    engine = FakeEngine()
    assert do_clean(engine, yes=yes) == 0
    [removal] = [words for words in engine.ran if "down" in words]
    assert "--volumes" in removal


def test_down_keeps_the_volumes_and_stops_the_sandbox_too() -> None:
    engine = FakeEngine()
    assert down(cast(Engine, engine), {}, argparse.Namespace()) == 0
    [words] = [words for words in engine.ran if "down" in words]
    assert words[words.index("--profile") + 1] == "sandbox"
    assert "--volumes" not in words


def watch_states(*states: Backfill | None) -> Backfill:
    return watch(cast(Dagster, FakeDagster(list(states))), "an-id")


def test_a_backfill_that_half_fails_names_the_days_and_ends_with_65(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two = "2024-01-01", "2024-01-02"
    ended = watch_states(
        Backfill("REQUESTED", {}),
        Backfill("REQUESTED", {one: "STARTED"}),
        Backfill("REQUESTED", {one: "SUCCESS", two: "STARTED"}),
        Backfill("COMPLETED_FAILED", {one: "SUCCESS", two: "FAILURE"}),
    )
    assert report(ended, [one, two]) == 65
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        f"  {one} started",
        f"  {one} success",
        f"  {two} started",
        f"  {two} failure",
    ]
    assert lines[4] == "1 of 2 days succeeded."
    assert lines[5].startswith(f"Not: {two}.")


def test_a_day_that_never_got_a_run_did_not_succeed() -> None:
    assert report(Backfill("CANCELED", {"2024-01-01": "SUCCESS"}), ["2024-01-01"]) == 0
    assert report(Backfill("CANCELED", {}), ["2024-01-01"]) == 65


def test_a_watch_goes_on_after_answers_that_failed() -> None:
    done = Backfill("COMPLETED_SUCCESS", {})
    assert watch_states(Backfill("REQUESTED", {}), None, None, done) == done


def test_a_watch_ends_when_there_is_no_answer_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 1000, 20))
    monkeypatch.setattr(stack.dagster_api, "monotonic", lambda: next(seconds))
    with pytest.raises(StackError, match="does not answer"):
        watch_states(None)
    assert next(seconds) >= stack.dagster_api.PATIENCE_SECONDS


AT_SIX = {"GAME_MARKET_NOW": "2024-01-16T06:00:00Z"}


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("", "", "make backfill FROM=2024-01-15 TO=2024-01-15"),
        ("2024-01-02", "", "make backfill FROM=2024-01-15 TO=2024-01-15"),
        ("2024-01-02", "2024-01-01", "2024-01-02 to 2024-01-01"),
        ("2024-01-14", "2024-01-16", "2024-01-16 can't be run yet: the newest day is 2024-01-15"),
        ("2019-12-31", "2024-01-02", "Days begin with 2020-01-01, 2019-12-31 is before it"),
        ("yesterday", "2024-01-02", "'yesterday' is no day: give it as YYYY-MM-DD"),
    ],
)
def test_a_range_that_can_not_be_run_is_refused(first: str, last: str, says: str) -> None:
    days = argparse.Namespace(first=first, last=last)
    with pytest.raises(StackError, match=re.escape(says)) as refused:
        backfill(cast(Engine, FakeEngine()), AT_SIX, days)
    assert refused.value.exit_code == 64


def test_the_newest_day_is_the_one_that_is_over_for_half_an_hour() -> None:
    for now, newest in {
        "2024-01-16T00:29:59Z": "2024-01-14",
        "2024-01-16T00:30:00Z": "2024-01-15",
        "2024-01-16 02:15+02:00": "2024-01-14",
        "2024-01-16T06:00:00": "2024-01-15",  # without a zone it is UTC
    }.items():
        assert str(find_newest_day({"GAME_MARKET_NOW": now})) == newest


def test_what_start_says_leads_to_the_first_day() -> None:
    said = describe(AT_SIX | {"DAGSTER_PORT": "3001"})
    assert "make backfill FROM=2024-01-15 TO=2024-01-15" in said
    assert "http://127.0.0.1:3001/locations/game_market/jobs/daily_game_market_update" in said
