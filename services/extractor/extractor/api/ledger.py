"""What the requests cost: reserved in the lake before they are made, settled when a run ends.

A reservation is put, then counted: it holds when all that stands there by then fits the limit, and is
taken back otherwise. So whoever comes last at the limit's edge sees all others, and more than there is
is never spent. A run that dies leaves its reservation: the ledger only overstates, by a block at most.
The numbers stand in the keys, so counting a period is one listing.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from pydantic import BaseModel, ValidationError

from gamemarket.endpoints import Source
from gamemarket.errors import LakeError, StoppedEarlyError
from gamemarket.lake import Lake
from gamemarket.lake_keys import (
    FormerLedgerBlockKey,
    FormerLedgerSettledKey,
    LedgerBlockKey,
    LedgerSettledKey,
    parse_listed,
)
from gamemarket.run_dates import Clock

_log = logging.getLogger(__name__)

# A block costs a put and a listing, some 50 ms in S3, and a run that is killed loses what it has not
# spent of one. Far from the limit 50 requests are a quarter of a percent of the month.
MAX_BLOCK_REQUESTS = 50
_BLOCKS_THAT_ARE_LEFT = 400
# Near the limit runs leave each other more, down to what is still some seconds of work.
MIN_BLOCK_REQUESTS = 5


type _Entry = LedgerBlockKey | LedgerSettledKey | FormerLedgerBlockKey | FormerLedgerSettledKey
_ENTRIES: tuple[type[_Entry], ...] = (
    LedgerBlockKey,
    LedgerSettledKey,
    FormerLedgerBlockKey,
    FormerLedgerSettledKey,
)


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

    def count_requests(self) -> int:
        """Requests reserved or spent so far in the period: one listing."""
        reserved: Counter[str] = Counter()
        settled: dict[str, int] = {}
        for entry in self._read_entries():
            if isinstance(entry, LedgerSettledKey):
                settled[entry.run_id] = entry.requests
            else:
                reserved[entry.run_id] += entry.requests
        return sum({**reserved, **settled}.values())

    def reserve(self, run_id: str, block: int, requests: int) -> LedgerBlockKey:
        """Puts a block; it is there whether or not the put says that it was first."""
        key = LedgerBlockKey(
            source=self._source,
            period=self._period,
            run_id=run_id,
            block=block,
            requests=requests,
        )
        self._lake.put_if_absent(key, b"")
        return key

    def take_back(self, block: LedgerBlockKey) -> None:
        """Removes a block of which nothing was spent; where the lake refuses, settling corrects it."""
        try:
            self._lake.delete([str(block)])
        except LakeError as error:
            _log.warning("%s counts until its run ends: %s", block, error)

    def settle(self, run_id: str, requests: int) -> None:
        """Puts what a run has spent in the period, in place of what it reserved."""
        key = LedgerSettledKey(
            source=self._source, period=self._period, run_id=run_id, requests=requests
        )
        self._lake.put_if_absent(key, b"")

    def _read_entries(self) -> Iterator[LedgerBlockKey | LedgerSettledKey]:
        listed = self._lake.list(f"ledger/{self._source}/{self._period}/")
        for key in parse_listed(listed, *_ENTRIES):
            if isinstance(key, FormerLedgerBlockKey | FormerLedgerSettledKey):
                yield _read_former(self._lake, key)
            else:
                yield key


class _Requests(BaseModel):
    requests: int


def _read_former(
    lake: Lake, key: FormerLedgerBlockKey | FormerLedgerSettledKey
) -> LedgerBlockKey | LedgerSettledKey:
    try:
        # The keys of today say how few requests there can be: one of a block, none of a settlement.
        return key.with_requests(_Requests.model_validate_json(lake.get(key)).requests)
    except ValidationError:
        raise LakeError(
            f"{key} does not say how many requests it is about: something else wrote it. Remove it, "
            "then run again: nothing was lost."
        ) from None


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
        self._is_closed = False
        self.total_spent = 0

    def take(self) -> None:
        """Spends one request; BudgetSpentError when there is none left, or the run has ended."""
        with self._lock:
            if self._is_closed:
                raise BudgetSpentError("The run has ended: nothing is asked any more.")
            if self._max_requests is not None and self.total_spent >= self._max_requests:
                raise BudgetSpentError(
                    "The requests of --max-requests are spent. What was read "
                    "is kept: the same command goes on from there."
                )
            ledger = self._enter_period()
            if self._spent == self._reserved:
                self._reserve_block(ledger)
            self._spent += 1
            self.total_spent += 1

    def close(self) -> None:
        """Settles what was reserved and not spent; at the end of the run, however it ends.

        Nothing is taken after it: after a stop the run's threads may live on, and would go uncounted.
        """
        with self._lock:
            self._is_closed = True
            self._settle()
            self._ledger = None

    def _enter_period(self) -> Ledger:
        """A run may outlive its quota period: each has its own blocks. A clock set back changes none."""
        period = find_period(self._clock.now().date(), self._source.quota_reset_day)
        if self._ledger is not None and period <= self._period:
            return self._ledger
        self._settle()
        ledger = self._ledger_of(period)
        self._counted = ledger.count_requests()
        self._ledger, self._period = ledger, period
        self._blocks = self._reserved = self._spent = 0
        return ledger

    def _settle(self) -> None:
        """A lake that refuses it ends no run that has done its work: the ledger overstates."""
        if self._ledger is None or not self._blocks:
            return
        try:
            self._ledger.settle(self._run_id, self._spent)
        except LakeError as error:
            _log.warning(
                "%d requests of run %s count as spent, though it made %d: %s",
                self._reserved,
                self._run_id,
                self._spent,
                error,
            )

    def _reserve_block(self, ledger: Ledger) -> None:
        """Runs that meet at the limit's edge halve their blocks until these fit beside each other."""
        requests = self._choose_block()
        while requests > 0 and not self._reserves(ledger, requests):
            requests //= 2
        if requests <= 0:
            raise BudgetSpentError(
                f"The {self._source.monthly_requests} requests of the period from {self._period} on "
                "are spent (monthly_requests in endpoints.json). What was read is kept: run the "
                "same command again in the next period."
            )
        self._reserved += requests

    def _choose_block(self) -> int:
        """Smaller the nearer the limit, as it was counted last."""
        limit, block = self._source.monthly_requests, MAX_BLOCK_REQUESTS
        if limit is not None:
            left = limit - self._counted
            block = min(block, max(MIN_BLOCK_REQUESTS, left // _BLOCKS_THAT_ARE_LEFT), left)
        if self._max_requests is not None:
            block = min(block, self._max_requests - self.total_spent)
        return block

    def _reserves(self, ledger: Ledger, requests: int) -> bool:
        """Whether a block of this size fits beside all that others have reserved by then."""
        self._blocks += 1
        block = ledger.reserve(self._run_id, self._blocks, requests)
        if self._source.monthly_requests is None:
            return True
        self._counted = ledger.count_requests()
        if self._counted <= self._source.monthly_requests:
            return True
        ledger.take_back(block)
        self._counted -= requests
        return False
