# /// script
# requires-python = ">=3.12"
# dependencies = ["diagrams==0.25.1"]
# ///
"""Draws architecture.png. Needs Graphviz's `dot`; run it by `uv run docs/assets/architecture.py`."""

from itertools import pairwise
from pathlib import Path

from diagrams import Cluster, Diagram, Node
from diagrams.aws.compute import Fargate
from diagrams.aws.integration import EventbridgeScheduler, StepFunctions
from diagrams.aws.storage import S3
from diagrams.generic.storage import Storage
from diagrams.onprem.analytics import Dbt
from diagrams.onprem.client import Users
from diagrams.onprem.container import Docker
from diagrams.onprem.database import Duckdb, PostgreSQL
from diagrams.onprem.network import Internet
from diagrams.programming.language import Bash, Python
from diagrams.saas.analytics import Snowflake

FONT = {"fontname": "Helvetica", "fontsize": "14"}


def chain(title: str, *nodes: type[Node], labels: list[str]) -> None:
    """Draw a row of icons, one leading to the next."""
    with Cluster(title, graph_attr={**FONT, "margin": "14"}):
        drawn = [node(label) for node, label in zip(nodes, labels, strict=True)]
    for node, following in pairwise(drawn):
        node >> following


# Graphviz puts what is drawn first at the bottom.
with Diagram(
    filename=str(Path(__file__).with_suffix("")),
    show=False,
    graph_attr={"pad": "0.2", "nodesep": "0.3", "ranksep": "0.8", "dpi": "80"},
    node_attr={**FONT, "width": "1.1", "height": "1.5"},
):
    chain(
        "Cloud: Terraform",
        *[EventbridgeScheduler, StepFunctions, Fargate, S3, Snowflake],
        labels=["Scheduler", "Step Functions", "Fargate tasks", "S3", "Snowflake\nor DuckDB"],
    )
    chain(
        "Local: docker compose",
        *[Docker, Docker, Storage, Duckdb, PostgreSQL],
        labels=["Dagster", "containers", "MinIO", "DuckDB", "Postgres,\nfor BI tools"],
    )
    chain(
        "Embedded: one command, no server",
        *[Bash, Python, Storage, Duckdb],
        labels=["Dagster", "processes", "a folder", "DuckDB"],
    )
    chain(
        "The way of the data, the same in all three",
        *[Internet, Python, Storage, Dbt, Storage, Users],
        labels=[
            "RAWG API or\nits sandbox",
            "extractor",
            "lake: pages\nas they came",
            "transformer",
            "marts",
            "report,\nSQL, BI tools",
        ],
    )
