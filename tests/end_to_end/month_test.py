"""A month of every endpoint, day by day, within the month's requests, killed twice a day on the way.

The endpoints are those of config/endpoints.json, but for 200 details a day instead of 500: less than
300 updated games a day bring, so that work is always waiting. Most kills are the run's death at the
lake's boundary in this process (`KillingLake`); on three days they are `kill -9` of its process.
"""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest

from extractor.api.ledger import Ledger
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.plan import Planner
from extractor.run_endpoints import run_endpoints
from extractor.workers.worker_pool import count_workers
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.errors import ExitCode, worst_exit_code
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    CheckpointKey,
    Partition,
    QueryKey,
    inflight_prefix,
)
from gamemarket.manifest import Manifest, read_current_manifest
from gamemarket.run_dates import Clock, days_between
from tests.chaos.judgement import Judgement
from tests.chaos.kill_points import ANY, KilledError, KillingLake, KillPoint
from tests.end_to_end.conftest import KEY, Home, Sandbox, kill, serve_sandbox, wait_until
from tests.inflight_keys import parse_inflight_key

DAILY_REQUESTS = 200
FIRST, LAST = date(2024, 1, 1), date(2024, 1, 30)
KILLED_AS_PROCESSES = {date(2024, 1, n) for n in (2, 11, 25)}
DETAILS = "game_details"
A_DAY = timedelta(days=1)


def write_endpoints(folder: Path) -> Path:
    """A copy of config/endpoints.json with a smaller budget, and without a limit of its pace."""
    config = load_endpoints().model_dump(by_alias=True, exclude_none=True, exclude_unset=True)
    del config["sources"]["rawg"]["requests_per_second"]
    (details,) = (e for e in config["endpoints"] if e["name"] == DETAILS)
    details["daily_requests"] = DAILY_REQUESTS
    file = folder / "endpoints.json"
    file.write_text(json.dumps(config))
    return file


def morning_after(day: date) -> datetime:
    return datetime.combine(day + A_DAY, time(6), UTC)


@dataclass
class Month:
    """The days, as they are run, and what the lists and the sandbox's log say is waiting."""

    home: Home
    endpoints_file: Path
    config: Endpoints
    lake: FolderLake
    dice: Random
    kills: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    held: dict[int, str] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    arrived: int = 0
    answered: int = 0
    left_out: set[int] = field(default_factory=set)

    def run_day(self, day: date) -> None:
        """Two runs that die, and one that ends; then the books are compared."""
        sandbox = self.home.sandbox
        sandbox.set_clock(morning_after(day).isoformat())
        sandbox.control("calls/reset", {})
        kills_before = self.kills
        die = self._kill_process if day in KILLED_AS_PROCESSES else self._kill_in_process
        asked_until_kill: list[tuple[set[int], Counter[int]]] = []
        for _ in range(2):
            die(day)
            asked_until_kill.append((self._find_stored(day), self._count_details()))
        assert self._run(self.lake, day) == ExitCode.DONE
        asked = self._count_details()
        for stored, before in asked_until_kill:
            assert [i for i in stored if asked[i] != before[i]] == [], "stored, and asked again"
        in_flight = (self.kills - kills_before) * count_workers(
            self.config.sources["rawg"].concurrency
        )
        self._compare_with_budget(day, in_flight)
        self._keep_the_books(day, asked, in_flight)

    def _run(self, lake: Lake, day: date) -> ExitCode:
        config, clock = self.config, Clock(morning_after(day))
        work = choose_work(config.endpoints, [day], ReadOptions(), parents_of=config.parents_of)
        summaries = run_endpoints(lake, config.sources, work, clock)
        return worst_exit_code(summary.exit_code for summary in summaries)

    def _kill_in_process(self, day: date) -> None:
        point = KillPoint(ANY, self.dice.randrange(1, 100), self.dice.random() < 0.5)
        killing = KillingLake(self.lake, point)
        with suppress(KilledError):
            self._run(killing, day)
        self.kills += killing.killed

    def _kill_process(self, day: date) -> None:
        enough = len(self._find_stored(day)) + 10
        process = self.home.start(
            *("extractor", "run", "--all", "--run-date", str(day)),
            now=morning_after(day).isoformat(),
            ENDPOINTS_FILE=str(self.endpoints_file),
        )
        wait_until(lambda: len(self._find_stored(day)) >= enough, seconds=60)
        assert kill(process) == -signal.SIGKILL
        self.kills += 1

    def _find_stored(self, day: date) -> set[int]:
        """The ids whose first answers are checkpoints of the open partition."""
        partition = Partition(source="rawg", endpoint=DETAILS, run_date=day)
        keys = [parse_inflight_key(o.key) for o in self.lake.list(inflight_prefix(partition))]
        requested = {
            key.reading: json.loads(self.lake.get(key))["requested"]
            for key in keys
            if isinstance(key, QueryKey)
        }
        pages = [key for key in keys if type(key) is CheckpointKey]
        return {requested[key.reading][key.page - 1]["id"] for key in pages}

    def _count_details(self) -> Counter[int]:
        """How often each id was asked for today."""
        calls = self.home.sandbox.calls()
        found = ((re.fullmatch(r"/api/games/(\d+)", asked), n) for asked, n in calls.items())
        return Counter({int(match[1]): n for match, n in found if match})

    def _compare_with_budget(self, day: date, in_flight: int) -> None:
        calls = self.home.sandbox.calls()
        details = sum(n for asked, n in calls.items() if asked.startswith("/api/games/"))
        assert details <= DAILY_REQUESTS + in_flight
        if self._read_manifest(DETAILS, day).left_out:
            assert details >= 0.9 * DAILY_REQUESTS
        for asked, n in calls.items():
            self.calls[_kind_of(asked)] += n

    def _keep_the_books(self, day: date, asked: Counter[int], in_flight: int) -> None:
        """Arrivals by the lists' rows, departures by the sandbox's log."""
        assert sum(asked.values()) - len(asked) <= in_flight
        for key, updated in self._read_named(day).items():
            if updated > self.held.get(key, ""):
                self.arrived += key not in self.waiting
                self.waiting[key] = updated
        assert asked.keys() <= self.waiting.keys(), "held, and asked again"
        for key in asked:
            self.held[key] = self.waiting.pop(key)
        self._follow_manifest(self._read_manifest(DETAILS, day))
        assert self.arrived - len(self.waiting) == self.answered
        assert self.left_out == self.waiting.keys()

    def _read_named(self, day: date) -> dict[int, str]:
        named: dict[int, str] = {}
        for endpoint in ("games", "games_top"):
            for line in Judgement.of(self.lake, endpoint, day).lines:
                for row in json.loads(line)["results"]:
                    named[row["id"]] = max(named.get(row["id"], ""), row["updated"])
        return named

    def _read_manifest(self, endpoint: str, day: date) -> Manifest:
        partition = Partition(source="rawg", endpoint=endpoint, run_date=day)
        manifest = read_current_manifest(self.lake, partition)
        assert manifest, partition
        return manifest

    def _follow_manifest(self, manifest: Manifest) -> None:
        """The same, told by what the lake holds."""
        told = [page.detail for page in manifest.pages if page.detail and page.detail.outcome]
        self.answered += len(told)
        self.left_out |= {item.id for item in manifest.left_out}
        self.left_out -= {detail.requested_id for detail in told}


