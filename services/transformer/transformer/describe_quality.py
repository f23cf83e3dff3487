"""What a build publishes of its own quality, from the lake's manifests and the warehouse's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from gamemarket.build_quality import (
    BuildQuality,
    BuildRun,
    EndpointQuality,
    FailedCheck,
    PartitionQuality,
    Quota,
)
from gamemarket.endpoints import Endpoint, load_endpoints
from gamemarket.settings import Settings
from gamemarket.sources import Source
from transformer.checks.checks import Check
from transformer.checks.due_dates import find_due_run_date
from transformer.checks.results import read_runs
from transformer.dbt_runner.dbt_project import known_endpoints
from transformer.dbt_runner.dbt_results import ModelResult
from transformer.lake.lake_parts import LakePartition
from transformer.warehouse.lake_tables import Database, read_rows

__all__ = ["describe_quality", "describe_quotas"]

# Of partitions and of builds: what a person compares the last one with.
_KEPT: Final = 30
_REQUESTS: Final = (
    "select coalesce(sum(request_count), 0) from lake.partitions "
    "where source_system = ? and finished_at >= ?"
)
_NEWEST: Final = (
    "true qualify row_number() over "
    f"(partition by source_system, endpoint order by run_date desc) <= {_KEPT}"
)


def describe_quality(
    db: Database,
    settings: Settings,
    built_at: datetime,
    checks: Sequence[Check],
    models: Iterable[ModelResult],
) -> BuildQuality:
    """All of it; `checks` and `models` are this build's, those before are the warehouse's."""
    sources = load_endpoints(settings.endpoints_file).sources
    newest = read_rows(db, LakePartition, _NEWEST)
    newest_day = settings.clock.newest_complete_day()
    found = Counter(check.status for check in checks)
    this = BuildRun(
        started_at=built_at.replace(tzinfo=None),
        state="published",
        passed=found["pass"],
        warned=found["warn"],
        failed=found["fail"] + found["error"],
    )
    return BuildQuality(
        built_at=built_at,
        endpoints=tuple(
            _describe_endpoint(endpoint, newest, newest_day)
            for endpoint in known_endpoints(settings)
        ),
        quotas=tuple(describe_quotas(db, sources, built_at.date())),
        passed=this.passed,
        failed=tuple(
            FailedCheck.model_validate(check, from_attributes=True)
            for check in checks
            if check.status != "pass"
        ),
        runs=(*reversed(read_runs(db, _KEPT - 1)), this),
        model_seconds={
            model.name: round(model.seconds, 2) for model in models if not model.is_unchanged
        },
    )


def _describe_endpoint(
    endpoint: Endpoint, partitions: Sequence[LakePartition], newest_day: date
) -> EndpointQuality:
    name = (endpoint.source, endpoint.name)
    own = [one for one in partitions if (one.source_system, one.endpoint) == name]
    return EndpointQuality(
        source=endpoint.source,
        endpoint=endpoint.name,
        kind=endpoint.kind,
        due_run_date=find_due_run_date(endpoint, newest_day),
        partitions=tuple(map(_describe_partition, own)),
    )


def describe_quotas(db: Database, sources: Mapping[str, Source], today: date) -> list[Quota]:
    """What the period that `today` is in has cost so far."""
    return [
        Quota(
            source=name,
            since=since,
            spent=int(db.ask(_REQUESTS, [name, since])[0][0]),
            limit=source.monthly_requests,
        )
        for name, source in sorted(sources.items())
        for since in [_find_start(today, source.quota_reset_day)]
    ]


def _find_start(today: date, reset_day: int) -> date:
    if today.day >= reset_day:
        return today.replace(day=reset_day)
    return (today.replace(day=1) - timedelta(days=1)).replace(day=reset_day)


def _describe_partition(partition: LakePartition) -> PartitionQuality:
    return PartitionQuality(
        run_date=partition.run_date,
        is_complete=partition.is_complete,
        reasons=partition.reasons,
        rows=partition.distinct_id_count,
        reported=partition.reported_count,
        missing=partition.unaccounted_count,
        requests=partition.request_count,
        finished_at=partition.finished_at,
    )
