"""The scripts, with stand-ins for the programs they call: in order, or refused before anything changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cloud.terraform import TREE

ACCOUNT = "123456789012"
_LOGS_ITSELF = 'echo "$(basename "$0") $*" >>"$CALLS"\n'
_NOTHING = "An error occurred (404) when calling the HeadBucket operation: Not Found"
_KNOWN = f"""case $* in
*get-caller-identity*) echo {ACCOUNT} ;;
*head-*) echo '{_NOTHING}' >&2; exit 254 ;;
*describe-state-machine*) echo StateMachineDoesNotExist >&2; exit 254 ;;
esac
"""


@dataclass
class Tree:
    """A copy of the scripts, with stand-ins on PATH that note their calls."""

    folder: Path

    def stand_in(self, name: str, script: str = "") -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/usr/bin/env bash\n{_LOGS_ITSELF}{script}")
        file.chmod(0o755)

    def run(self, script: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {"HOME": str(self.folder), "CALLS": str(self.folder / "calls")}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [str(self.folder / "scripts" / script), *words],
            env={**kept, "PATH": path, **variables},
            capture_output=True,
            text=True,
        )

    def calls(self, program: str) -> list[str]:
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name in ("scripts", "config"):
        shutil.copytree(TREE / name, tmp_path / name)
    for name in ("bootstrap", "aws/environments", "snowflake"):
        (tmp_path / "infra" / name).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    tree = Tree(tmp_path)
    tree.stand_in("aws", _KNOWN)
    tree.stand_in("terraform")
    return tree


def test_all_is_applied_in_order_with_the_states_of_the_environment(tree: Tree) -> None:
    ended = tree.run("deploy_infra.sh", "apply", ENV="prod")
    assert ended.returncode == 0, ended.stderr
    assert "Snowflake, trust, external tables: skipped" in ended.stderr
    calls = tree.calls("terraform")
    assert [call.split()[1:3] for call in calls] == [
        ["-chdir=infra/bootstrap", "init"],
        ["-chdir=infra/bootstrap", "apply"],
        ["-chdir=infra/aws", "init"],
        ["-chdir=infra/aws", "apply"],
    ]
    assert "-backend-config=key=aws/prod.tfstate" in calls[2]
    assert f"-backend-config=bucket=game-market-state-{ACCOUNT}" in calls[2]
    assert "-var-file=environments/prod.tfvars" in calls[3]


def test_snowflake_is_applied_where_it_is_configured_and_images_where_they_are_pinned(
    tree: Tree,
) -> None:
    (tree.folder / "infra/aws/environments/dev.images.tfvars.json").write_text("{}")
    ended = tree.run("deploy_infra.sh", "apply", SNOWFLAKE_ORGANIZATION_NAME="ORG")
    assert ended.returncode == 0, ended.stderr
    calls = tree.calls("terraform")
    assert [call.split()[1:3] for call in calls[:2]] == [
        ["-chdir=infra/snowflake/privileges", "init"],
        ["-chdir=infra/snowflake/privileges", "plan"],
    ]
    assert f"-var-file={tree.folder}/infra/aws/environments/dev.images.tfvars.json" in calls[5]
    assert [call.split()[1:3] for call in calls[6:]] == [
        ["-chdir=infra/snowflake", "init"],
        ["-chdir=infra/snowflake", "apply"],
    ]


def test_snowflake_that_refuses_is_told_of_before_anything_is_changed(tree: Tree) -> None:
    refuses = "case $* in *privileges*plan*) echo 'Role is not granted' >&2; exit 1 ;; esac"
    tree.stand_in("terraform", refuses)
    ended = tree.run("deploy_infra.sh", "apply", SNOWFLAKE_ORGANIZATION_NAME="ORG")
    assert ended.returncode == 77
    assert "Role is not granted" in ended.stderr
    assert ended.stderr.endswith("has the statements. Nothing was changed.\n")
    assert [call.split()[1] for call in tree.calls("terraform")] == [
        "-chdir=infra/snowflake/privileges"
    ] * 2


def test_the_transformer_logs_in_by_its_role_unless_it_has_a_key(tree: Tree) -> None:
    tree.stand_in("terraform", 'echo "arn ${TF_VAR_transformer_role_arn:-none}" >>"$CALLS"')
    organization = {"SNOWFLAKE_ORGANIZATION_NAME": "ORG"}
    key = {"TF_VAR_transformer_public_key": "MIIB"}
    assert tree.run("deploy_infra.sh", "apply", **organization, **key).returncode == 0
    assert set(tree.calls("arn")) == {"arn none"}
    assert tree.run("deploy_infra.sh", "apply", **organization).returncode == 0
    role = f"arn:aws:iam::{ACCOUNT}:role/game-market-dev-transformer-task"
    assert tree.calls("arn")[-1] == f"arn {role}"


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"ENV": "staging"}, 64, "ENV is 'staging': it is dev or prod."),
        ({"TF_VAR_account_id": "999999999999"}, 77, f"credentials of the account {ACCOUNT}"),
    ],
)
def test_another_environment_or_account_is_refused(
    tree: Tree, variables: dict[str, str], code: int, sentence: str
) -> None:
    ended = tree.run("deploy_infra.sh", "apply", **variables)
    assert ended.returncode == code
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert tree.calls("terraform") == []


def test_no_credentials_are_refused(tree: Tree) -> None:
    tree.stand_in("aws", "echo 'Unable to locate credentials' >&2; exit 253")
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 77
    assert "AWS does not know us (Unable to locate credentials)" in ended.stderr
    assert tree.calls("terraform") == []


def test_a_bucket_of_somebody_elses_is_refused(tree: Tree) -> None:
    tree.stand_in("aws", _KNOWN.replace(_NOTHING, "An error occurred (403): Forbidden"))
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 64
    assert f"see the bucket game-market-state-{ACCOUNT}: it is another account's" in ended.stderr
    assert tree.calls("terraform") == []


def test_an_answer_that_is_none_is_not_taken_for_nothing(tree: Tree) -> None:
    found = "case $* in *head-bucket*) exit 0 ;; *head-object*) echo slow >&2; exit 1 ;; esac\n"
    tree.stand_in("aws", found + _KNOWN)
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 69
    assert "whether the state of infra/bootstrap is there: slow" in ended.stderr
    assert tree.calls("terraform") == []


WORKFLOW = {"ROOTS": "aws snowflake", "APPROVED": "yes"}
_REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
_RUNS = {
    "extractor": f"sha256:{'e' * 64}",
    "transformer": f"sha256:{'f' * 64}",
    "reporter": f"sha256:{'d' * 64}",
}


def let_run(tree: Tree, *stages: str, more: str = "") -> None:
    """An account whose machine starts revision 7 of these stages; revision 8 is of nobody's use."""
    names = " ".join(f"task-definition/game-market-dev-{stage}:7" for stage in stages)
    tasks = "".join(
        f"*describe-task-definition*game-market-dev-{stage}:7*)"
        f" echo {_REGISTRY}/game-market-dev/{stage}@{_RUNS[stage]}; exit ;;\n"
        for stage in stages
    )
    answers = f"*describe-state-machine*) echo '{names}'; exit ;;\n{tasks}{more}"
    tree.stand_in("aws", f"case $* in\n{answers}esac\n{_KNOWN}")


