# /// script
# requires-python = ">=3.12"
# dependencies = ["diagrams==0.25.1"]
# ///
"""Draws cicd_architecture.png, as architecture.py draws its picture: by `uv run`, with Graphviz's `dot`."""

from pathlib import Path

from diagrams import Cluster, Diagram, Edge, Node
from diagrams.aws.compute import ECR, Fargate
from diagrams.aws.integration import StepFunctions
from diagrams.aws.security import IAMRole
from diagrams.aws.storage import S3
from diagrams.onprem.ci import GithubActions
from diagrams.onprem.client import User
from diagrams.onprem.iac import Terraform
from diagrams.onprem.vcs import Github

FONT = {"fontname": "Helvetica", "fontsize": "14"}


def lead(start: Node, end: Node, label: str, **style: str) -> None:
    """An arrow with a word on it."""
    start >> Edge(label=label, **{**FONT, "fontsize": "12"}, **style) >> end


with Diagram(
    filename=str(Path(__file__).with_suffix("")),
    show=False,
    graph_attr={"pad": "0.2", "nodesep": "0.4", "ranksep": "1.4", "dpi": "70", "splines": "spline"},
    node_attr={**FONT, "width": "1.3", "height": "1.5"},
):
    with Cluster("GitHub", graph_attr=FONT):
        pull_request = Github("pull request:\nwhat it reaches")
        main = Github("main, and\neach morning")
        with Cluster("workflows, each step a make target or a script", graph_attr=FONT):
            quality = GithubActions("quality:\nchecks, packages")
            infra = GithubActions("infra:\nplan, apply, drift")
            app = GithubActions("app:\nbuild, look, push, deploy")
        approval = User("approval of the\nenvironment")
    with Cluster("AWS", graph_attr=FONT):
        plan = IAMRole("role plan:\nreads")
        deploy = IAMRole("role deploy:\nchanges")
        state = S3("states")
        terraform = Terraform("infra/aws")
        registry = ECR("images,\nby digest")
        machine = StepFunctions("state machine")
        tasks = Fargate("tasks")

    lead(main, app, "")
    lead(main, infra, "")
    lead(main, quality, "")
    lead(pull_request, infra, "")
    lead(pull_request, quality, "")
    lead(app, approval, "")
    lead(infra, approval, "")
    lead(approval, deploy, "OIDC", style="dashed")
    lead(app, plan, "", style="dashed")
    lead(infra, plan, "OIDC", style="dashed")
    lead(deploy, registry, "pushes")
    lead(deploy, terraform, "applies")
    lead(plan, state, "compares")
    lead(registry, terraform, "digests")
    lead(terraform, machine, "revisions")
    lead(machine, tasks, "starts")
