"""A plan, an apply, a drift and its end; and what a fork without an account gets."""

from __future__ import annotations

from typing import Any

from tests.workflows.runner import REPOSITORY, Tree, git

PLAN, DEPLOY = "game-market-github-plan", "game-market-github-deploy"
TOKEN, SNOWFLAKE = ("GH_TOKEN",), ("SNOWFLAKE_PRIVATE_KEY",)


def pull_request(tree: Tree, repository: str = REPOSITORY) -> dict[str, Any]:
    head = git(tree.folder, "rev-parse", "HEAD").strip()
    sides = {
        "head": {"ref": "branch", "sha": head, "repo": {"full_name": repository}},
        "base": {"ref": "main", "sha": head, "repo": {"full_name": REPOSITORY}},
    }
    return {"number": 5, "pull_request": {"number": 5, **sides}}


def push(tree: Tree) -> dict[str, Any]:
    head = git(tree.folder, "rev-parse", "HEAD").strip()
    return {"ref": "refs/heads/main", "before": head, "after": head}


def test_a_pull_request_is_planned_and_told_of(tree: Tree) -> None:
    run = tree.happen("pull_request", "infra", pull_request(tree))
    assert run.jobs == {"plan": "success"}, run.log
    assert [call.words[1] for call in run.of("terraform")] == ["init", "plan", "show"]
    assert {(call.role, call.sees) for call in run.of("terraform")} == {(PLAN, ())}
    [_, comment] = run.of("gh")
    assert f"repos/{REPOSITORY}/issues/5/comments" in comment.words
    assert {call.sees for call in run.of("gh")} == {TOKEN}


def test_a_pull_request_of_another_repository_gets_no_role(tree: Tree) -> None:
    run = tree.happen("pull_request", "infra", pull_request(tree, "somebody/fork"))
    assert (run.jobs, run.calls) == ({}, [])


def test_a_push_is_planned_and_then_applied_by_the_role_that_may(tree: Tree) -> None:
    run = tree.happen("push", "infra", push(tree))
    assert run.jobs == {"plan": "success", "apply": "success"}, run.log
    done = [(call.words[1], call.role, call.sees) for call in run.of("terraform")]
    assert done == [
        ("init", PLAN, ()),
        ("plan", PLAN, ()),
        ("show", PLAN, ()),
        ("init", DEPLOY, SNOWFLAKE),
        ("apply", DEPLOY, SNOWFLAKE),
    ]
    assert run.of("terraform", "apply")[0].words[-2:] == ("-input=false", "-auto-approve")
    assert run.of("gh") == []


def test_a_drift_is_an_issue_until_it_is_over(tree: Tree) -> None:
    plan = "# aws_s3_bucket.lake will be updated\nPlan: 0 to add, 1 to change, 0 to destroy.\n"
    (tree.home / "drift").write_text(plan)
    found = tree.happen("schedule", "infra", {})
    assert found.jobs == {"drift": "failure"}
    assert [call.words[:2] for call in found.of("gh")] == [("issue", "list"), ("issue", "create")]
    assert {(call.role, call.sees) for call in found.of("terraform")} == {(PLAN, ())}
    (tree.home / "drift").unlink()
    over = tree.happen("schedule", "infra", {})
    assert over.jobs == {"drift": "success"}, over.log
    assert [call.words[:3] for call in over.of("gh")][1:] == [("issue", "close", "7")]


def test_a_fork_without_an_account_has_nothing_to_do(tree: Tree) -> None:
    run = tree.happen("push", "infra", push(tree), AWS_ACCOUNT_ID="")
    assert (run.jobs, run.calls) == ({}, [])
