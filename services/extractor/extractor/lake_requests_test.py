"""What commands cost the lake when it holds ten years of ten endpoints: requests, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import cast

import pytest

from extractor.api.ledger import Ledger
from extractor.inspection.status import LATEST_SHOWN, find_manifests_between, read_status
from extractor.inspection.verify import verify_partition
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions, decide
from extractor.planning.plan import Planner
from extractor.reading.query import compute_fingerprint
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import load_endpoints
from gamemarket.errors import ExitCode, MissingObjectError
from gamemarket.lake import Lake
from gamemarket.lake_keys import LakeKey, LedgerBlockKey, LedgerSettledKey, ManifestKey, Partition
from gamemarket.manifest import Manifest
from gamemarket.run_dates import Clock, days_between
from gamemarket.stored_object import StoredObject

CONFIG = load_endpoints()
ENDPOINTS = {endpoint.name: endpoint for endpoint in CONFIG.endpoints}
FIRST, LAST = date(2024, 1, 1), date(2033, 12, 31)
DAYS = list(days_between(FIRST, LAST))
NOW = datetime(2034, 1, 1, 6, tzinfo=UTC)
CLOCK = Clock(NOW)
# S3 lists 1,000 keys a request.
LISTED = ceil(len(DAYS) / 1_000)
RUNS_OF_THE_MONTH = 300


class TenYears:
    """A lake of manifests, made up when they are read; counts what a store in S3 would be asked."""

    uri = "memory:"

    def __init__(self) -> None:
        partitions = [(name, day) for name in ENDPOINTS for day in DAYS]
        self._keys = [f"manifests/rawg/{n}/run_date={day}/gen_001.json" for n, day in partitions]
        self._keys += [str(key) for key in _month_of_runs()]
        self._keys.sort()
        self.asked: Counter[str] = Counter()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        found = [key for key in self._keys if key.startswith(prefix)]
        self.asked["list"] += max(1, ceil(len(found) / 1_000))
        return (StoredObject(key, 1) for key in found)

    def get(self, key: LakeKey | str) -> bytes:
        self.asked["get"] += 1
        parsed = ManifestKey.parse(str(key))
        if parsed is None:
            raise MissingObjectError(str(key))
        return _build_manifest(parsed.partition).to_bytes()

    def put_if_absent(self, key: LakeKey, body: bytes | bytearray) -> bool:
        raise AssertionError(f"nothing is due, and {key} is put")


def _month_of_runs() -> Iterator[LakeKey]:
    names = {"source": "rawg", "period": "2034-01-01"}
    for number in range(RUNS_OF_THE_MONTH):
        yield LedgerBlockKey(run_id=f"run{number}", block=1, requests=50, **names)
        yield LedgerSettledKey(run_id=f"run{number}", requests=33, **names)


def _build_manifest(partition: Partition) -> Manifest:
    return Manifest(
        source=partition.source,
        endpoint=partition.endpoint,
        run_date=partition.run_date,
        generation=1,
        run_id="run1",
        fingerprint=compute_fingerprint(ENDPOINTS[partition.endpoint], partition.run_date),
        params={},
        page_size=40,
        page_limit=None,
        max_pages=None,
        complete=True,
        reasons=(),
        parts=(),
        pages=(),
        readings=(),
        count=0,
        rows=0,
        distinct_ids=0,
        duplicates=0,
        requests=1,
        started_at=datetime.combine(partition.run_date, NOW.time(), UTC) + timedelta(days=1),
        finished_at=NOW,
        extractor_version="1",
    )


@pytest.fixture(scope="module")
def _ten_years() -> TenYears:
    return TenYears()


@pytest.fixture
def ten_years(_ten_years: TenYears) -> TenYears:
    _ten_years.asked.clear()
    return _ten_years


@pytest.fixture
def lake(ten_years: TenYears) -> Lake:
    return cast(Lake, ten_years)


def test_a_run_of_a_day_that_is_done_asks_for_its_own_partitions_only(
    ten_years: TenYears, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAWG_API_KEY", "canary-key")
    work = choose_work(CONFIG.endpoints, [LAST], ReadOptions(), parents_of=CONFIG.parents_of)
    summaries = run_endpoints(lake, CONFIG.sources, work, CLOCK)
    assert {summary.state for summary in summaries} == {"done"}
    # Which API it holds, and what was left of committed partitions; then two for each.
    assert ten_years.asked == {"get": 1 + len(work), "list": 1 + len(work)}


@pytest.mark.parametrize(("name", "lists", "gets"), [("games", 1, 0), ("genres", 1 + LISTED, 1)])
def test_a_day_that_is_not_committed_is_decided_by_little(
    ten_years: TenYears, lake: Lake, name: str, lists: int, gets: int
) -> None:
    tomorrow = LAST + timedelta(days=1)
    clock = Clock(NOW + timedelta(days=1))
    decision = decide(lake, ENDPOINTS[name], tomorrow, ReadOptions(), clock)
    assert decision.action == ("read" if name == "games" else "not_due")
    assert ten_years.asked == Counter({"list": lists, "get": gets})


@pytest.mark.parametrize(
    ("first", "gets"),
    [(LAST - timedelta(days=29), 30), (LAST + timedelta(days=1), 0)],
    ids=["30 days that are read", "30 days to come"],
)
def test_a_plan_lists_an_endpoint_once(
    ten_years: TenYears, lake: Lake, first: date, gets: int
) -> None:
    days = list(days_between(first, first + timedelta(days=29)))
    planner = Planner(lake, CONFIG.sources["rawg"], CLOCK)
    planner.plan(choose_work(CONFIG.endpoints, days, ReadOptions()))
    assert ten_years.asked["list"] == len(ENDPOINTS) * (LISTED + 1)
    assert ten_years.asked["get"] <= len(ENDPOINTS) * (gets + 7)


def test_the_status_reads_what_it_shows(ten_years: TenYears, lake: Lake) -> None:
    shown = read_status(lake, CONFIG.endpoints, None, NOW)
    assert len(shown) == len(ENDPOINTS) * LATEST_SHOWN
    assert {status.run_date for status in shown} == set(DAYS[-LATEST_SHOWN:])
    assert ten_years.asked["list"] == len(ENDPOINTS) * (LISTED + 1)
    assert ten_years.asked["get"] == len(shown)


def test_verifying_ten_days_reads_ten_manifests_an_endpoint(
    ten_years: TenYears, lake: Lake
) -> None:
    for endpoint in CONFIG.endpoints:
        for manifest in find_manifests_between(lake, endpoint, (DAYS[-10], LAST)):
            assert verify_partition(lake, manifest).exit_code == ExitCode.DONE
    assert ten_years.asked["list"] == len(ENDPOINTS) * LISTED
    assert ten_years.asked["get"] == len(ENDPOINTS) * 10


def test_the_requests_of_a_month_are_counted_by_one_listing(
    ten_years: TenYears, lake: Lake
) -> None:
    assert Ledger(lake, "rawg", date(2034, 1, 1)).count_requests() == RUNS_OF_THE_MONTH * 33
    assert ten_years.asked == {"list": 1}
