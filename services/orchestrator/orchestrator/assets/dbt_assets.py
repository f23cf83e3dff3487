"""One asset for each dbt model, from dbt's manifest; the transformer builds them all at once."""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from pydantic import Field

from gamemarket.errors import ExitCode
from orchestrator.assets.dagster_events import build_failure
from orchestrator.assets.resources import DbtResource, RawgResource
from orchestrator.stages.stage_runner import StageRunner

Result = dg.MaterializeResult[Any] | dg.AssetCheckResult

# The file of a DuckDB warehouse has one writer.
WAREHOUSE_POOL = "warehouse"


class BuildConfig(dg.Config):
    """How the transformer builds."""

    full_refresh: bool = Field(
        default=False, description="Build every mart anew from the whole lake."
    )
    target: str = Field(default="dev", description="dev is DuckDB, prod is Snowflake.")
    accept_drift: bool = Field(
        default=False,
        description="Load rows also when fields that models read have gone or changed their type.",
    )


class ProjectTranslator(DagsterDbtTranslator):
    """A model's asset key is its name, its group the layer that its folder names."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`dim_games` -> ["dim_games"]; a source keeps its two parts."""
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """staging, intermediate, marts."""
        folders = dbt_resource_props["fqn"][1:-1]
        return folders[0] if folders else None

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own description, without the SQL that the default appends."""
        return str(dbt_resource_props.get("description") or "")


def build_dbt_assets(manifest: Path, retry_policy: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    """All models of the project as one multi-asset."""

    @dbt_assets(
        manifest=manifest,
        name="analytics_dbt_assets",
        dagster_dbt_translator=ProjectTranslator(),
        pool=WAREHOUSE_POOL,
        retry_policy=retry_policy,
    )
    def analytics_dbt_assets(
        context: dg.AssetExecutionContext,
        config: BuildConfig,
        dbt: DbtResource,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Iterator[Any]:
        models = [key.path[-1] for key in context.selected_asset_keys] if context.is_subset else []
        ended = stages.run(
            context,
            "transformer",
            build_transformer_args(config, models),
            title="analytics",
            environment=rawg.lake_environment(),
        )
        results = [count_rows(r) for r in ended.results if _is_expected(r, context)]
        yield from sorted(results, key=build_order(context.assets_def.asset_deps))
        if ended.report.exit_code != ExitCode.DONE:
            raise build_failure(ended.report)
        yield from _account_for_silence(results, context)

    return analytics_dbt_assets


def build_transformer_args(config: BuildConfig, models: Sequence[str]) -> list[str]:
    """The transformer's arguments; no models: all of them."""
    args = ["build", "--target", config.target]
    if config.full_refresh:
        args.append("--full-refresh")
    if config.accept_drift:
        args.append("--accept-drift")
    for model in sorted(models):
        args += ["--select", model]
    return args


def build_order(
    deps: Mapping[dg.AssetKey, Iterable[dg.AssetKey]],
) -> Callable[[Result], int]:
    """A sort key: Dagster wants a model after those it is made from; its checks come with it."""
    order = {key: place for place, key in enumerate(TopologicalSorter(deps).static_order())}
    return lambda result: order[result.asset_key] if result.asset_key else -1


def count_rows(result: Result) -> Result:
    """A model's rows, as Dagster's own row count too: its pages draw that over time."""
    rows = (result.metadata or {}).get("rows")
    if isinstance(result, dg.AssetCheckResult) or rows is None:
        return result
    return result._replace(metadata={**(result.metadata or {}), "dagster/row_count": rows})


def _is_expected(result: Result, context: dg.AssetExecutionContext) -> bool:
    """Dagster refuses what is not selected; dbt also runs tests that belong to no one asset."""
    selected = context.selected_asset_keys | context.selected_asset_check_keys
    return _key_of(result) in selected


def _key_of(
    result: Result,
) -> dg.AssetKey | dg.AssetCheckKey:
    assert result.asset_key is not None  # the Pipes protocol has no message without one
    if isinstance(result, dg.MaterializeResult):
        return result.asset_key
    assert result.check_name is not None
    return dg.AssetCheckKey(result.asset_key, result.check_name)


def _account_for_silence(
    results: Sequence[Result], context: dg.AssetExecutionContext
) -> Iterator[dg.AssetCheckResult]:
    """Dagster wants a result for everything selected.

    The tests of a model that has not changed since they passed are not run again; any other test
    that told nothing is a warning.
    """
    reported = {_key_of(result) for result in results}
    silent = context.selected_asset_keys - reported
    if silent:
        names = ", ".join(sorted(key.to_user_string() for key in silent))
        raise dg.Failure(f"The transformer told nothing of: {names}.", allow_retries=False)
    unchanged = {result.asset_key for result in results if _is_unchanged(result)}
    for key in context.selected_asset_check_keys - reported:
        passed_before = key.asset_key in unchanged
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed_before,
            severity=dg.AssetCheckSeverity.WARN,
            description="Not run again: its model is unchanged since it passed."
            if passed_before
            else "The transformer told nothing of this test.",
        )


def _is_unchanged(result: Result) -> bool:
    """What the transformer says of a model that it did not build, because nothing was new."""
    unchanged = (result.metadata or {}).get("unchanged")
    return isinstance(unchanged, dg.BoolMetadataValue) and unchanged.value is True
