"""What a dbt invocation did, from run_results.json and the dbt manifest that it leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gamemarket.errors import DefectError

__all__ = ["DbtResults", "ModelResult", "TestResult", "read_results"]


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model: `relation` is schema.table, `key` its natural key (empty for views).

    `columns` are names and types as its contract has them; empty without a contract.
    """

    name: str
    relation: str
    key: tuple[str, ...]
    is_mart: bool
    is_view: bool
    status: str
    message: str
    seconds: float
    columns: tuple[tuple[str, str], ...] = ()
    description: str = ""
    column_descriptions: tuple[tuple[str, str], ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether it was built."""
        return self.status == "success"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a model: `failures` rows, which `sql` shows, are not as they should be."""

    # Not a test class, whatever pytest makes of its name.
    __test__ = False

    name: str
    model: str
    status: str
    is_error: bool
    failures: int
    message: str
    compiled_file: str
    sql: str = ""

    def with_failures(self, failures: int) -> TestResult:
        """The same test, asked again."""
        status = ("fail" if self.is_error else "warn") if failures else "pass"
        return replace(self, status=status, failures=failures, message="")

    @property
    def passed(self) -> bool:
        """Whether there was nothing to complain about."""
        return self.status == "pass"


@dataclass(frozen=True, slots=True)
class DbtResults:
    """All nodes of one invocation."""

    models: tuple[ModelResult, ...]
    tests: tuple[TestResult, ...]

    @property
    def broken_models(self) -> tuple[ModelResult, ...]:
        """Models that ended in an error of their own; those skipped behind them are not here."""
        return tuple(model for model in self.models if model.status == "error")

    @property
    def failed_tests(self) -> tuple[TestResult, ...]:
        """Tests that decide the run: warnings are not among them."""
        return tuple(test for test in self.tests if test.status == "fail")

    @property
    def broken_tests(self) -> tuple[TestResult, ...]:
        """Tests that could not be run: they say nothing of the data."""
        return tuple(test for test in self.tests if test.status == "error")


def read_results(target: Path) -> DbtResults:
    """Reads what the last invocation left in dbt's target folder."""
    nodes = _read_json(target / "manifest.json")["nodes"]
    results = _read_json(target / "run_results.json")["results"]
    found = [(nodes[r["unique_id"]], r) for r in results if r["unique_id"] in nodes]
    return DbtResults(
        models=tuple(_model(n, r) for n, r in found if n["resource_type"] == "model"),
        tests=tuple(_test(nodes, n, r) for n, r in found if n["resource_type"] == "test"),
    )


def _model(node: dict[str, Any], result: dict[str, Any]) -> ModelResult:
    key = node["config"].get("unique_key") or ()
    return ModelResult(
        name=node["name"],
        relation=f"{node['schema']}.{node['alias']}",
        key=(key,) if isinstance(key, str) else tuple(key),
        is_mart=node["fqn"][1] == "marts",
        is_view=node["config"]["materialized"] == "view",
        status=result["status"],
        message=result["message"] or "",
        seconds=result["execution_time"],
        columns=tuple((name, column["data_type"]) for name, column in node["columns"].items())
        if node["config"]["contract"]["enforced"]
        else (),
        description=" ".join(node["description"].split()),
        column_descriptions=tuple(
            (name, " ".join(column["description"].split()))
            for name, column in node["columns"].items()
        ),
    )


def _test(nodes: dict[str, Any], node: dict[str, Any], result: dict[str, Any]) -> TestResult:
    # The model that dagster-dbt attaches the check to: the one whose yml holds the test.
    attached = node.get("attached_node") or node["depends_on"]["nodes"][0]
    return TestResult(
        name=node["name"],
        model=nodes[attached]["name"] if attached in nodes else attached.rpartition(".")[2],
        status=result["status"],
        is_error=node["config"]["severity"].lower() == "error",
        failures=result["failures"] or 0,
        message=result["message"] or "",
        compiled_file=node.get("compiled_path") or "",
        sql=result.get("compiled_code") or "",
    )


def _read_json(file: Path) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = json.loads(file.read_bytes())
    except OSError as error:
        raise DefectError(f"dbt left no {file.name}: {error.strerror} ({file}).") from error
    return parsed
