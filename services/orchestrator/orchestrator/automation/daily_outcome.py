"""The last asset of a daily run: it fails the run when a partition of the day is not whole.

What is committed of an incomplete partition is worth transforming, so its own step can't fail; this
one, after the transformation, does. It judges the partitions as they stand, whatever run read
them: a run that repeats only this step, or reads one endpoint anew, gets the day's answer too.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from gamemarket.errors import ExitCode
from orchestrator.assets.partitions import daily_partitions, read_partition

DAILY_OUTCOME = "daily_outcome"

# What is added up over the partitions of a day, and the metadata that holds it.
_FIGURES = {"requests": "requests", "rows": "dagster/partition_row_count"}

Day = Mapping[str, Mapping[str, object] | None]


def build_daily_outcome(
    upstream: Sequence[dg.AssetsDefinition], lake_keys: Sequence[dg.AssetKey]
) -> dg.AssetsDefinition:
    """An asset after all others; materialized: the day is whole but for what was stopped early."""

    @dg.asset(
        name=DAILY_OUTCOME,
        deps=find_last_assets(upstream),
        group_name="outcome",
        partitions_def=daily_partitions,
        description="The end of a daily run: fails when a partition of the day is not complete.",
    )
    def daily_outcome(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        run_date = context.partition_key
        day = {key.path[-1]: read_partition(context.instance, key, run_date) for key in lake_keys}
        stopped = judge_day(day)
        for line in stopped:
            context.log.warning(line)
        return dg.MaterializeResult(
            metadata={
                "state": "open" if stopped else "committed",
                "incomplete": len(stopped),
                **{name: sum(_find_numbers(day, key)) for name, key in _FIGURES.items()},
            }
        )

    return daily_outcome


def find_last_assets(upstream: Sequence[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """The assets that nothing else is made from: after them a run is over."""
    keys = {key for assets in upstream for key in assets.keys}
    used = {dep for assets in upstream for deps in assets.asset_deps.values() for dep in deps}
    return sorted(keys - used)


def judge_day(day: Day) -> list[str]:
    """The partitions of a day that were stopped early; Failure when one is incomplete for good."""
    incomplete = {name: _explain(found) for name, found in day.items() if not _is_worth(found)}
    if incomplete:
        names = "; ".join(f"{name}: {why}" for name, why in incomplete.items())
        raise dg.Failure(f"The day is not complete: {names}", allow_retries=False)
    return [
        f"{name}: {_explain(found)}"
        for name, found in day.items()
        if found and found.get("exit_code") == ExitCode.STOPPED_EARLY
    ]


def _is_worth(found: Mapping[str, object] | None) -> bool:
    return found is not None and found.get("exit_code") in (ExitCode.DONE, ExitCode.STOPPED_EARLY)


def _explain(found: Mapping[str, object] | None) -> str:
    if found is None:
        return "not read"
    return str(found.get("reasons") or f"ended with exit code {found.get('exit_code')}")


def _find_numbers(day: Day, figure: str) -> Iterable[int]:
    for found in day.values():
        value = found.get(figure) if found else None
        if isinstance(value, int):
            yield value
