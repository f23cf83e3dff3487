"""What a dbt run did, from its run_results.json and dbt manifest; and what the data tests found then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from transformer.dbt_runner.dbt_files import read_json

__all__ = [
    "RESULTS_FILE",
    "DbtResults",
    "ModelResult",
    "TestResult",
    "TestStatus",
    "one_line",
    "read_results",
]

# dbt's words for a model; `unchanged` is ours: it was left out of the run, since it stands as it should.
_BUILT: Final = "success"
_UNCHANGED: Final = "unchanged"
_LEFT_OUT: Final = {"status": _UNCHANGED, "message": "", "execution_time": 0.0}

# error: it could not be run, so it says nothing of the data; skipped: something before it failed.
TestStatus = Literal["pass", "warn", "fail", "error", "skipped"]

# What came of the tests, beside dbt's own files.
RESULTS_FILE: Final = "data_test_results.json"


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model: `relation` is schema.table, `key` its natural key (empty for views).

    `columns` are names and types as its contract has them; empty without a contract. `replaces_everything`:
    each build makes it anew. `split_by`: the date by which it is published a month a file, if any.
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
    replaces_everything: bool = False
    split_by: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it was built."""
        return self.status == _BUILT

    @property
    def built_relation(self) -> str:
        """Where its rows are until the build has passed: a mart's become the mart then."""
        return f"pending.{self.name}" if self.is_mart else self.relation

    @property
    def is_unchanged(self) -> bool:
        """Whether it was left as it was, because nothing of it is new."""
        return self.status == _UNCHANGED

    @property
    def is_unsound(self) -> bool:
        """Whether it was to be built and was not: an error of its own, or behind one."""
        return self.status not in (_BUILT, _UNCHANGED)


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a model: `failures` rows, which `sql` shows, are not as they should be."""

    # Not a test class, whatever pytest makes of its name.
    __test__ = False

    name: str
    model: str
    status: TestStatus
    is_error: bool
    failures: int
    message: str
    compiled_file: str
    sql: str = ""

    def with_failures(self, failures: int) -> TestResult:
        """The same test, asked again."""
        status: TestStatus = ("fail" if self.is_error else "warn") if failures else "pass"
        return replace(self, status=status, failures=failures, message="")

    def with_file(self, file: Path) -> TestResult:
        """The same test, its query written to `file`."""
        file.write_text(self.sql)
        return replace(self, compiled_file=str(file))

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


def read_results(target: Path, *, some_only: bool = False) -> DbtResults:
    """Reads what the last invocation left in dbt's target folder; no tests before they were kept there.

    Models that were left out are `unchanged`; with `some_only` they are not named.
    """
    nodes = read_json(target / "manifest.json")["nodes"]
    results = {r["unique_id"]: r for r in read_json(target / "run_results.json")["results"]}
    models = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
    kept = target / RESULTS_FILE
    tests = read_json(kept)["results"] if kept.is_file() else ()
    return DbtResults(
        models=tuple(
            _model(node, results.get(name, _LEFT_OUT))
            for name, node in models.items()
            if name in results or not some_only
        ),
        tests=tuple(TestResult(**test) for test in tests),
    )


def one_line(text: str) -> str:
    """What an engine says, short enough for a sentence of ours."""
    return " ".join(text.split())[:500]


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
        replaces_everything=node["config"]["meta"].get("replaces") == "everything",
        split_by=node["config"]["meta"].get("split_by", ""),
    )