def read_digests(tree: Tree) -> None:
    """Has Terraform note the digests that it is handed."""
    tree.stand_in(
        "terraform",
        'for word in "$@"; do case $word in *images.tfvars.json)'
        ' echo "digests $(cat "${word#-var-file=}")" >>"$CALLS" ;; esac; done',
    )


def told(digests: dict[str, str]) -> str:
    return f"digests {json.dumps({'image_digests': digests})}"


@pytest.mark.parametrize("action", ["plan", "drift", "apply"])
def test_the_images_that_run_are_kept(tree: Tree, action: str) -> None:
    let_run(tree, *_RUNS)
    read_digests(tree)
    ended = tree.run("deploy_infra.sh", action, **WORKFLOW)
    assert ended.returncode == 0, ended.stderr
    assert tree.calls("digests") == [told(_RUNS)]
    assert not (tree.folder / "infra/aws/environments/dev.images.tfvars.json").exists()


def test_a_machine_is_not_changed_while_a_stage_of_it_has_no_image(tree: Tree) -> None:
    let_run(tree, "extractor")
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 64
    assert "starts no transformer yet: ENV=dev scripts/build_and_push.sh" in ended.stderr
    assert tree.calls("terraform") == []


def test_images_that_were_pushed_wait_for_an_apply_and_then_run(tree: Tree) -> None:
    let_run(tree, *_RUNS)
    read_digests(tree)
    pushed = {**_RUNS, "extractor": f"sha256:{'1' * 64}"}
    file = tree.folder / "infra/aws/environments/dev.images.tfvars.json"
    file.write_text(json.dumps({"image_digests": pushed}))
    for action in ("plan", "apply", "plan"):
        assert tree.run("deploy_infra.sh", action, **WORKFLOW).returncode == 0
    assert tree.calls("digests") == [told(pushed), told(pushed), told(_RUNS)]


