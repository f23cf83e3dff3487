"""The last asset of a daily run: it fails the run when a partition of the day is not whole.

What is committed of an incomplete partition is worth transforming, so its own step can't fail; this
one, after the transformation, does.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from orchestrator.lake_assets import COMPLETE
from orchestrator.partitions import daily_partitions

DAILY_OUTCOME = "daily_outcome"

# What is added up over the partitions of a run, and the metadata that holds it.
_FIGURES = {"requests": "requests", "rows": "dagster/partition_row_count"}


def build_daily_outcome(upstream: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """An asset after all others; materialized: the day is whole but for what was stopped early."""

    @dg.asset(
        name=DAILY_OUTCOME,
        deps=find_last_assets(upstream),
        group_name="outcome",
        partitions_def=daily_partitions,
        description="The end of a daily run: fails when a partition of the day is not complete.",
    )
    def daily_outcome(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        stopped = judge_run(context.instance, context.run.run_id)
        for line in stopped:
            context.log.warning(line)
        return dg.MaterializeResult(
            metadata={
                "state": "open" if stopped else "committed",
                "incomplete": len(stopped),
                **sum_up(context.instance, context.run.run_id),
            }
        )

    return daily_outcome


def find_last_assets(upstream: Sequence[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """The assets that nothing else is made from: after them a run is over."""
    keys = {key for assets in upstream for key in assets.keys}
    used = {dep for assets in upstream for deps in assets.asset_deps.values() for dep in deps}
    return sorted(keys - used)


def judge_run(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """The partitions of a run that were stopped early; Failure when one is incomplete for good."""
    failed = find_failed_checks(instance, run_id)
    failed = [check for check in failed if check.check_name == COMPLETE]
    incomplete = [check for check in failed if check.severity == dg.AssetCheckSeverity.ERROR]
    if incomplete:
        names = "; ".join(map(_explain, incomplete))
        raise dg.Failure(f"Not complete: {names}", allow_retries=False)
    return [_explain(check) for check in failed]


def sum_up(instance: dg.DagsterInstance, run_id: str) -> dict[str, int]:
    """What a run read, over all its partitions."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    materialized = [record.asset_materialization for record in records]
    return {name: sum(_find_numbers(materialized, key)) for name, key in _FIGURES.items()}


def _find_numbers(events: Iterable[dg.AssetMaterialization | None], figure: str) -> Iterable[int]:
    for event in events:
        value = event.metadata.get(figure) if event else None
        if isinstance(value, dg.IntMetadataValue) and value.value is not None:
            yield value.value


def find_failed_checks(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckEvaluation]:
    """The checks of one run that did not pass."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    evaluations = [event.asset_check_evaluation_data for event in events if event]
    return [evaluation for evaluation in evaluations if not evaluation.passed]


def _explain(check: dg.AssetCheckEvaluation) -> str:
    """The asset, and what the check said."""
    return f"{check.asset_key.path[-1]}: {check.description or check.check_name}"
