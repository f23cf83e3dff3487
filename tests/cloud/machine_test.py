"""What the state machine, as applied, makes of exit codes: over stages that end as they are told.

cloud_test runs the same machine over the real stages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cloud.cloud import Cloud, Execution
from tests.cloud.conftest import ENDPOINTS
from tests.cloud.local_tasks import Fault

pytestmark = pytest.mark.timeout(3600)

# Ends with the first code that its plan has left, or with 0. Plans lie in a folder a day, a file an endpoint;
# builds and reports have no day, so theirs are for any.
STAND_IN = """#!/usr/bin/env bash
stage=$1; shift
plan=$PLANS/$stage
[ "$stage" != extractor ] || plan=$PLANS/$5/$3
code=$(head -n 1 "$plan" 2>/dev/null); code=${code:-0}
[ ! -e "$plan" ] || sed -i 1d "$plan"
[ "$code" != 137 ] || kill -9 $$
[ "$code" = 0 ] || echo "$stage: ended with $code, as it was told"
exit "$code"
"""


@dataclass
class Stages:
    """Stages that end as they are told, in a cloud."""

    cloud: Cloud
    plans: Path

    def plan(self, plans: dict[str, list[int]], day: str = "2024-02-01") -> None:
        """The codes, try by try, of each endpoint on a day; of `transformer` and `reporter` on any."""
        (self.plans / day).mkdir(exist_ok=True)
        for name, codes in plans.items():
            folder = self.plans / day if name in ENDPOINTS else self.plans
            (folder / name).write_text("".join(f"{code}\n" for code in codes))

    def run(self, input: dict[str, object], plans: dict[str, list[int]]) -> Execution:
        self.plan(plans)
        execution = self.cloud.run(**input)
        self.assert_all_were_tried()
        return execution

    def assert_all_were_tried(self) -> None:
        left = [file for file in self.plans.rglob("*") if file.is_file() and file.read_text()]
        assert left == []


@pytest.fixture(scope="module")
def module_stages(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    folder, before = tmp_path_factory.mktemp("stages"), cloud.platform
    stand_in = folder / "stage"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    (folder / "plans").mkdir()
    commands = {name: [str(stand_in), name] for name in ("extractor", "transformer", "reporter")}
    cloud.set_platform({"PLANS": str(folder / "plans")}, commands=commands)
    yield Stages(cloud, folder / "plans")
    cloud.set_platform(commands=before.commands)


@pytest.fixture
def stages(module_stages: Stages) -> Stages:
    module_stages.cloud.read_notices()
    return module_stages


DAY: dict[str, object] = {"run_date": "2024-02-01"}


@dataclass(frozen=True)
class Scenario:
    """The codes that stages end with, try by try; then how the execution ends, and of what it tells."""

    plans: dict[str, list[int]]
    ends: str
    notices: tuple[str, ...] = ()
    builds: tuple[int, ...] = (0,)
    reports: tuple[int, ...] = (0,)


SCENARIOS = {
    "all green": Scenario({}, "done"),
    "fails twice, then works": Scenario({"games": [69, 74, 0]}, "done"),
    "a defect that passes": Scenario({"genres": [70, 0]}, "done"),
    "killed by the platform": Scenario({"games": [137, 0]}, "done"),
    "stopped by the platform": Scenario({"games": [143, 0]}, "done"),
    "fails for good": Scenario({"games": [69, 69, 69]}, "NotRead", ("games 69",), (), ()),
    "killed each time": Scenario({"games": [137, 137, 137]}, "NotRead", ("games 137",), (), ()),
    "wrong setting": Scenario({"genres": [64]}, "NotRead", ("genres 64",), (), ()),
    "refused key": Scenario(
        {"games": [77], "genres": [77]}, "NotRead", ("games 77", "genres 77"), (), ()
    ),
    "spent quota": Scenario(
        {"games_top": [75], "game_details": [75]}, "warning", ("games_top 75", "game_details 75")
    ),
    "a day that is not whole": Scenario({"games": [65]}, "NotWhole", ("games 65",)),
    "not whole and stopped": Scenario(
        {"games": [65], "genres": [75]}, "NotWhole", ("games 65", "genres 75")
    ),
}

BUILDS = {
    "a data test": Scenario({"transformer": [65]}, "NotBuilt", ("marts 65",), (65,), ()),
    "a warehouse that comes back": Scenario({"transformer": [69, 0]}, "done", (), (69, 0)),
    "a report that comes": Scenario({"reporter": [74, 0]}, "done", (), (0,), (74, 0)),
    "a report that lacks answers": Scenario(
        {"reporter": [65]}, "warning", ("report 65",), (0,), (65,)
    ),
    "a warehouse that stays away": Scenario(
        {"transformer": [69, 69, 69]}, "NotBuilt", ("marts 69",), (69, 69, 69), ()
    ),
}


@pytest.fixture(scope="module")
def ended(module_stages: Stages) -> dict[str, tuple[Execution, list[str]]]:
    """All scenarios of endpoints, at once, a day each; with the subjects of the day's notices."""
    cloud = module_stages.cloud
    cloud.read_notices()
    for name, scenario in SCENARIOS.items():
        module_stages.plan(scenario.plans, day_of(name))
    started = {name: cloud.start(run_date=day_of(name)) for name in SCENARIOS}
    executions = {name: cloud.wait_for(execution) for name, execution in started.items()}
    module_stages.assert_all_were_tried()
    subjects = [notice["Subject"] for notice in cloud.read_notices()]
    return {
        name: (execution, [subject for subject in subjects if day_of(name) in subject])
        for name, execution in executions.items()
    }


