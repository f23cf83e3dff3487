"""What roles may do: those that Terraform has made, within the boundary that whoever deploys can't leave."""

from __future__ import annotations

import json

import pytest

from tests.cloud.cloud import ACCOUNT, Cloud
from tests.cloud.policies import Document, find_outside, is_allowed
from tests.cloud.terraform import Root

pytestmark = pytest.mark.timeout(3600)

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/game-market-boundary"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/game-market-dev-new"
GITHUBS = f"arn:aws:iam::{ACCOUNT}:role/game-market-github-deploy"


@pytest.fixture(scope="module")
def policies(cloud: Cloud) -> dict[str, Document]:
    """The documents of infra/bootstrap, as it would apply them."""
    variables = [f"-var=account_id={ACCOUNT}", "-var=github_repo=someone/game-market"]
    root = Root(cloud.root.folder.parent / "bootstrap", variables, cloud.root.variables)
    root.init()
    planned = root.plan("-out=plan")
    assert planned.returncode == 2, planned.stdout
    outputs = json.loads(root.run("show", "-json", "plan").stdout)["planned_values"]["outputs"]
    return {name: json.loads(text) for name, text in outputs["policies"]["value"].items()}


def test_every_role_has_the_boundary_and_needs_nothing_beyond_it(
    cloud: Cloud, policies: dict[str, Document]
) -> None:
    iam = cloud.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    assert len(roles) == 8  # two a stage, the machine's, the Scheduler's
    for role in roles:
        bounded = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]
        assert bounded["PermissionsBoundaryArn"] == BOUNDARY, role
        [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        assert list(find_outside(document, policies["boundary"])) == [], role


def test_every_object_of_the_lake_is_one_that_a_stage_may_put(cloud: Cloud) -> None:
    """The emulator lets everybody put anything."""
    iam, keys = cloud.client("iam"), cloud.list_keys("")
    assert {key.split("/")[0] for key in keys} > {"manifests", "marts", "raw"}
    tasks = [
        iam.get_role_policy(RoleName=f"game-market-dev-{stage}-task", PolicyName="use-the-lake")[
            "PolicyDocument"
        ]
        for stage in ("extractor", "transformer", "reporter")
    ]
    refused = [
        key
        for key in keys
        if not any(
            is_allowed(task, "s3:PutObject", f"arn:aws:s3:::{cloud.bucket}/{key}") for task in tasks
        )
    ]
    assert refused == []


def test_whoever_deploys_makes_roles_within_the_boundary(policies: dict[str, Document]) -> None:
    for action in ("iam:CreateRole", "iam:PutRolePolicy"):
        assert is_allowed(policies["deploy"], action, ROLE, iam__PermissionsBoundary=BOUNDARY)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:CreateRole", ROLE, {}),
        ("iam:CreateRole", ROLE, {"iam__PermissionsBoundary": "arn:aws:iam::aws:policy/Admin"}),
        ("iam:PutRolePolicy", ROLE, {}),
        ("iam:PutRolePolicy", GITHUBS, {"iam__PermissionsBoundary": BOUNDARY}),
        ("iam:UpdateAssumeRolePolicy", GITHUBS, {}),
        ("iam:AttachRolePolicy", ROLE, {"iam__PermissionsBoundary": BOUNDARY}),
        ("iam:DeleteRolePermissionsBoundary", ROLE, {"iam__PermissionsBoundary": BOUNDARY}),
        ("iam:CreatePolicyVersion", BOUNDARY, {}),
        ("iam:SetDefaultPolicyVersion", BOUNDARY, {}),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/somebody", {}),
        ("iam:PassRole", ROLE, {"iam__PassedToService": "ec2.amazonaws.com"}),
        ("sts:AssumeRole", ROLE, {}),
    ],
)
def test_whoever_deploys_can_not_make_itself_more(
    policies: dict[str, Document], action: str, resource: str, context: dict[str, str]
) -> None:
    assert not is_allowed(policies["deploy"], action, resource, **context)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", ROLE),
        ("iam:PutRolePolicy", ROLE),
        ("iam:PassRole", GITHUBS),
        ("s3:GetObject", "arn:aws:s3:::game-market-state-123456789012/aws/prod.tfstate"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:1:secret:another"),
    ],
)
def test_no_role_of_an_environment_can_do_more(
    policies: dict[str, Document], action: str, resource: str
) -> None:
    passed = "ecs-tasks.amazonaws.com"
    assert not is_allowed(policies["boundary"], action, resource, iam__PassedToService=passed)
