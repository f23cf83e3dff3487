"""One asset for each endpoint of endpoints.json: a partition of the lake, read by the extractor."""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from gamemarket.endpoints import Endpoint, Endpoints
from orchestrator.outcomes import describe_extraction
from orchestrator.partitions import daily_partitions
from orchestrator.resources import RawgResource
from orchestrator.stage_runner import StageRunner

# What a failed check of a partition is called, on every endpoint.
COMPLETE = "complete"


class ReadConfig(dg.Config):
    """How much of an endpoint a run reads."""

    max_pages: int = Field(default=-1, ge=-1, description="Pages at most; -1 is no limit.")


def lake_asset_key(endpoint: Endpoint) -> dg.AssetKey:
    """The key that dbt's sources have too: ["rawg_lake", "raw_games"]."""
    return dg.AssetKey([f"{endpoint.source}_lake", f"raw_{endpoint.name}"])


def build_lake_assets(
    endpoints: Endpoints, retry_policy: dg.RetryPolicy | None
) -> list[dg.AssetsDefinition]:
    """The assets of all endpoints, in the order of endpoints.json."""
    return [
        build_lake_asset(endpoint, endpoints.parents_of(endpoint), retry_policy)
        for endpoint in endpoints.endpoints
    ]


def build_lake_asset(
    endpoint: Endpoint, parents: tuple[Endpoint, ...], retry_policy: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    """One endpoint's asset, read after those whose rows name its ids.

    The pool lets one process at a time read the API.
    """
    key = lake_asset_key(endpoint)

    @dg.asset(
        key=key,
        description=f"{endpoint.description}. Kind: {endpoint.kind}.",
        deps=[lake_asset_key(parent) for parent in parents],
        group_name=f"{endpoint.source}_lake",
        kinds={"json"},
        partitions_def=daily_partitions,
        pool=f"{endpoint.source}_api",
        retry_policy=retry_policy,
        check_specs=[dg.AssetCheckSpec(COMPLETE, asset=key, description=_CHECK_DESCRIPTION)],
        metadata={"path": endpoint.path, "kind": endpoint.kind},
    )
    def read_endpoint(
        context: dg.AssetExecutionContext,
        config: ReadConfig,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        outcome = stages.run(
            context,
            "extractor",
            build_extractor_args(endpoint.name, context.partition_key, config.max_pages),
            title=key.path[-1],
            environment=rawg.environment(),
        )
        yield describe_extraction(outcome.report, COMPLETE)

    return read_endpoint


_CHECK_DESCRIPTION = "Everything that the API had of this run date is in the lake."


def build_extractor_args(endpoint: str, run_date: str, max_pages: int) -> list[str]:
    """The extractor's arguments for one partition."""
    args = ["run", "--endpoint", endpoint, "--run-date", run_date]
    return args if max_pages < 0 else [*args, "--max-pages", str(max_pages)]
