"""What must hold of the workflows whatever else changes; what linters of workflows see is theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WORKFLOWS = sorted((Path.cwd() / ".github/workflows").glob("*.yml"))  # named in the BUILD file
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
JOB = re.compile(r"^  [a-z-]+:\n(?:    .*\n|\n)+", re.MULTILINE)
ROLE = re.compile(r"role-to-assume: .*:role/game-market-github-(\w+)$", re.MULTILINE)
COMMAND = re.compile(
    r"(make [a-z-]+|scripts/\w+\.sh( \w+)*( >>\"\$GITHUB_OUTPUT\")?|\.ci/run|echo .*)$"
)


@pytest.fixture(params=WORKFLOWS, ids=lambda workflow: workflow.name)
def text(request: pytest.FixtureRequest) -> str:
    workflow: Path = request.param
    return workflow.read_text()


def find_jobs(text: str) -> list[str]:
    jobs = JOB.findall(text[text.index("\njobs:") :])
    assert jobs
    return jobs


def test_there_are_workflows() -> None:
    assert WORKFLOWS


def test_every_action_is_pinned_with_its_version_beside_it(text: str) -> None:
    uses = [line for line in text.splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.search(line)] == []


def test_a_job_has_what_it_needs_and_ends_some_time(text: str) -> None:
    assert "\npermissions: {}\n" in text
    for job in find_jobs(text):
        assert re.search(r"^    permissions:\n      \w", job, re.MULTILINE), job
        assert re.search(r"^    timeout-minutes: \d+$", job, re.MULTILINE), job


def test_what_runs_is_what_runs_on_a_laptop(text: str) -> None:
    """Thin: one command a step."""
    commands = re.findall(r"^ +run: (.*)$", text, re.MULTILINE)
    assert commands
    assert [command for command in commands if not COMMAND.match(command)] == []


def test_who_deploys_waits_for_an_environments_approval(text: str) -> None:
    """GitHub gives a job's token the environment in its subject, and the role's trust asks for it."""
    for job in find_jobs(text):
        roles = set(ROLE.findall(job))
        assert (roles == {"deploy"}) == ("    environment: ${{ matrix.environment }}" in job), job
        assert ("id-token: write" in job) == bool(roles), job


def test_no_key_is_stored(text: str) -> None:
    """But Snowflake's, which knows no tokens of GitHub's."""
    secrets = set(re.findall(r"secrets\.(\w+)", text))
    assert secrets <= {"SNOWFLAKE_PRIVATE_KEY"}
    assert not re.search(r"aws-(access-key-id|secret-access-key)", text)


def test_nothing_is_built_with_credentials_at_hand() -> None:
    [deploy] = [job for job in find_jobs(read("app.yml")) if "check-images" in job]
    assert deploy.index("make check-images") < deploy.index("configure-aws-credentials")


def read(name: str) -> str:
    [workflow] = [one for one in WORKFLOWS if one.name == name]
    return workflow.read_text()