def _kind_of(asked: str) -> str:
    path, _, query = asked.partition("?")
    if path.startswith("/api/games/"):
        return DETAILS
    if path == "/api/games":
        return "games" if "updated=" in query else "games_top"
    return "others"


@pytest.fixture
def busy_sandbox() -> Iterator[Sandbox]:
    with serve_sandbox("--now", "2024-01-02T06:00:00Z", "--updated-per-day", "300") as sandbox:
        yield sandbox


def test_a_month_keeps_to_its_budget_and_loses_nothing_whatever_is_killed(
    busy_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAWG_API_KEY", KEY)
    monkeypatch.setenv("RAWG_BASE_URL", busy_sandbox.url)
    monkeypatch.setattr(
        "extractor.workers.worker_pool.StopRequest.on_signals", lambda stop: nullcontext()
    )
    # A killed process loses nothing that it gave to the kernel; only a power cut would.
    monkeypatch.setattr("gamemarket.folder_lake.os.fsync", lambda descriptor: None)
    home = Home(tmp_path / "home", busy_sandbox)
    file = write_endpoints(tmp_path)
    month = Month(home, file, load_endpoints(file), FolderLake.open(home.path / "lake"), Random(6))
    source = month.config.sources["rawg"]
    busy_sandbox.control("quota", {"limit": source.monthly_requests})
    days = list(days_between(FIRST, LAST))
    planned = Planner(month.lake, source, Clock(datetime(2023, 12, 31, 6, tzinfo=UTC))).plan(
        choose_work(month.config.endpoints, days, ReadOptions())
    )
    for day in days:
        month.run_day(day)
    print(f"{month.kills} kills, {month.calls}, {month.arrived} wanted, {len(month.waiting)} wait")
    assert month.kills >= 50
    assert len(month.waiting) > DAILY_REQUESTS  # there was work waiting, and more than a day's
    for endpoint in ("games", "games_top", DETAILS):
        assert all(month._read_manifest(endpoint, day).complete for day in days)
    spent = busy_sandbox.control("quota")["used"]
    assert spent == month.calls.total()
    booked = Ledger(month.lake, "rawg", FIRST).count_requests()
    assert spent <= booked <= (source.monthly_requests or 0)
    in_flight = month.kills * count_workers(source.concurrency)
    assert spent <= sum(line.requests for line in planned) + in_flight
    verified = home.run("extractor", "verify", ENDPOINTS_FILE=str(file))
    assert verified.returncode == 0, verified.stderr
