"""One asset for each endpoint of endpoints.json: a partition of the lake, read by the extractor."""

# No `from __future__ import annotations`: Dagster reads the annotations of asset functions.
import warnings
from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from gamemarket.endpoints import Endpoint, Endpoints
from orchestrator.assets.dagster_events import describe_extraction
from orchestrator.assets.lake_links import LakeLinks
from orchestrator.assets.partitions import daily_partitions
from orchestrator.assets.resources import RawgResource
from orchestrator.stages.stage_runner import StageRunner

# What a failed check of a partition is called, on every endpoint.
COMPLETE = "complete"


class ReadConfig(dg.Config):
    """How a run reads an endpoint."""

    max_pages: int = Field(default=-1, ge=-1, description="Pages at most; -1 is no limit.")
    refetch: bool = Field(
        default=False, description="Read again what is committed; it adds to what is there."
    )

    def to_args(self) -> list[str]:
        """As the extractor takes them."""
        limit = [] if self.max_pages < 0 else ["--max-pages", str(self.max_pages)]
        return [*limit, "--refetch"] if self.refetch else limit


def lake_asset_key(endpoint: Endpoint) -> dg.AssetKey:
    """The key that dbt's sources have too: ["rawg_lake", "raw_games"]."""
    return dg.AssetKey([f"{endpoint.source}_lake", f"raw_{endpoint.name}"])


def api_pool(source: str) -> str:
    """The pool that lets one process at a time read a source's API."""
    return f"{source}_api"


def build_lake_assets(
    endpoints: Endpoints, links: LakeLinks, retry_policy: dg.RetryPolicy | None
) -> list[dg.AssetsDefinition]:
    """The assets of all endpoints, in the order of endpoints.json."""
    return [
        build_lake_asset(endpoint, endpoints, links, retry_policy)
        for endpoint in endpoints.endpoints
    ]


def build_lake_asset(
    endpoint: Endpoint, endpoints: Endpoints, links: LakeLinks, retry_policy: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    """One endpoint's asset; details come after the lists of the same day that name them."""
    key = lake_asset_key(endpoint)

    @dg.asset(
        key=key,
        deps=[lake_asset_key(parent) for parent in endpoints.parents_of(endpoint)],
        description=f"{endpoint.description}. Kind: {endpoint.kind}.",
        group_name=f"{endpoint.source}_lake",
        kinds={"json"},
        partitions_def=daily_partitions,
        pool=api_pool(endpoint.source),
        retry_policy=retry_policy,
        check_specs=[_build_check(key)],
        metadata={
            "kind": endpoint.kind,
            "api": dg.MetadataValue.url(endpoints.source_of(endpoint).base_url + endpoint.path),
        },
    )
    def read_endpoint(
        context: dg.AssetExecutionContext,
        config: ReadConfig,
        rawg: RawgResource,
        stages: dg.ResourceParam[StageRunner],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        ended = stages.run(
            context,
            "extractor",
            build_extractor_args(endpoint.name, context.partition_key, config),
            title=key.path[-1],
            environment=rawg.environment(),
        )
        yield describe_extraction(ended.report, COMPLETE, links.of_run(rawg.bucket_name))

    return read_endpoint


def _build_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """Of each partition by itself: a day of long ago says nothing of the newest one."""
    with warnings.catch_warnings():
        # Dagster 1.13 calls checks with partitions a preview; its version is pinned.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            COMPLETE,
            asset=key,
            description="Everything that the API had of this run date is in the lake.",
            partitions_def=daily_partitions,
        )


def build_extractor_args(endpoint: str, run_date: str, config: ReadConfig) -> list[str]:
    """The extractor's arguments for one partition."""
    return ["run", "--endpoint", endpoint, "--run-date", run_date, *config.to_args()]