def test_an_apply_that_fails_leaves_the_images_that_wait(tree: Tree) -> None:
    tree.stand_in("terraform", "case $* in *aws*apply*) exit 1 ;; esac")
    file = tree.folder / "infra/aws/environments/dev.images.tfvars.json"
    file.write_text("{}")
    assert tree.run("deploy_infra.sh", "apply").returncode == 1
    assert file.exists()


@pytest.mark.parametrize(("of_terraform", "code"), [(0, 0), (2, 2), (1, 1)])
def test_drift_is_told_by_the_exit_code(tree: Tree, of_terraform: int, code: int) -> None:
    shows = "case $* in *aws*-detailed-exitcode*) exit {} ;; *show*) echo the plan ;; esac"
    tree.stand_in("terraform", shows.format(of_terraform))
    ended = tree.run("deploy_infra.sh", "drift", PLAN_FILE="drift.txt", **WORKFLOW)
    assert ended.returncode == code
    assert [call.split()[2] for call in tree.calls("terraform")][:2] == ["init", "plan"]
    assert ("has failed" in ended.stderr) == (code == 1)
    file = tree.folder / "drift.txt"
    assert (file.read_text() if file.exists() else None) == {0: "", 1: None, 2: "the plan\n"}[code]


def test_a_plan_goes_into_a_file_also_where_it_holds_no_change(tree: Tree) -> None:
    tree.stand_in("terraform", "case $* in *show*) echo No changes. ;; esac")
    ended = tree.run("deploy_infra.sh", "plan", PLAN_FILE="plan.txt", **WORKFLOW)
    assert ended.returncode == 0, ended.stderr
    assert (tree.folder / "plan.txt").read_text() == "No changes.\n"


def test_a_workflow_asks_nobody_and_leaves_the_first_root_alone(tree: Tree) -> None:
    assert tree.run("deploy_infra.sh", "apply", **WORKFLOW).returncode == 0
    calls = tree.calls("terraform")
    assert {call.split()[1] for call in calls} == {"-chdir=infra/aws"}
    assert "-input=false -auto-approve" in calls[-1]


@pytest.mark.parametrize("code", [0, 1])
def test_the_first_roots_state_is_stored_however_its_apply_ends(tree: Tree, code: int) -> None:
    made = (
        f"case $* in *bootstrap*apply*) : >infra/bootstrap/terraform.tfstate; exit {code} ;; esac"
    )
    tree.stand_in("terraform", made)
    assert tree.run("deploy_infra.sh", "apply").returncode == code
    stored = [call for call in tree.calls("aws") if call.startswith("aws s3 cp")]
    assert [call.split()[-1] for call in stored] == [
        f"s3://game-market-state-{ACCOUNT}/bootstrap.tfstate"
    ]


def test_an_apply_asks_and_a_plan_does_not(tree: Tree) -> None:
    for action, asks in (("plan", False), ("apply", True)):
        assert tree.run("deploy_infra.sh", action).returncode == 0
        called = [call for call in tree.calls("terraform") if call.split()[2] == action]
        assert called
        assert [("-input=false" in call) for call in called] == [not asks] * len(called)


def test_each_environment_has_its_own_folder_of_terraform(tree: Tree) -> None:
    tree.stand_in("terraform", 'echo "data $TF_DATA_DIR" >>"$CALLS"')
    for environment in ("dev", "prod"):
        assert tree.run("deploy_infra.sh", "apply", ENV=environment).returncode == 0
    assert set(tree.calls("data")) == {"data .terraform/dev", "data .terraform/prod"}


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ("{", "is no JSON (Expecting"),
        ('{"endpoints": []}', "is no list of endpoints (KeyError: 'sources'"),
        ('{"sources": {"a": {}}, "endpoints": []}', "(KeyError: 'key_variable'"),
        (
            '{"sources": {}, "endpoints": [{"source": "a", "name": "b", "kind": "list"}]}',
            "names sources that it does not have (['a'])",
        ),
    ],
)
def test_a_list_of_endpoints_that_is_none_is_refused(
    tree: Tree, listed: str, sentence: str
) -> None:
    (tree.folder / "config/endpoints.json").write_text(listed)
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 64
    assert ended.stderr.startswith("deploy_infra.sh: config/endpoints.json ")
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert tree.calls("aws") == []


def test_a_locked_state_names_its_holder(tree: Tree) -> None:
    lock = (
        r"Error acquiring the state lock\n  ID:    4f1c\n  Who:   ada@loom\n  Created:  2026-01-31"
    )
    tree.stand_in("terraform", f"case $* in *aws*apply*) printf '{lock}\\n' >&2; exit 1 ;; esac")
    ended = tree.run("deploy_infra.sh", "apply")
    assert ended.returncode == 69
    assert "The state of infra/aws is locked by ada@loom, since 2026-01-31." in ended.stderr
    assert "force-unlock 4f1c" in ended.stderr


