"""The pipeline in containers, over a real S3 server and a real Postgres, whole and while parts of it die."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from stack.cli import main
from tests.end_to_end.conftest import Home
from tests.nightly import NIGHTLY, choose_count
from tests.stack.conftest import KEY, NOW, Stack, kill_container, pause_container, wait_until
from tests.stack.marts import find_half_filled, read_marts

TEN_DAYS: Final = [f"2024-01-{day:02}" for day in range(2, 12)]
DAYS: Final = TEN_DAYS if NIGHTLY else TEN_DAYS[:2]
pytestmark = pytest.mark.timeout(2400)  # ten days on a slow machine, beside other tests

# All is observed on one day, of a catalogue in which no value is out of range; games that critics
# know have been edited since these days, and are in no list of them.
EMPTY_MARTS: Final = {
    "market_critics_and_players",
    "market_platform_changes",
    "market_rising_games",
    "market_release_date_changes",
    "rejected_values",
}


def find_partition(stack: Stack, day: str) -> dict[str, Any]:
    """What the extractor says of the games of a day."""
    status = stack.run_stage(
        "extractor", "status", "--endpoint", "games", "--from", day, "--to", day
    )
    [partition] = status
    return partition


def find_games(stack: Stack, day: str) -> list[int]:
    """The ids that a perfect reader would have found."""
    ids: list[int] = stack.sandbox.control(f"truth?endpoint=games&updated={day},{day}")["ids"]
    return ids


def assert_games_are_served(stack: Stack, day: str) -> None:
    games = find_games(stack, day)
    assert games
    known = "select count(*) from marts.dim_games where game_id = any(%s)"
    assert stack.ask_marts(known, games) == [(len(games),)]


def read_partitions(stack: Stack, days: list[str]) -> list[dict[str, Any]]:
    """What the extractor says of all endpoints on these days."""
    return stack.run_stage("extractor", "status", "--from", days[0], "--to", days[-1])


def is_idle(stack: Stack) -> bool:
    """Whether no run is executed, or waits to be."""
    active = {"QUEUED", "STARTING", "STARTED", "CANCELING"}
    return not any(run.status in active for run in stack.dagster.read_latest_runs())


@pytest.fixture(scope="session")
def first_run(stack: Stack) -> str:
    """The id of a run of the first day, which has ended well. Days take most of the time here: each is run
    for as many tests as can look at it.
    """
    run_id = stack.dagster.launch_run(DAYS[0], {})
    assert stack.wait_for_run(run_id) == "SUCCESS"
    return run_id


def test_a_day_comes_to_the_reporter(stack: Stack, first_run: str) -> None:
    assert stack.dagster.read_run(first_run) == "SUCCESS"
    partitions = read_partitions(stack, DAYS[:1])
    assert {partition["state"] for partition in partitions} == {"committed"}
    assert stack.count_calls() == sum(partition["requests"] for partition in partitions)
    assert_games_are_served(stack, DAYS[0])


def test_the_days_report_is_served(stack: Stack) -> None:
    with urlopen(f"http://127.0.0.1:{stack.variables['REPORT_PORT']}/", timeout=60) as answer:
        page = answer.read().decode()
    assert "How much of the market do we see" in page
    assert "No marts of target" not in page


def test_dagster_opens_fewer_connections_than_it_writes_events(
    stack: Stack, first_run: str
) -> None:
    with psycopg.connect(stack.postgres_url("dagster", "dagster")) as db:
        [(events,)] = db.execute("select count(*) from event_logs").fetchall()
        opened = db.execute("select sessions from pg_stat_database where datname = 'dagster'")
        assert opened.fetchall()[0][0] < events / 2


def test_no_stage_leaves_its_container_behind(stack: Stack, first_run: str) -> None:
    wait_until(lambda: not stack.find_containers("transformer", "-a"), 30)
    assert stack.find_containers("extractor", "-a") == []


def test_starting_what_runs_starts_nothing_anew(stack: Stack) -> None:
    before = stack.find_started()
    assert main(["start"], stack.engine.folder) == 0
    assert stack.find_started() == before


def test_status_tells_of_the_day_that_was_run(
    stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"], stack.engine.folder) == 0
    said = capfd.readouterr().out
    assert "success   daily_game_market_update 2024-01-02" in said
    assert "GB free of" in said


def test_compose_by_hand_finds_the_stack_that_start_made(stack: Stack) -> None:
    before = stack.find_started()
    made = stack.find_made()
    # As typed in another terminal: nothing but what a user has anyway.
    own = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "DOCKER_CONFIG", "DOCKER_HOST")
        if name in os.environ
    }
    by_hand = replace(stack.engine, environment=own)
    assert by_hand.run("up", "-d") == 0
    assert stack.find_made() == made
    assert stack.find_started() == before
    assert by_hand.run("restart", "webserver") == 0
    wait_until(stack.dagster.is_healthy, 120)


def test_a_key_after_the_sandbox_is_refused_and_the_stack_stays(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = stack.find_started()
    monkeypatch.setenv("RAWG_API_KEY", "a-key")
    assert main(["start"], stack.engine.folder) == 64
    assert "holds data of sandbox, and .env now asks for api.rawg.io" in capfd.readouterr().err
    assert stack.find_started() == before


def test_the_stages_reach_the_lakes_bucket_and_no_other(stack: Stack) -> None:
    others = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{stack.variables['S3_PORT']}",
        region_name="us-east-1",
        aws_access_key_id="stages",
        aws_secret_access_key=stack.variables["LAKE_PASSWORD"],
    )
    assert others.list_objects_v2(Bucket="game-market-lake")["KeyCount"] >= 0  # no 403
    with pytest.raises(ClientError, match="AccessDenied"):
        others.create_bucket(Bucket="another")
    with pytest.raises(ClientError, match="AccessDenied"):
        others.delete_bucket(Bucket="game-market-lake")


def test_pruning_leaves_what_is_known_of_days(stack: Stack, first_run: str) -> None:
    assert main(["prune", "--days", "0"], stack.engine.folder) == 0
    assert stack.dagster.read_run(first_run) == "SUCCESS"
    count = "select count(*) from event_logs where run_id = %s and dagster_event_type "
    with psycopg.connect(stack.postgres_url("dagster", "dagster")) as db:
        assert db.execute(count + "is null", [first_run]).fetchall() == [(0,)]
        materialized = db.execute(count + "= 'ASSET_MATERIALIZATION'", [first_run]).fetchall()
    assert materialized[0][0] > 10


def test_a_backup_makes_the_same_stack_again(stack: Stack, first_run: str, tmp_path: Path) -> None:
    address, backup, folder = stack.postgres_url("reporter"), tmp_path / "one", stack.engine.folder
    marts, partitions = read_marts(address), read_partitions(stack, DAYS[:1])
    assert main(["backup", str(backup)], folder) == 0
    assert main(["restore", "--yes", str(backup)], folder) == 0  # all data are removed first
    assert read_marts(address) == marts
    assert read_partitions(stack, DAYS[:1]) == partitions
    assert stack.engine.run("run", "--rm", "extractor", "verify") == 0
    assert stack.dagster.read_run(first_run) == "SUCCESS"


def test_a_backfill_spends_what_its_pages_cost_and_nothing_for_a_day_that_is_there(
    stack: Stack, first_run: str, request: pytest.FixtureRequest
) -> None:
    """By the stack that was made of a backup: it goes on from there."""
    choose_count(request, "days", len(TEN_DAYS), len(DAYS))  # its report says what is left out
    before = stack.count_calls()
    backfill_id = stack.launch_backfill_when_served(DAYS)

    def is_over() -> bool:
        assert find_half_filled(stack.postgres_url("reporter")) == []
        return stack.dagster.read_backfill(backfill_id).is_over

    wait_until(is_over, 1800, every=1)
    assert stack.dagster.read_backfill(backfill_id).days == dict.fromkeys(DAYS, "SUCCESS")
    # Its first day was there: all calls are the other days' pages, each asked for once, and the
    # two ends of a list once again.
    new = read_partitions(stack, DAYS[1:])
    assert stack.count_calls() - before == sum(partition["requests"] for partition in new)
    assert all(0 <= p["requests"] - p["pages"] <= 2 for p in read_partitions(stack, DAYS))


def test_the_containers_made_the_marts_that_the_embedded_mode_makes(
    stack: Stack, tmp_path: Path
) -> None:
    with psycopg.connect(stack.postgres_url("postgres"), autocommit=True) as db:
        db.execute("create database embedded owner marts")
    home = Home(tmp_path, stack.sandbox)
    days = ("--from", DAYS[0], "--to", DAYS[-1])
    address = stack.postgres_url("marts", "embedded")
    changes = {"RAWG_API_KEY": KEY, "MARTS_POSTGRES_URL": address}
    ended = home.run("orchestrator", "backfill", *days, now=NOW, **changes)
    assert ended.returncode == 0, ended.stderr
    embedded, ours = read_marts(address), read_marts(stack.postgres_url("reporter"))
    assert [mart for mart in embedded if ours.get(mart) != embedded[mart]] == []
    assert ours.keys() == embedded.keys()
    assert {mart for mart, rows in ours.items() if not rows} <= EMPTY_MARTS


def test_an_extractor_that_is_killed_and_a_store_that_restarts_cost_no_partition(
    stack: Stack,
) -> None:
    day = "2024-01-12"
    run_id = stack.dagster.launch_run(day, {})
    killed = stack.wait_for_container("extractor")
    kill_container(killed)
    # Its endpoint is tried again in a minute, the others are read meanwhile.
    wait_until(lambda: bool({*stack.find_containers("extractor")} - {killed}), 300)
    assert stack.engine.run("restart", "store") == 0
    assert stack.wait_for_run(run_id) == "SUCCESS"
    assert {partition["state"] for partition in read_partitions(stack, [day])} == {"committed"}


def test_a_day_that_a_killed_code_location_loses_is_run_again_by_itself(stack: Stack) -> None:
    day = "2024-01-14"
    before = stack.count_calls()
    backfill_id = stack.dagster.launch_backfill([day])
    details = stack.wait_for_container("extractor", "--filter", "name=raw_game_details")
    begun = stack.count_calls()
    wait_until(lambda: stack.count_calls() > begun + 40, 60)
    pause_container(details)  # so that it can't end by itself
    stack.kill_code_location()
    ended_well = {day: "SUCCESS"}
    wait_until(lambda: stack.dagster.read_backfill(backfill_id).days == ended_well, 900, every=1)
    assert not stack.is_there(details)
    partitions = read_partitions(stack, [day])
    assert {partition["state"] for partition in partitions} == {"committed"}
    # The extractor was told to stop, and stored what it had asked for: no page was asked for twice.
    assert stack.count_calls() - before <= sum(partition["pages"] + 2 for partition in partitions)


def test_a_day_that_loses_postgres_for_ten_seconds_ends_and_comes_to_the_reporter(
    stack: Stack,
) -> None:
    day = "2024-01-15"
    run_id = stack.dagster.launch_run(day, {})
    stack.wait_for_container("extractor")
    assert stack.engine.run("stop", "postgres") == 0
    time.sleep(10)
    assert stack.engine.run("start", "postgres") == 0
    wait_until(stack.dagster.is_healthy, 120)
    # Dagster gives up a run that it can't write of; the day is then run again, by Dagster itself where it
    # took the run's process for lost.
    if stack.wait_for_run(run_id, 600) != "SUCCESS":
        assert stack.wait_for_run(stack.dagster.launch_run(day, {})) == "SUCCESS"
        wait_until(lambda: is_idle(stack), 600, every=1)
    assert find_partition(stack, day)["state"] == "committed"
    assert_games_are_served(stack, day)


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example:3000"}]
)
def test_a_page_of_another_origin_is_refused(stack: Stack, headers: dict[str, str]) -> None:
    query = b'{"query": "{ version }"}'
    headers |= {"Content-Type": "application/json"}
    url = f"http://127.0.0.1:{stack.variables['DAGSTER_PORT']}/graphql"
    with pytest.raises(HTTPError, match="403"):
        urlopen(Request(url, query, headers), timeout=30)
