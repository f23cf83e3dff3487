"""A rate limit with Retry-After: 2, in real seconds."""

from __future__ import annotations

from pathlib import Path

from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from tests.chaos.extraction import DAY, WORKERS, Extraction
from tests.chaos.judgement import Judgement
from tests.chaos.trouble import GAMES

PER_SECOND = 5
RETRY_AFTER = 2


def test_no_call_comes_before_its_time(slow_extraction: Extraction, tmp_path: Path) -> None:
    lake, server = FolderLake.open(tmp_path), slow_extraction.sandbox.server
    slow_extraction.prepare([], [])
    server.rate_limit.set(PER_SECOND, RETRY_AFTER)
    try:
        assert slow_extraction.run(lake) == ExitCode.DONE
    finally:
        server.rate_limit.set(None)
    calls = server.calls.report(with_times=True)["times"]
    assert isinstance(calls, list)
    refused = [call for call in calls if call["status"] == "429"]
    assert refused
    for refusal in refused:
        until = refusal["arrived_at"] + RETRY_AFTER
        early = [c for c in calls if refusal["answered_at"] < c["arrived_at"] < until]
        # The other workers' calls that were on their way, one of each.
        assert len(early) < WORKERS, early
    truth = slow_extraction.tell_truth(GAMES)
    assert Judgement.of(lake, GAMES, DAY).count_lost(truth) == 0
    # Each page and both ends again, and no page more often than it was refused.
    assert len(calls) == 14 + len(refused)
