"""What a dbt run did with each model, from its run_results.json and dbt manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transformer.dbt_runner.dbt_files import MANIFEST, RUN_RESULTS, read_json

__all__ = ["ModelResult", "one_line", "read_models"]

# dbt's words for a model; `unchanged` is ours: it was left out of the run, since it stands as it should.
_BUILT: Final = "success"
_UNCHANGED: Final = "unchanged"
_LEFT_OUT: Final = {"status": _UNCHANGED, "message": "", "execution_time": 0.0}


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


def read_models(target: Path, *, some_only: bool = False) -> tuple[ModelResult, ...]:
    """What the last invocation left of each model in dbt's target folder.

    Models that were left out are `unchanged`; with `some_only` they are not named.
    """
    nodes = read_json(target / MANIFEST)["nodes"]
    results = {r["unique_id"]: r for r in read_json(target / RUN_RESULTS)["results"]}
    return tuple(
        _model(node, results.get(name, _LEFT_OUT))
        for name, node in nodes.items()
        if node["resource_type"] == "model" and (name in results or not some_only)
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
