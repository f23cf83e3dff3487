"""What the requests cost: reserved in the lake before they are made, settled when a run ends.

A run that dies leaves its reservation, so the ledger can only overstate, by a block at most. Blocks are
put before they are counted: of two runs at the limit's edge none gets more than there is.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from gamemarket.endpoints import Source
from gamemarket.errors import StoppedEarlyError
from gamemarket.lake import Lake
from gamemarket.lake_keys import LakeKey, LedgerBlockKey, LedgerSettledKey, parse_lake_key
from gamemarket.run_dates import Clock

# A listing of the period for every 20 requests costs less than one of them.
BLOCK_REQUESTS = 20


class BudgetSpentError(StoppedEarlyError):
    """The month's requests, or those that the caller allowed, are spent."""


def find_period(today: date, reset_day: int) -> date:
    """The first day of the quota period that `today` lies in."""
    if today.day >= reset_day:
        return today.replace(day=reset_day)
    earlier = today.month - 1 or 12
    return date(today.year - (today.month == 1), earlier, reset_day)


def find_days_of_period(month: date, reset_day: int) -> tuple[date, date]:
    """The first and the last run date that the quota period that begins in a month pays for.

    A run date is read on the day after it.
    """
    begins = month.replace(day=reset_day)
    ends = find_period(begins + timedelta(days=31), reset_day)
    return begins - timedelta(days=1), ends - timedelta(days=2)


class Ledger:
    """The reservations of all runs of one source in one quota period."""

    def __init__(self, lake: Lake, source: str, period: date) -> None:
        """Reads nothing yet."""
        self._lake = lake
        self._source = source
        self._period = period.isoformat()
        # A run asks every 20 requests: what it has seen once is not read or parsed again.
        self._known: dict[str, tuple[LakeKey, int]] = {}

    def count_requests(self) -> int:
        """Requests reserved or spent so far in the period: one listing, and each object once."""
        blocks: Counter[str] = Counter()
        settled: dict[str, int] = {}
        for stored in self._lake.list(f"ledger/{self._source}/{self._period}/"):
            key, requests = self._read(stored.key)
            if isinstance(key, LedgerSettledKey):
                settled[key.run_id] = requests
            elif isinstance(key, LedgerBlockKey):
                blocks[key.run_id] += requests
        return sum({**blocks, **settled}.values())

    def reserve(self, run_id: str, block: int, requests: int) -> None:
        """Puts a block."""
        key = LedgerBlockKey(source=self._source, period=self._period, run_id=run_id, block=block)
        self._lake.put_if_absent(key, _encode(requests))
        self._known[str(key)] = (key, requests)

    def settle(self, run_id: str, requests: int) -> None:
        """Puts what a run has spent in the period, in place of what it reserved."""
        key = LedgerSettledKey(source=self._source, period=self._period, run_id=run_id)
        self._lake.put_if_absent(key, _encode(requests))

    def _read(self, key: str) -> tuple[LakeKey, int]:
        if key not in self._known:
            requests = int(json.loads(self._lake.get(key))["requests"])
            self._known[key] = (parse_lake_key(key), requests)
        return self._known[key]


class RequestBudget:
    """What one run may spend; asked before every request, from any thread."""

    def __init__(
        self,
        ledger_of: Callable[[date], Ledger],
        source: Source,
        run_id: str,
        clock: Clock,
        max_requests: int | None = None,
    ) -> None:
        """`ledger_of` opens the ledger of a quota period; `max_requests` is the caller's limit."""
        self._ledger_of = ledger_of
        self._source = source
        self._run_id = run_id
        self._clock = clock
        self._max_requests = max_requests
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None
        self._period = date.min
        self._counted = self._blocks = self._reserved = self._spent = 0
        self.total_spent = 0

    def take(self) -> None:
        """Spends one request; BudgetSpentError when there is none left."""
        with self._lock:
            if self._max_requests is not None and self.total_spent >= self._max_requests:
                raise BudgetSpentError(
                    "The requests of --max-requests are spent. What was read "
                    "is kept: the same command goes on from there."
                )
            self._enter_period()
            if self._spent == self._reserved:
                self._reserve_block()
            self._spent += 1
            self.total_spent += 1

    def close(self) -> None:
        """Settles what was reserved and not spent; at the end of the run, however it ends."""
        with self._lock:
            if self._ledger is not None and self._reserved:
                self._ledger.settle(self._run_id, self._spent)
                self._ledger = None

    def _enter_period(self) -> None:
        """A run may outlive its quota period: each has its own blocks."""
        period = find_period(self._clock.now().date(), self._source.quota_reset_day)
        if self._ledger is not None and period == self._period:
            return
        if self._ledger is not None and self._reserved:
            self._ledger.settle(self._run_id, self._spent)
        self._ledger, self._period = self._ledger_of(period), period
        self._counted = self._ledger.count_requests()
        self._blocks = self._reserved = self._spent = 0

    def _reserve_block(self) -> None:
        assert self._ledger is not None
        limit = self._source.monthly_requests
        block = BLOCK_REQUESTS
        if self._max_requests is not None:
            block = min(block, self._max_requests - self.total_spent)
        if limit is not None:
            block = min(block, limit - self._counted)
        if block > 0:
            self._blocks += 1
            self._ledger.reserve(self._run_id, self._blocks, block)
            self._reserved += block
            if limit is not None:
                self._counted = self._ledger.count_requests()
        if block <= 0 or (limit is not None and self._counted > limit):
            raise BudgetSpentError(
                f"The {limit} requests of the period from {self._period} on are spent "
                "(monthly_requests in endpoints.json). What was read is kept: run the same "
                "command again in the next period."
            )


def _encode(requests: int) -> bytes:
    return json.dumps({"requests": requests}).encode() + b"\n"
