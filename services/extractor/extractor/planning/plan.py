"""What a run would cost, told from the lake and endpoints.json before a single request is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean

from pydantic import BaseModel, ConfigDict

from extractor.api.ledger import find_period
from extractor.planning.choose_work import Work
from extractor.planning.decide import decide
from extractor.reading.open_generation import count_open_pages
from gamemarket.endpoints import Endpoint, Source
from gamemarket.lake import Lake
from gamemarket.lake_keys import ManifestKey, Partition
from gamemarket.manifest import find_current_manifests, read_manifest
from gamemarket.run_dates import Clock

# So many of an endpoint's latest days tell how long its next one will be.
_DAYS_OF_HISTORY = 7
# Both ends of a list of several pages are asked for again.
_PROOF_REQUESTS = 2
# A page of 400 KB from RAWG through Cloudflare takes about this long (assumed, not measured).
_TYPICAL_LATENCY_SECONDS = 0.5


COLUMNS = (
    "endpoint",
    "run_dates",
    "each",
    "a_day",
    "requests",
    "minutes",
    "because",
)


class PlanLine(BaseModel):
    """One endpoint: on how many run dates it would be read, and what that would cost.

    `each` is what one of them costs from its beginning, `a_day` the mean over all
    days that are planned; `by_period` are the requests by the quota period that pays for them.
    """

    model_config = ConfigDict(frozen=True)

    endpoint: str
    run_dates: int
    each: int
    a_day: float
    requests: int
    minutes: float
    because: str
    by_period: dict[date, int]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the lake holds of an endpoint: two listings, however many days are planned."""

    manifests: dict[Partition, ManifestKey]
    open_pages: Mapping[tuple[Partition, int], int]

    @classmethod
    def list(cls, lake: Lake, endpoint: Endpoint) -> _Stored:
        return cls(
            find_current_manifests(lake, endpoint.source, endpoint.name),
            count_open_pages(lake, f"inflight/{endpoint.source}/{endpoint.name}/"),
        )

    def find_latest(self) -> date | None:
        return max((partition.run_date for partition in self.manifests), default=None)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans work on one source's endpoints."""

    lake: Lake
    source: Source
    clock: Clock

    def plan(self, work: Iterable[Work]) -> list[PlanLine]:
        """A line an endpoint, in the order of their first run dates."""
        days: dict[str, list[Work]] = {}
        for item in work:
            days.setdefault(item.endpoint.name, []).append(item)
        return [self._plan_endpoint(items[0].endpoint, items) for items in days.values()]

    def _plan_endpoint(self, endpoint: Endpoint, work: list[Work]) -> PlanLine:
        stored = _Stored.list(self.lake, endpoint)
        each, because = self._expect_requests(endpoint, stored)
        costs = {day: cost for day, cost in self._costs(endpoint, work, each, stored) if cost}
        requests = sum(costs.values())
        return PlanLine(
            endpoint=endpoint.name,
            run_dates=len(costs),
            each=each,
            a_day=round(requests / len(work), 1),
            requests=requests,
            minutes=round(requests / self._requests_per_second() / 60, 1),
            because=because if costs else "nothing is due",
            by_period=self._sum_by_period(costs),
        )

    def _sum_by_period(self, costs: dict[date, int]) -> dict[date, int]:
        """A day that is over is read and paid for today, one to come on the day after it."""
        periods: Counter[date] = Counter()
        for day, cost in costs.items():
            paid_on = max(day + timedelta(days=1), self.clock.now().date())
            periods[find_period(paid_on, self.source.quota_reset_day)] += cost
        return dict(periods)

    def _costs(
        self, endpoint: Endpoint, work: list[Work], whole: int, stored: _Stored
    ) -> Iterator[tuple[date, int]]:
        """The requests of each run date; days to come are due as often as the interval says."""
        refreshed = stored.find_latest()
        is_planned = False
        for item in work:
            if item.run_date > self.clock.newest_complete_day():
                if _is_due_by(endpoint, item.run_date, refreshed):
                    yield item.run_date, whole
                    refreshed = item.run_date
                continue
            if endpoint.is_due_by_interval and is_planned:
                continue  # a backfill reads a snapshot once
            decision = decide(
                self.lake, endpoint, item.run_date, item.options, self.clock, stored.manifests
            )
            if decision.action == "read":
                begun = (decision.partition, decision.next_generation)
                yield item.run_date, max(whole - stored.open_pages.get(begun, 0), 1)
                refreshed, is_planned = item.run_date, True

    def _expect_requests(self, endpoint: Endpoint, stored: _Stored) -> tuple[int, str]:
        if endpoint.daily_requests is not None:
            return endpoint.daily_requests, "its daily_requests: at most"
        pages, because = self._expect_pages(endpoint, stored)
        return pages + _count_proof(endpoint, pages), because

    def _expect_pages(self, endpoint: Endpoint, stored: _Stored) -> tuple[int, str]:
        manifests = stored.manifests
        latest = sorted(manifests, key=lambda partition: partition.run_date)[-_DAYS_OF_HISTORY:]
        if latest:
            seen = [len(read_manifest(self.lake, manifests[p]).pages) for p in latest]
            return max(1, round(mean(seen))), f"its last {len(seen)} partitions"
        if endpoint.page_limit or endpoint.expected_pages:
            return endpoint.page_limit or endpoint.expected_pages or 1, "endpoints.json"
        return 1, "unknown until it is read once: at least"

    def _requests_per_second(self) -> float:
        by_concurrency = self.source.concurrency / _TYPICAL_LATENCY_SECONDS
        return min(self.source.requests_per_second or by_concurrency, by_concurrency)


def _count_proof(endpoint: Endpoint, pages: int) -> int:
    return _PROOF_REQUESTS if endpoint.coverage_asked is None and pages > 1 else 0


def _is_due_by(endpoint: Endpoint, day: date, refreshed: date | None) -> bool:
    """Whether an endpoint will be read on a day to come."""
    if not endpoint.is_due_by_interval or endpoint.refresh_days is None or refreshed is None:
        return True
    return day - refreshed >= timedelta(days=endpoint.refresh_days)
