"""What a pull request is checked by, and what it says when that fails."""

from __future__ import annotations

import re

from tests.workflows.runner import Run, Tree, commit, git


def propose(tree: Tree, files: dict[str, str]) -> tuple[str, Run]:
    """A branch with these files; the commit that it left, and the checks."""
    base = git(tree.folder, "rev-parse", "main").strip()
    git(tree.folder, "checkout", "--quiet", "-B", "branch", "main")
    head = commit(tree.folder, files)
    sides = {"head": {"ref": "branch", "sha": head}, "base": {"ref": "main", "sha": base}}
    said = {"number": 5, "pull_request": {"number": 5, **sides}}
    return base, tree.happen("pull_request", "quality", said)


THE_STACK = "pants test tests/images:: tests/stack::"
JOBS = ("checks", "containers", "infrastructure", "packages")


def test_a_pull_request_is_checked_as_far_as_it_reaches(tree: Tree) -> None:
    files = {"analytics/models/games.sql": "select 1", "demo/days.py": "DAYS = 2"}
    base, run = propose(tree, files)
    assert run.jobs == dict.fromkeys(JOBS, "success"), run.log
    reached = f"--changed-since={base} --changed-dependents=transitive"
    asked = [str(call) for call in run.of("pants")]
    assert [call for call in asked if "--changed" in call] == [
        f"pants {goals} {reached}"
        for goals in ("lint", "check", "--filter-target-type=python_test list")
    ]
    assert "pants --spec-files=dist/test/reached test" in asked
    assert THE_STACK in asked
    assert {(call.role, call.sees) for call in run.calls} == {("", ())}


def test_infrastructure_is_tried_with_its_providers_and_linted(tree: Tree) -> None:
    _, run = propose(tree, {"infra/aws/lake.tf": ""})
    assert [call.words for call in run.of("terraform")] == [
        (f"-chdir=infra/{root}", "providers", "mirror", f"{tree.home}/.cache/game-market/terraform")
        for root in ("bootstrap", "aws", "snowflake")
    ]
    [checkov] = run.of("checkov")
    assert checkov.words[:2] == ("--directory", "infra")


def test_containers_are_tried_where_their_images_or_the_stack_change(tree: Tree) -> None:
    _, text = propose(tree, {"README.md": "other words"})
    assert text.jobs["containers"] == "success"
    assert THE_STACK not in map(str, text.of("pants"))
    _, compose = propose(tree, {"docker-compose.yml": "services: {}"})
    assert THE_STACK in map(str, compose.of("pants"))


def test_a_check_that_fails_says_how_to_repeat_it(tree: Tree) -> None:
    _, run = propose(
        tree, {"failing_test.py": "def test_x(): assert False", "docker-compose.yml": ""}
    )
    assert (run.jobs["checks"], run.jobs["containers"]) == ("failure", "failure")
    assert "FAILED a::fails" in run.log
    told = re.findall(r"Repeat this on your machine by (make [\w-]+)", run.log)
    assert {*told} == {"make check", "make check-stack"}
