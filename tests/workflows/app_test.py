"""What a push to main deploys. One history, whose commits build on each other."""

from __future__ import annotations

import shutil

import pytest

from tests.workflows.account import STAGES, Account
from tests.workflows.runner import Run, Tree, begin, commit, git

DEPLOY = "game-market-github-deploy"


def push(tree: Tree, files: dict[str, str]) -> tuple[str, Run]:
    """A commit on main, and what app makes of it."""
    before = git(tree.folder, "rev-parse", "HEAD").strip()
    return before, deploy(tree, commit(tree.folder, files), before)


def deploy(tree: Tree, head: str, before: str) -> Run:
    said = {"ref": "refs/heads/main", "before": before, "after": head}
    return tree.happen("push", "app", said)


def list_pushed(run: Run) -> list[str]:
    names = [call.words[-1].rpartition("/")[2] for call in run.of("docker", "push")]
    return sorted(name.partition(":")[0] for name in names)


def head_of(tree: Tree) -> str:
    return git(tree.folder, "rev-parse", "HEAD").strip()


@pytest.fixture(scope="module", autouse=True)
def first(tree: Tree) -> Run:
    """Nothing runs yet, so there is nothing to compare with."""
    return deploy(tree, head_of(tree), "0" * 40)


def test_where_nothing_runs_yet_all_is_deployed(tree: Tree, first: Run, account: Account) -> None:
    assert first.jobs == {"changed": "success", "deploy": "success"}, first.log
    assert list_pushed(first) == ["extractor", "reporter", "transformer"]
    assert set(account.find_running().values()) == {head_of(tree)}


def test_each_step_has_the_keys_that_it_needs_and_no_others(first: Run) -> None:
    building = [call for call in first.calls if call.program in ("pants", "inspect_packages")]
    assert building[:2]
    # What is built anew before the push is what is there: by then the role is taken.
    before_the_role = building[: [c.program for c in building].index("inspect_packages") + 1]
    assert [str(call) for call in before_the_role] == [
        "pants package images:extractor images:transformer images:reporter",
        " ".join(["inspect_packages", *(f"game-market/{stage}:local" for stage in STAGES)]),
    ]
    assert {call.role for call in before_the_role} == {""}
    assert {call.role for call in first.of("docker")} == {DEPLOY}
    assert {call.role for call in first.of("terraform")} == {DEPLOY}
    assert [
        call for call in first.calls if call.sees
    ] == []  # neither GitHub's token nor Snowflake's key


def test_the_same_commit_again_does_nothing(tree: Tree) -> None:
    again = deploy(tree, head_of(tree), "0" * 40)
    assert again.jobs == {"changed": "success"}
    assert again.calls == []


def test_a_merge_of_a_text_deploys_nothing(tree: Tree, account: Account) -> None:
    _, run = push(tree, {"README.md": "other words"})
    assert run.jobs == {"changed": "success"}
    assert head_of(tree) not in account.find_running().values()


def test_a_merge_of_sql_deploys_the_transformer_alone(tree: Tree, account: Account) -> None:
    before = account.find_running()
    _, run = push(tree, {"analytics/models/games.sql": "select 1"})
    assert run.jobs == {"changed": "success", "deploy": "success"}, run.log
    assert list_pushed(run) == ["transformer"]
    assert run.of("terraform", "apply")
    assert account.find_running() == {**before, "transformer": head_of(tree)}


def test_a_deployment_that_fails_leaves_what_runs_and_is_made_up_for(
    tree: Tree, account: Account
) -> None:
    before = account.find_running()
    (tree.home / "broken").touch()
    _, run = push(tree, {"libs/common/gamemarket/lake.py": "X = 1"})
    assert run.jobs == {"changed": "success", "deploy": "failure"}
    assert account.find_running() == before
    (tree.home / "broken").unlink()
    library = head_of(tree)
    _, run = push(tree, {"README.md": "more words"})  # by itself nothing to deploy
    assert list_pushed(run) == ["extractor", "reporter", "transformer"], run.log
    assert set(account.find_running().values()) == {head_of(tree)} != {library}


def test_a_push_that_loses_its_base_deploys_all(tree: Tree, account: Account) -> None:
    """A forced push: nobody has the commit any more whose images run."""
    shutil.rmtree(tree.folder / ".git")
    begin(tree.folder)
    head = commit(tree.folder, {"README.md": "from the beginning"})
    run = deploy(tree, head, account.find_running()["extractor"])
    assert list_pushed(run) == ["extractor", "reporter", "transformer"], run.log
    assert set(account.find_running().values()) == {head}