def test_images_of_changes_that_are_not_committed_are_refused(tree: Tree) -> None:
    tree.stand_in("docker")
    tree.stand_in("git", "echo ' M README.md'")
    ended = tree.run("build_and_push.sh")
    assert ended.returncode == 64
    assert "not committed" in ended.stderr
    assert tree.calls("docker") == []


def test_images_that_are_pushed_already_are_pinned_by_their_digests(tree: Tree) -> None:
    tree.stand_in("docker", "[ $1 = run ] || echo amd64")
    tree.stand_in("make")
    tree.stand_in("git", "[ $1 = status ] || echo 0123abcd")
    digest = f"sha256:{'a' * 64}"
    answers = f"*get-caller-identity*) echo {ACCOUNT} ;; *describe-images*) echo {digest} ;;"
    tree.stand_in("aws", f"case $* in {answers} esac")
    ended = tree.run("build_and_push.sh")
    assert ended.returncode == 0, ended.stderr
    pinned = (tree.folder / "infra/aws/environments/dev.images.tfvars.json").read_text()
    digests = dict.fromkeys(("extractor", "transformer", "reporter"), digest)
    assert json.loads(pinned) == {"image_digests": digests}
    assert [call for call in tree.calls("docker") if call.startswith("docker push")] == []


def test_a_stage_that_is_not_named_stays_what_runs(tree: Tree) -> None:
    tree.stand_in("docker", 'case $1 in image) echo amd64 ;; push) : >"$HOME/pushed" ;; esac')
    tree.stand_in("make")
    tree.stand_in("git", "[ $1 = status ] || echo 0123abcd")
    digest = f"sha256:{'1' * 64}"
    missing = "echo ImageNotFoundException >&2; exit 254"
    pushed = f'*describe-images*) [ -e "$HOME/pushed" ] || {{ {missing}; }}; echo {digest}; exit ;;'
    let_run(tree, *_RUNS, more=pushed)
    ended = tree.run("build_and_push.sh", STAGES="extractor")
    assert ended.returncode == 0, ended.stderr
    assert tree.calls("make") == ["make --silent images IMAGES=extractor"]
    repository = f"{_REGISTRY}/game-market-dev/extractor"
    assert [call for call in tree.calls("docker") if " push " in call] == [
        f"docker push --quiet {repository}:0123abcd"
    ]
    pinned = (tree.folder / "infra/aws/environments/dev.images.tfvars.json").read_text()
    assert json.loads(pinned)["image_digests"] == {**_RUNS, "extractor": digest}


def find_deployments(tree: Tree, changed: dict[str, list[str]], **variables: str) -> object:
    """Its answer, where these images are others than at the commits."""
    folder = tree.folder / "build-support"
    folder.mkdir()
    (folder / "find-python").write_text(f"#!/bin/sh\necho {sys.executable}\n")
    (folder / "find-python").chmod(0o755)
    script = f"import json, sys\nprint(json.dumps({changed}[sys.argv[1]]))"
    (folder / "changed_images.py").write_text(script)
    ended = tree.run("find_deployments.sh", **variables)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("deployments=")
    return json.loads(ended.stdout.removeprefix("deployments="))


_COMMITS = "".join(
    f"*describe-images*{stage}*{digest}*) echo of-{stage}; exit ;;\n"
    for stage, digest in _RUNS.items()
)


def test_what_is_deployed_is_what_differs_from_the_commits_that_run(tree: Tree) -> None:
    let_run(tree, *_RUNS, more=_COMMITS)
    changed = {
        "of-extractor": ["extractor", "transformer"],
        "of-transformer": ["extractor"],
        "of-reporter": [],
    }
    assert find_deployments(tree, changed) == [{"environment": "dev", "stages": "extractor"}]


def test_nothing_is_deployed_where_nothing_changed(tree: Tree) -> None:
    let_run(tree, *_RUNS, more=_COMMITS)
    changed = {"of-extractor": ["sandbox"], "of-transformer": [], "of-reporter": []}
    assert find_deployments(tree, changed) == []


def test_a_list_of_environments_that_is_none_is_refused(tree: Tree) -> None:
    ended = tree.run("find_deployments.sh", ENVIRONMENTS="dev")
    assert ended.returncode == 64
    assert "ENVIRONMENTS is 'dev'" in ended.stderr


