"""What dbt says of its own time, from run_results.json and manifest.json of one invocation."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DbtTimes:
    """Seconds, summed over nodes although up to two run at once.

    `loading`: base, staging and intermediate models, and marts that take rows in; `growing`: models that
    are made anew from all that was ever loaded; all of `models` by name.
    """

    loading: float
    growing: float
    models: dict[str, float]
    ended_at: datetime


def read_dbt_times(target: Path) -> DbtTimes:
    """Reads what the last invocation left in dbt's target folder."""
    nodes = _read(target / "manifest.json")["nodes"]
    run = _read(target / "run_results.json")
    loading, growing, models = 0.0, 0.0, {}
    for result in run["results"]:
        node = nodes.get(result["unique_id"], {"resource_type": "operation"})
        seconds = result["execution_time"]
        if node["resource_type"] == "model":
            models[node["name"]] = seconds
            if is_made_anew(node):
                growing += seconds
            else:
                loading += seconds
    ended_at = datetime.fromisoformat(run["metadata"]["generated_at"])
    return DbtTimes(loading, growing, models, ended_at)


def is_made_anew(node: dict[str, Any]) -> bool:
    """Whether a model reads all of the marts in each build."""
    return bool(node["config"]["meta"].get("replaces") == "everything")


def _read(file: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(file.read_bytes())
    return parsed
