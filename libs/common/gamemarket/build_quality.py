"""What a build knows of the quality of its data: published beside the marts, for who reads them.

The warehouse keeps the same and more (`transformer quality`); it is not always there to be asked.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from gamemarket.errors import LakeError, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import QualityKey

__all__ = [
    "BuildQuality",
    "BuildRun",
    "EndpointQuality",
    "FailedCheck",
    "PartitionQuality",
    "Quota",
    "read_quality_of",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class PartitionQuality(_Frozen):
    """A run date of an endpoint; `missing`: of the `reported` rows, how many are not there."""

    run_date: date
    is_complete: bool
    reasons: str
    rows: int
    reported: int
    missing: int
    requests: int
    finished_at: datetime


class EndpointQuality(_Frozen):
    """The last partitions of an endpoint, the oldest first; one of `due_run_date` or later is due."""

    source: str
    endpoint: str
    kind: str
    due_run_date: date
    partitions: tuple[PartitionQuality, ...]


class FailedCheck(_Frozen):
    """A check that did not pass, with some of what it found."""

    test: str
    model: str
    status: str
    failures: int
    message: str


class BuildRun(_Frozen):
    """A build, by how its checks ended."""

    started_at: datetime
    state: str
    passed: int
    warned: int
    failed: int


class Quota(_Frozen):
    """Requests of committed partitions since `since`, of those that a period has."""

    source: str
    since: date
    spent: int
    limit: int | None


class BuildQuality(_Frozen):
    """Of one build: its endpoints, what did not pass, the builds until it, its slowest models."""

    built_at: datetime
    endpoints: tuple[EndpointQuality, ...]
    quotas: tuple[Quota, ...]
    passed: int
    failed: tuple[FailedCheck, ...]
    runs: tuple[BuildRun, ...]
    model_seconds: dict[str, float]


def read_quality_of(lake: Lake, build_id: str) -> BuildQuality | None:
    """A build's; None of one that was published without. LakeError when it can't be read."""
    key = QualityKey(build_id=build_id)
    try:
        return BuildQuality.model_validate_json(lake.get(key))
    except MissingObjectError:
        return None
    except ValueError as error:
        raise LakeError(
            f"{key} can't be read ({str(error).splitlines()[0]}): build again by "
            "`transformer build --full-refresh`."
        ) from None
