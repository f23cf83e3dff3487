"""What a month in the cloud costs, from what was measured and list prices: pure functions.

The limit: it counts what Game Market's own code makes, at one region's list prices, without free tiers,
taxes and support. What was never measured is named an assumption (measured.json), and the page says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

__all__ = ["Facts", "Size", "cost_of_month", "read_facts"]

_HERE: Final = Path(__file__).parent
_DAYS: Final = 30
_SIZE: Final = re.compile(r"(\w+)\s+= \{ cpu = (\d+), memory = (\d+) \}")


@dataclass(frozen=True)
class Size:
    """A lake, and what one build of all of it took: seconds, seconds of CPU, GB."""

    label: str
    build_seconds: float
    build_cpu_seconds: float
    warehouse_gb: float
    lake_gb: float


@dataclass(frozen=True)
class Facts:
    """All that the costs follow from; tasks as vCPUs and GB by stage, prices in USD by name."""

    tasks: Mapping[str, tuple[float, float]]
    endpoints: int
    sources: int
    requests_per_second: float  # of the slowest source
    measured: Mapping[str, float]
    assumed: Mapping[str, float]
    sizes: tuple[Size, ...]
    prices: Mapping[str, float]


def read_facts(tree: Path) -> Facts:
    """From this folder's tables, config/endpoints.json, and the sizes of prod in infra/aws."""
    measured, prices = (_read(_HERE / name) for name in ("measured.json", "prices.json"))
    listed = _read(tree / "config/endpoints.json")
    sizes = (tree / "infra/aws/environments/prod.tfvars").read_text()
    return Facts(
        tasks={
            stage: (int(cpu) / 1024, int(memory) / 1024)
            for stage, cpu, memory in _SIZE.findall(sizes)
        },
        endpoints=len(listed["endpoints"]),
        sources=len(listed["sources"]),
        requests_per_second=min(one["requests_per_second"] for one in listed["sources"].values()),
        measured={one["name"]: one["value"] for one in measured["measured"]},
        assumed={one["name"]: one["value"] for one in measured["assumed"]},
        sizes=tuple(Size(**one) for one in measured["sizes"]),
        prices={one["name"]: one["usd"] for one in prices["prices"]},
    )


def cost_of_month(facts: Facts, size: Size, warehouse: str) -> dict[str, float]:
    """USD by item, for a run a day; `warehouse` is duckdb or snowflake."""
    extractor = _extractor_seconds(facts)
    transformer = _transformer_seconds(facts, size, warehouse)
    hours = {"extractor": extractor * _DAYS / 3600, "transformer": transformer * _DAYS / 3600}
    price = facts.prices
    items = {
        "tasks of the extractor": _task_cost(facts, "extractor", hours["extractor"]),
        "tasks of the transformer": _task_cost(facts, "transformer", hours["transformer"]),
        "tasks of the reporter": _task_cost(
            facts, "reporter", _reporter_seconds(facts) * _DAYS / 3600
        ),
        "state transitions": _DAYS * _transitions(facts) * price["transition"],
        "lake: storage": size.lake_gb * price["s3_gb_month"],
        "lake: requests": _DAYS
        * (
            facts.measured["lake_puts"] * price["s3_put"]
            + facts.assumed["lake_gets"] * price["s3_get"]
        ),
        "images": facts.assumed["images_gb"] * price["ecr_gb_month"],
        "keys in Secrets Manager": facts.sources * price["secret_month"],
        "alarms": facts.assumed["alarms"] * price["alarm_month"],
    }
    if warehouse == "snowflake":
        awake = _awake_seconds(facts)
        items["Snowflake: warehouse"] = _DAYS * awake / 3600 * price["credit"]
        items["Snowflake: storage"] = size.warehouse_gb / 1000 * price["snowflake_tb_month"]
    return items


def _extractor_seconds(facts: Facts) -> float:
    """Of a day's tasks: each from the pull of its image, their CPU at a share of a core, the API's pace."""
    vcpu, _ = facts.tasks["extractor"]
    starts = facts.endpoints * facts.assumed["start_seconds"]
    paced = facts.measured["requests"] / facts.requests_per_second
    return starts + facts.measured["extractor_cpu_seconds"] / vcpu + paced


def _transformer_seconds(facts: Facts, size: Size, warehouse: str) -> float:
    start = facts.assumed["start_seconds"]
    if warehouse == "snowflake":  # the work is Snowflake's; the task waits for it
        return start + _build_seconds_in_snowflake(facts)
    vcpu, _ = facts.tasks["transformer"]
    return start + max(size.build_seconds, size.build_cpu_seconds / vcpu)


def _reporter_seconds(facts: Facts) -> float:
    vcpu, _ = facts.tasks["reporter"]
    return facts.assumed["start_seconds"] + facts.measured["reporter_cpu_seconds"] / vcpu


def _build_seconds_in_snowflake(facts: Facts) -> float:
    statements = facts.measured["statements"] / facts.assumed["statements_at_once"]
    return ceil(statements) * facts.assumed["statement_seconds"]


def _awake_seconds(facts: Facts) -> float:
    """A day's: the build, and what the warehouse waits before it is suspended."""
    return _build_seconds_in_snowflake(facts) + facts.assumed["idle_seconds"]


def _task_cost(facts: Facts, stage: str, hours: float) -> float:
    vcpu, gb = facts.tasks[stage]
    price = facts.prices
    return hours * (vcpu * price["vcpu_hour"] + gb * price["gb_hour"] + price["ipv4_hour"])


def _transitions(facts: Facts) -> float:
    return (
        facts.endpoints * facts.measured["transitions_an_endpoint"]
        + facts.measured["transitions_a_run"]
    )


def _read(file: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(file.read_text())
    return said
