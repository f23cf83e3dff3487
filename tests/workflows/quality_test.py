"""What a pull request is checked by, and what it says when that fails."""

from __future__ import annotations

from tests.workflows.runner import Run, Tree, commit, git


def propose(tree: Tree, files: dict[str, str]) -> tuple[str, Run]:
    """A branch with these files; the commit that it left, and the checks."""
    base = git(tree.folder, "rev-parse", "main").strip()
    git(tree.folder, "checkout", "--quiet", "-B", "branch", "main")
    head = commit(tree.folder, files)
    sides = {"head": {"ref": "branch", "sha": head}, "base": {"ref": "main", "sha": base}}
    said = {"number": 5, "pull_request": {"number": 5, **sides}}
    return base, tree.happen("pull_request", "quality", said)


def test_a_pull_request_is_checked_as_far_as_it_reaches(tree: Tree) -> None:
    base, run = propose(tree, {"analytics/models/games.sql": "select 1"})
    assert run.jobs == {"checks": "success", "packages": "success"}, run.log
    reached = f"--changed-since={base} --changed-dependents=transitive"
    asked = [str(call) for call in run.of("pants")]
    assert [call for call in asked if "--changed" in call] == [
        f"pants {goals} {reached}"
        for goals in ("lint", "check", "--filter-target-type=python_test list")
    ]
    assert asked[-1] == "pants --spec-files=dist/test/reached test"
    assert {(call.role, call.sees) for call in run.calls} == {("", ())}


def test_a_test_that_fails_says_how_to_repeat_it(tree: Tree) -> None:
    _, run = propose(tree, {"failing_test.py": "def test_x(): assert False"})
    assert run.jobs["checks"] == "failure"
    assert "FAILED a::fails" in run.log
    assert "Repeat this on your machine by make check" in run.log