def day_of(name: str) -> str:
    return f"2023-02-{list(SCENARIOS).index(name) + 1:02}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_becomes_of_an_endpoints_exit_codes(
    ended: dict[str, tuple[Execution, list[str]]], name: str
) -> None:
    assert_ended(SCENARIOS[name], *ended[name], day_of(name))


@pytest.mark.parametrize("name", BUILDS)
def test_what_becomes_of_a_builds_exit_codes(stages: Stages, name: str) -> None:
    execution = stages.run(DAY, BUILDS[name].plans)
    subjects = [notice["Subject"] for notice in stages.cloud.read_notices()]
    assert_ended(BUILDS[name], execution, subjects, "2024-02-01")


def assert_ended(wanted: Scenario, execution: Execution, subjects: list[str], day: str) -> None:
    assert (execution.output.get("outcome") or execution.error) == wanted.ends
    assert execution.status == ("SUCCEEDED" if execution.output else "FAILED")
    tried = {endpoint: execution.exit_codes(endpoint) for endpoint in ENDPOINTS}
    assert tried == {endpoint: wanted.plans.get(endpoint, [0]) for endpoint in ENDPOINTS}
    assert tuple(execution.builds) == wanted.builds
    assert tuple(execution.reports) == wanted.reports
    assert subjects == [f"game-market-dev: {describe(told, day)}" for told in wanted.notices]


def describe(told: str, day: str) -> str:
    what, code = told.split()
    of_day = "" if what in ("marts", "report") else f" --run-date {day}"
    return f"{what}{of_day} ended with {code}"


def test_a_notice_says_what_the_stage_said_and_where_its_log_is(stages: Stages) -> None:
    stages.run(DAY, {"games": [77]})
    [notice] = stages.cloud.read_notices()
    first, _, said, _, link, execution, advice = notice["Message"].split("\n")
    assert first == "games --run-date 2024-02-01 ended with exit code 77, try 1 of 3."
    assert said == "extractor: ended with 77, as it was told"
    assert link.startswith(
        "Log: https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#"
    )
    assert "log-group/$252Fgame-market-dev$252Fextractor/log-events/extractor/extractor/" in link
    assert execution.startswith("Execution: ")
    assert advice == "What to do: docs/operations.md"


def test_a_task_that_never_starts_is_tried_again_and_told_of_in_the_platforms_words(
    stages: Stages,
) -> None:
    words = "CannotPullContainerError: no such image"
    stages.cloud.set_platform(
        faults=(Fault("never", ("--endpoint", "games"), 3, cannot_start=words),)
    )
    execution = stages.cloud.run(**DAY)
    stages.cloud.set_platform()
    assert (execution.error, execution.exit_codes("games")) == ("NotRead", [None] * 3)
    [notice] = stages.cloud.read_notices()
    assert notice["Subject"].endswith("games --run-date 2024-02-01 ended with 69")
    assert words in notice["Message"]


def test_a_task_that_ecs_refuses_is_tried_again_and_told_of_in_its_words(stages: Stages) -> None:
    words = "Capacity is unavailable at this time"
    stages.cloud.set_platform(faults=(Fault("no", ("--endpoint", "games"), 3, is_refused=words),))
    execution = stages.cloud.run(**DAY)
    stages.cloud.set_platform()
    assert (execution.error, execution.builds) == ("NotRead", [])
    [notice] = stages.cloud.read_notices()
    assert notice["Subject"].endswith("games --run-date 2024-02-01 ended with 69")
    assert words in notice["Message"]


def test_the_scheduler_names_its_time_and_days_before_are_caught_up_with(stages: Stages) -> None:
    execution = stages.run({"scheduled_time": "2024-03-01T06:00:00Z"}, {})
    asked = ("--day-before", "2024-03-01T06:00:00Z", "--catch-up", "14")
    assert [task.arguments for task in execution.tasks] == [
        *(("run", "--endpoint", endpoint, *asked) for endpoint in ENDPOINTS),
        ("build", "--target", "dev"),
        ("build", "--publish", "--target", "dev"),
    ]


def test_a_backfill_goes_on_after_a_day_that_fails_and_builds_nothing_then(stages: Stages) -> None:
    days = ["2024-02-01", "2024-02-02", "2024-02-03"]
    stages.plan({"games": [64]}, days[1])
    execution = stages.run({"run_dates": days}, {})
    asked = [(task.arguments[4], task.endpoint) for task in execution.tasks]
    assert asked == [(day, endpoint) for day in days for endpoint in ENDPOINTS]
    assert (execution.error, execution.builds) == ("NotRead", [])


def test_an_input_without_a_day_is_refused(cloud: Cloud) -> None:
    execution = cloud.run(day="2024-01-01")
    assert (execution.status, execution.error, execution.tasks) == ("FAILED", "NoDay", ())
