"""Kills on the way through a month's budget: the ledger never says less than the API counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from extractor.api.ledger import MAX_BLOCK_REQUESTS, Ledger, find_period
from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from tests.chaos.extraction import DAY, MORNING_AFTER, Extraction
from tests.chaos.kill_points import ANY, KilledError, KillingLake, KillPoint

KILLS = 40
RUN_DATES = [DAY - timedelta(days=age) for age in range(60)]


def test_the_ledger_overstates_by_a_block_a_kill_at_most(
    extraction: Extraction, tmp_path: Path
) -> None:
    lake, dice = FolderLake.open(tmp_path / "lake"), Random(1)
    extraction.prepare([{"kind": "503", "probability": 0.2, "seed": 1}], [])
    extraction.monthly_requests = 1_000
    ledger = Ledger(lake, "rawg", find_period(MORNING_AFTER.date(), 1))
    kills, code = 0, None
    while code not in {ExitCode.DONE, ExitCode.STOPPED_EARLY}:
        point = KillPoint(ANY, dice.randrange(1, 40), dice.random() < 0.5)
        killing = KillingLake(lake, point if kills < KILLS else None)
        try:
            code = extraction.run(killing, run_dates=RUN_DATES, page_size=1)
        except KilledError:
            kills += 1
        calls, booked = extraction.sandbox.server.calls.total, ledger.count_requests()
        assert calls <= booked <= calls + MAX_BLOCK_REQUESTS * kills
    assert (kills, code) == (KILLS, ExitCode.STOPPED_EARLY)
    assert booked <= extraction.monthly_requests
