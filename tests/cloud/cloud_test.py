"""The state machine as Terraform makes it, run over the real stages: whole, and while parts of it fail.

The tests share one lake and go on from day to day, in the order of this file.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.cloud.cloud import STATE_BUCKET, Cloud, Execution, find_image
from tests.cloud.conftest import DETAILS_A_DAY, ENDPOINTS, PINNED_IMAGES, Reference
from tests.cloud.local_tasks import Fault
from tests.cloud.state_graph import find_faults, walk_machines
from tests.end_to_end.conftest import DAY_ONE, KEY, MORNING_AFTER_ONE
from tests.end_to_end.pipeline_test import find_secret
from tests.endpoints_files import add_creators

pytestmark = pytest.mark.timeout(3600)


def read_marts(lake: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all published marts as text, in order; which run put the part of a row is left out."""
    pointer = json.loads((lake / "marts/current_dev.json").read_text())
    return {
        name: duckdb.sql(
            "select regexp_replace(columns(*)::varchar, '(gen_[0-9]+)_[0-9a-z]+(_part)', '\\1\\2')"
            f" from read_parquet({[str(lake / file['key']) for file in mart['files']]}) order by all"
        ).fetchall()
        for name, mart in pointer["models"].items()
    }


def test_the_definition_is_whole_and_has_each_endpoint_once(cloud: Cloud) -> None:
    definition = cloud.read_definition()
    assert find_faults(definition) == []
    orders = [
        state["Result"]
        for machine in walk_machines(definition)
        for name, state in machine["States"].items()
        if name == "Reading order"
    ]
    assert orders == [[{"source": "rawg", "endpoints": list(ENDPOINTS)}]]