def test_all_is_deployed_where_nothing_runs_and_nothing_where_no_registry_is(tree: Tree) -> None:
    absent = "echo RepositoryNotFoundException >&2; exit 254"
    tree.stand_in("aws", f"case $* in *repositories*prod*) {absent} ;; esac\n{_KNOWN}")
    everything = {"": ["extractor", "orchestrator", "reporter", "transformer"]}
    found = find_deployments(tree, everything, ENVIRONMENTS='["dev", "prod"]')
    assert found == [{"environment": "dev", "stages": "extractor transformer reporter"}]


def test_images_for_another_machine_are_refused(tree: Tree) -> None:
    tree.stand_in("docker", "[ $1 = run ] || echo arm64")
    tree.stand_in("make")
    tree.stand_in("git", "[ $1 = status ] || echo 0123abcd")
    ended = tree.run("build_and_push.sh")
    assert ended.returncode == 64
    assert "The image of the extractor is for arm64" in ended.stderr
    assert [call.split()[1] for call in tree.calls("docker")] == ["image"]


def test_a_backfill_starts_the_machine_with_every_day(tree: Tree) -> None:
    ended = tree.run("start_backfill.sh", "2024-02-28", "2024-03-01", ENV="prod")
    assert ended.returncode == 0, ended.stderr
    started = tree.calls("aws")[-1]
    assert '{"run_dates": ["2024-02-28", "2024-02-29", "2024-03-01"]}' in started
    assert f":{ACCOUNT}:stateMachine:game-market-prod" in started


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (("2024-01-02", "2024-01-01"), "are 0 days"),
        (("2024-01-01", "2024-12-31"), "one execution takes 1 to 30"),
        (("yesterday", ""), "as YYYY-MM-DD"),
    ],
)
def test_a_range_that_is_none_or_too_long_is_refused(
    tree: Tree, days: tuple[str, str], sentence: str
) -> None:
    ended = tree.run("start_backfill.sh", *days)
    assert ended.returncode == 64
    assert sentence in ended.stderr
    assert tree.calls("aws") == []


def tell(tree: Tree, what: str, plan: str, found: str = "") -> list[str]:
    """What gh was called for, after it has found this."""
    (tree.folder / "plan.txt").write_text(plan)
    keep = (
        'for word in "$@"; do case $word in body=@*) cp "${word#body=@}" "$HOME/body" ;; esac; done'
    )
    tree.stand_in("gh", f"{keep}\ncase $* in *--jq*) echo '{found}' ;; esac")
    variables = {"PLAN_FILE": "plan.txt", "ENV": "dev", "GITHUB_REPOSITORY": "o/r"}
    ended = tree.run("tell_github.sh", what, PULL_REQUEST="5", **variables)
    assert ended.returncode == 0, ended.stderr
    return [call.partition(" --")[0] for call in tree.calls("gh")[1:]]


def test_a_pull_request_has_one_comment_of_an_environments_plan(tree: Tree) -> None:
    plan = "# aws_s3_bucket.lake will be updated\nPlan: 0 to add, 1 to change, 0 to destroy.\n"
    assert tell(tree, "plan", plan) == ["gh api"]
    assert "--method POST repos/o/r/issues/5/comments" in tree.calls("gh")[-1]
    body = (tree.folder / "body").read_text()
    assert body.startswith("<!-- plan of dev -->")
    assert "**Plan: 0 to add, 1 to change, 0 to destroy.**" in body
    tell(tree, "plan", plan, found="99")
    assert "--method PATCH repos/o/r/issues/comments/99" in tree.calls("gh")[-1]


def test_a_plan_that_is_too_long_is_cut_and_says_so(tree: Tree) -> None:
    tell(tree, "plan", "x" * 100_000)
    body = (tree.folder / "body").read_text()
    assert len(body) < 65_536
    assert "the rest is in the log" in body


@pytest.mark.parametrize(
    ("plan", "found", "call"),
    [
        ("Plan: 1 to add", "", ["gh issue create"]),
        ("Plan: 1 to add", "7", ["gh issue edit 7"]),
        ("", "7", ["gh issue close 7"]),
        ("", "", []),
    ],
)
def test_one_issue_is_open_while_something_differs(
    tree: Tree, plan: str, found: str, call: list[str]
) -> None:
    assert tell(tree, "drift", plan, found) == call


def test_a_comparison_that_failed_is_not_taken_for_none(tree: Tree) -> None:
    tree.stand_in("gh")
    ended = tree.run("tell_github.sh", "drift", PLAN_FILE="drift.txt", ENV="dev")
    assert ended.returncode == 69
    assert tree.calls("gh") == []
