"""Data tests as dbt writes them, for a run that asks them itself: dbt's own node for each costs more.

The macro log_data_tests hands over their SQL, run_dbt writes it to a file; all else is in the dbt manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transformer.dbt_runner.dbt_files import MANIFEST, read_json

__all__ = ["SQL_FILE", "DataTest", "read_data_tests"]

SQL_FILE: Final = "data_tests.json"


@dataclass(frozen=True, slots=True)
class DataTest:
    """`sql` selects the rows that are not as they should be; it reads the `parents`, which are models."""

    name: str
    model: str
    is_error: bool
    parents: frozenset[str]
    sql: str


def read_data_tests(target: Path) -> list[DataTest]:
    """All tests of the project, as the last run in dbt's target folder has handed them over."""
    nodes = read_json(target / MANIFEST)["nodes"]
    found = []
    for given in read_json(target / SQL_FILE)["data_tests"]:
        node = nodes[given["unique_id"]]
        depends_on = node["depends_on"]["nodes"]
        # The model that dagster-dbt attaches the check to: the one whose yml holds the test.
        attached = node.get("attached_node") or depends_on[0]
        found.append(
            DataTest(
                name=node["name"],
                model=attached.rpartition(".")[2],
                is_error=node["config"]["severity"].lower() == "error",
                parents=frozenset(nodes[name]["name"] for name in depends_on if name in nodes),
                sql=given["sql"],
            )
        )
    return found