@pytest.fixture(scope="module")
def second_plan(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """After all was applied, and the key put."""
    return cloud.root.plan()


def test_a_second_plan_finds_nothing_to_change(
    second_plan: subprocess.CompletedProcess[str],
) -> None:
    assert second_plan.returncode == 0, second_plan.stdout


def test_an_image_that_is_not_in_the_registry_ends_the_plan(cloud: Cloud) -> None:
    digests = json.loads((cloud.root.folder / PINNED_IMAGES).read_text())["image_digests"]
    digests["transformer"] = f"sha256:{'0' * 64}"
    planned = cloud.root.plan(f"-var=image_digests={json.dumps(digests)}")
    assert planned.returncode == 1, planned.stdout
    assert 'data.aws_ecr_image.this["transformer"]' in planned.stdout


def test_an_endpoint_more_changes_the_machines_list_and_nothing_else(
    cloud: Cloud, tmp_path: Path
) -> None:
    creators = json.loads(add_creators(tmp_path).read_text())["endpoints"][-1]
    listed = json.loads(cloud.endpoints_file.read_text())
    more = tmp_path / "more.json"
    more.write_text(json.dumps({**listed, "endpoints": [*listed["endpoints"], creators]}))
    planned = cloud.root.plan(f"-var=endpoints_file={more}", "-refresh=false", "-out=more")
    assert planned.returncode == 2, planned.stdout
    changes = json.loads(cloud.root.run("show", "-json", "more").stdout)["resource_changes"]
    changed = {
        one["address"]: one["change"] for one in changes if one["change"]["actions"] != ["no-op"]
    }
    assert {name: change["actions"] for name, change in changed.items()} == {
        "aws_sfn_state_machine.this[0]": ["update"]
    }
    [machine] = changed.values()
    old, new = (json.dumps(json.loads(machine[side]["definition"])) for side in ("before", "after"))
    order = json.dumps([*ENDPOINTS[:-1], "creators", ENDPOINTS[-1]])
    assert new == old.replace(json.dumps(ENDPOINTS), order)
    assert new != old


def test_a_day_reads_each_endpoint_once_lists_first_and_builds(cloud: Cloud) -> None:
    cloud.set_clock(MORNING_AFTER_ONE)
    cloud.sandbox.control("calls/reset", {})
    execution = cloud.run(run_date=DAY_ONE)
    assert (execution.status, execution.output) == ("SUCCEEDED", {"outcome": "done"}), (
        cloud.read_notices()
    )
    assert [task.endpoint for task in execution.tasks[:-2]] == list(ENDPOINTS)
    assert {task.exit_code for task in execution.tasks} == {0}
    build, report = execution.tasks[-2:]
    assert build.arguments == ("build", "--target", "dev")
    assert report.arguments == ("build", "--publish", "--target", "dev")
    assert cloud.read_notices() == []
    build_id = cloud.read_json("marts/current_dev.json")["build_id"]
    assert cloud.list_keys(f"marts/{build_id}/report") == [f"marts/{build_id}/report_001.html"]


def test_its_marts_are_those_of_the_embedded_mode(
    cloud: Cloud, reference: Reference, tmp_path: Path
) -> None:
    ours, theirs = (
        read_marts(cloud.copy_lake(tmp_path)),
        read_marts(reference.finish().path / "lake"),
    )
    assert [mart for mart in theirs if ours.get(mart) != theirs[mart]] == []
    assert ours.keys() == theirs.keys()
    assert sum(bool(rows) for rows in ours.values()) > 20


def morning_after(day: int) -> str:
    return f"2024-01-{day + 1:02}T06:00:00Z"


def assert_ended(execution: Execution, **codes: list[int | None]) -> None:
    """These endpoints ended so, try by try; each other one at once and well."""
    ended = {endpoint: execution.exit_codes(endpoint) for endpoint in ENDPOINTS}
    assert ended == {endpoint: [0] for endpoint in ENDPOINTS} | codes


def manifests_of(cloud: Cloud, endpoint: str, day: str) -> list[str]:
    return cloud.list_keys(f"manifests/rawg/{endpoint}/run_date={day}/")


def calls_of(cloud: Cloud, part: str) -> dict[str, int]:
    """How often each request was made that has `part` in it."""
    return {request: count for request, count in cloud.sandbox.calls().items() if part in request}


def no_lake(times: int) -> Fault:
    """games_top finds no bucket: 74, without waiting for anything."""
    return Fault(
        f"no-lake-{times}", ("--endpoint", "games_top"), times, {"DATA_LAKE_BUCKET": "not-there"}
    )


@pytest.fixture
def only_read(cloud: Cloud) -> Iterator[None]:
    """Builds and reports end well and do nothing: they take most of a day, and other days have real ones."""
    stages = cloud.platform.commands
    cloud.set_platform(commands={**stages, "transformer": ["true"], "reporter": ["true"]})
    yield
    cloud.set_platform(commands=stages)


@pytest.mark.usefixtures("only_read")
def test_a_scheduled_run_takes_the_day_before_and_tries_again_what_may_pass(cloud: Cloud) -> None:
    cloud.set_clock(morning_after(2))
    cloud.sandbox.control("calls/reset", {})
    no_start = Fault(
        "no-start", ("--endpoint", "games_top"), 1, cannot_start="CannotPullContainerError"
    )
    checkpoints = "inflight/rawg/game_details/"
    killed = Fault(
        "killed", ("--endpoint", "game_details"), 1, kill_below=checkpoints, kill_at_objects=8
    )
    cloud.set_platform(faults=(no_start, no_lake(1), killed))
    execution = cloud.run(scheduled_time=morning_after(2))
    assert (execution.status, execution.builds) == ("SUCCEEDED", [0])
    assert_ended(execution, games_top=[None, 74, 0], game_details=[137, 0])
    assert all(
        manifests_of(cloud, one, "2024-01-02") for one in ("games", "games_top", "game_details")
    )
    assert cloud.read_notices() == []  # what has passed is nobody's trouble
    # The killed task's pages are not asked for again: at most the 8 that were in flight.
    details = calls_of(cloud, "/games/")
    assert 30 <= len(details) <= sum(details.values()) <= len(details) + 8


def test_an_endpoint_that_fails_for_good_keeps_no_other_from_being_read(cloud: Cloud) -> None:
    cloud.set_clock(morning_after(3))
    before = cloud.read_json("marts/current_dev.json")
    cloud.set_platform(faults=(no_lake(3),))
    execution = cloud.run(run_date="2024-01-03")
    assert (execution.status, execution.error, execution.builds) == ("FAILED", "NotRead", [])
    assert_ended(execution, games_top=[74, 74, 74])
    assert len(manifests_of(cloud, "games", "2024-01-03")) == 1
    assert cloud.read_json("marts/current_dev.json") == before
    [notice] = cloud.read_notices()
    assert notice["Subject"] == "game-market-dev: games_top --run-date 2024-01-03 ended with 74"
    assert notice["Message"].startswith(
        "games_top --run-date 2024-01-03 ended with exit code 74, try 3 of 3.\n\nextractor: "
    )
    assert "no such bucket (404 NoSuchBucket)" in notice["Message"]
    stream = "log-group/$252Fgame-market-dev$252Fextractor/log-events/extractor/extractor/"
    assert stream in notice["Message"]


def test_a_refused_key_is_tried_once(cloud: Cloud) -> None:
    cloud.sandbox.control("calls/reset", {})
    cloud.put_key("another-key")
    execution = cloud.run(run_date="2024-01-03")
    cloud.put_key(KEY)
    assert (execution.status, execution.error, execution.builds) == ("FAILED", "NotRead", [])
    assert_ended(execution, games_top=[77])
    [notice] = cloud.read_notices()
    assert "Check RAWG_API_KEY" in notice["Message"]
    assert "another-key" not in json.dumps(notice)
    assert len(calls_of(cloud, "/games")) == 1


def test_a_spent_quota_is_a_warning_and_what_was_read_is_built(cloud: Cloud) -> None:
    before = cloud.read_json("marts/current_dev.json")["build_id"]
    cloud.sandbox.control("faults", [{"kind": "quota", "query": {"ordering": "-added"}}])
    execution = cloud.run(run_date="2024-01-03")
    cloud.sandbox.control("faults", [])
    assert execution.output["outcome"] == "warning"
    assert (execution.status, execution.builds) == ("SUCCEEDED", [0])
    assert_ended(execution, games_top=[75])
    assert "its quota is spent" in cloud.read_notices()[0]["Message"]
    assert cloud.read_json("marts/current_dev.json")["build_id"] > before


@pytest.mark.usefixtures("only_read")
def test_two_executions_of_one_day_at_once_end_in_one_commit(cloud: Cloud) -> None:
    cloud.sandbox.control("calls/reset", {})
    both = [cloud.start(run_date="2024-01-03"), cloud.start(run_date="2024-01-03")]
    for execution in map(cloud.wait_for, both):
        assert (execution.status, execution.output["outcome"]) == ("SUCCEEDED", "done")
    for endpoint in ("games", "games_top", "game_details"):
        assert len(manifests_of(cloud, endpoint, "2024-01-03")) == 1
    assert calls_of(cloud, "updated=") == {}  # the first of these runs had read it
    assert 1 <= max(calls_of(cloud, "ordering=-added").values()) <= 2


@pytest.mark.usefixtures("only_read")
def test_a_backfill_reads_its_days_in_order_and_builds_once(cloud: Cloud) -> None:
    days = ["2024-01-04", "2024-01-05"]  # three, of stand-ins: machine_test
    cloud.set_clock(morning_after(5))
    execution = cloud.run(run_dates=days)
    assert (execution.status, execution.builds) == ("SUCCEEDED", [0])
    asked = [(task.arguments[4], task.endpoint) for task in execution.tasks[:-2]]
    assert asked == [(day, endpoint) for day in days for endpoint in ENDPOINTS]
    assert all(len(manifests_of(cloud, "games", day)) == 1 for day in days)


def test_a_day_runs_as_containers_of_the_images_that_terraform_names(cloud: Cloud) -> None:
    if not find_image("extractor"):
        pytest.skip("no images (TEST_STACK): the machine is not run with containers")
    day = "2024-01-07"
    before = cloud.read_json("marts/current_dev.json")["build_id"]
    cloud.set_clock(morning_after(7))
    cloud.sandbox.control("calls/reset", {})
    processes = cloud.platform.commands
    none = {stage: ["false"] for stage in processes}  # as a process it would end with 1
    cloud.set_platform(commands=none, in_containers=True)
    execution = cloud.run(run_date=day)
    cloud.set_platform(commands=processes)
    assert (execution.status, execution.builds, execution.reports) == ("SUCCEEDED", [0], [0]), (
        cloud.read_notices()
    )
    assert_ended(execution)
    assert [len(manifests_of(cloud, one, day)) for one in ("games", "games_top")] == [1, 1]
    assert len(calls_of(cloud, "/games/")) == DETAILS_A_DAY
    build_id = cloud.read_json("marts/current_dev.json")["build_id"]
    assert build_id > before
    assert len(cloud.list_keys(f"marts/{build_id}/report")) == 1


def test_a_data_test_that_fails_keeps_the_marts_from_before(cloud: Cloud) -> None:
    before = cloud.read_json("marts/current_dev.json")
    cloud.set_clock(morning_after(8))
    changed = {"kind": "changed_rows", "endpoint": "games", "fields": {"added": {"users": 1}}}
    cloud.sandbox.control("faults", [changed])
    execution = cloud.run(run_date="2024-01-08")
    cloud.sandbox.control("faults", [])
    assert (execution.status, execution.error, execution.builds) == ("FAILED", "NotBuilt", [65])
    assert cloud.read_json("marts/current_dev.json") == before
    [notice] = cloud.read_notices()
    assert notice["Subject"] == "game-market-dev: marts ended with 65"
    assert "added" in notice["Message"]


def test_the_key_is_in_no_log_no_state_and_no_object(
    cloud: Cloud, second_plan: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    state = cloud.client("s3").get_object(Bucket=STATE_BUCKET, Key="aws/dev.tfstate")["Body"].read()
    assert b"rawg-api-key" in state
    assert KEY.encode() not in state
    assert KEY not in "".join(map(cloud.read_log, ("extractor", "transformer", "reporter")))
    assert KEY not in cloud.root.run("show", "-json").stdout + second_plan.stdout
    assert find_secret(cloud.copy_lake(tmp_path), KEY) == []
