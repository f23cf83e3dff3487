"""An extractor's runs over a sandbox in this process: the stage without its command line, in a hurry."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from extractor import open_run
from extractor.api.errors import TransientError
from extractor.api.pace import Pace
from extractor.api.rawg_client import Answer, RawgClient, Request
from extractor.api.retry_policy import build_retry
from extractor.planning.choose_work import Work
from extractor.planning.decide import ReadOptions
from extractor.run_endpoints import run_endpoints
from gamemarket.endpoints import Source, load_endpoints
from gamemarket.errors import ExitCode, GameMarketError, exit_code_of, worst_exit_code
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.truth import tell_truth
from sandbox_fixture.in_thread import RunningSandbox
from tests.chaos.trouble import DETAILS, GAMES, PAGE_SIZE, Rules

KEY: Final = "canary-0123456789abcdef"
DAY: Final = date(2024, 1, 1)
MORNING_AFTER: Final = datetime(2024, 1, 2, 6, tzinfo=UTC)
WORKERS: Final = 4
# A sandbox's Retry-After is whole seconds.
_PAUSES_SHORTENED_BY: Final = 50
_PART_BYTES: Final = 30_000


class _HurriedPace(Pace):
    """Waits as long as it is told, on a watch that runs fast."""

    def pause(self, seconds: float) -> None:
        super().pause(seconds / _PAUSES_SHORTENED_BY)


class _WatchedClient(RawgClient):
    """Counts the requests that it gave up: on a busy machine, more than were made to hang."""

    timeouts = 0
    _count = threading.Lock()

    def ask(self, request: Request) -> Answer:
        try:
            return super().ask(request)
        except TransientError as error:
            if "Timeout" in str(error):
                with self._count:
                    _WatchedClient.timeouts += 1
            raise


def hurry(patch: pytest.MonkeyPatch, nowhere: Path) -> None:
    """Takes away what costs time in thousands of small runs and is not what is looked at.

    `nowhere`: an empty folder.
    """
    patch.setattr(open_run, "build_retry", partial(build_retry, first_wait_seconds=0.001))
    patch.setattr(open_run, "Pace", _HurriedPace)
    # A hang must not last; other requests have a hundred times what they need.
    patch.setattr(open_run, "RawgClient", _WatchedClient)
    patch.setattr("extractor.api.connection.TIMEOUT", httpx.Timeout(0.3, connect=5.0))
    patch.setattr("extractor.api.rawg_client._REQUEST_SECONDS", 0.5)
    # Each client would read the certificates of all authorities anew (50 ms), for http: URLs.
    patch.delenv("SSL_CERT_FILE", raising=False)
    patch.setenv("SSL_CERT_DIR", str(nowhere))
    # Two pages or three: parts are put while others arrive, as in a list of thousands.
    patch.setattr("extractor.pages.parts.PART_BYTES", _PART_BYTES)
    # A killed process loses nothing that it gave to the kernel; only a power cut would.
    patch.setattr("gamemarket.folder_lake.os.fsync", lambda descriptor: None)


@dataclass
class Extraction:
    """One day of some endpoints of config/endpoints.json, a few rows a page; the lakes may change."""

    sandbox: RunningSandbox
    monthly_requests: int = 20_000
    said: str = ""  # by the last run that failed

    def prepare(self, faults: Rules, moves: Rules) -> None:
        """Puts the sandbox's catalogue back to its beginning, with these rules and no calls."""
        self.sandbox.server.moves.clear()
        self.sandbox.server.moves.put(moves)
        self.sandbox.server.faults.put(faults)
        self.sandbox.server.calls.reset()
        _WatchedClient.timeouts = 0

    def run(
        self,
        lake: Lake,
        endpoint: str = GAMES,
        options: ReadOptions | None = None,
        run_dates: Sequence[date] = (DAY,),
        page_size: int = PAGE_SIZE,
    ) -> ExitCode:
        """One run; what a kill or a defect raises comes through."""
        config = load_endpoints()
        asked, parents = config.endpoint(endpoint), config.parents_of(config.endpoint(endpoint))
        if not parents:
            asked = asked.model_copy(update={"page_size": page_size})
        work = [Work(asked, day, options or ReadOptions(), parents) for day in run_dates]
        try:
            summaries = run_endpoints(lake, {"rawg": self._source}, work, Clock(MORNING_AFTER))
        except GameMarketError as error:
            self.said = str(error)
            return exit_code_of(error)
        self.said = "; ".join(reason for summary in summaries for reason in summary.reasons)
        return worst_exit_code(summary.exit_code for summary in summaries)

    @property
    def _source(self) -> Source:
        changes = {
            "concurrency": WORKERS,
            "requests_per_second": None,
            "monthly_requests": self.monthly_requests,
        }
        return load_endpoints().sources["rawg"].model_copy(update=changes)

    @property
    def timeouts(self) -> int:
        """Requests that clients gave up since `prepare`."""
        return _WatchedClient.timeouts

    def tell_truth(self, endpoint: str = GAMES) -> dict[str, Any]:
        """What the sandbox knows of the list by now: ids that were there throughout, hashes."""
        server = self.sandbox.server
        source = server.api.source
        assert isinstance(source, SyntheticSource)
        return _read_truth(source.at(server.clock.catalogue_moment()), endpoint)


@lru_cache(maxsize=4)  # until a row moves, it is the same for all scenarios
def _read_truth(snapshot: Snapshot, endpoint: str) -> dict[str, Any]:
    listed = GAMES if endpoint == DETAILS else endpoint
    truth = tell_truth(snapshot, listed, load_endpoints().endpoint(listed).request_params(DAY))
    if endpoint == DETAILS:
        items = {row: snapshot.detail(GAMES, str(row)) or b"" for row in truth["ids"]}
        truth["records"] = {
            row: {"sha256": sha256(item).hexdigest()} for row, item in items.items()
        }
    return truth


def do_without_a_process(patch: pytest.MonkeyPatch, url: str) -> None:
    """Gives runs what a process has: settings, and signals of its own (here: none)."""
    patch.setenv("RAWG_API_KEY", KEY)
    patch.setenv("RAWG_BASE_URL", url)
    patch.setattr(
        "extractor.workers.worker_pool.StopRequest.on_signals", lambda stop: nullcontext()
    )
