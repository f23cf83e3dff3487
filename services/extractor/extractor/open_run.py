"""A run over one source: what all its partitions share, from the connections to the budget."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import Ledger, RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import RawgClient
from extractor.api.retry_policy import build_retry
from extractor.reading.fetch_page import Api
from extractor.reading.open_generation import clear_leftovers
from extractor.reading.progress import Progress
from extractor.workers.worker_pool import StopRequest, WorkerPool, count_workers
from gamemarket.endpoints import Source
from gamemarket.errors import UsageError
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock
from gamemarket.settings import SourceAccess, load_source_access


@dataclass(frozen=True, slots=True)
class Run:
    """What the partitions of one run share."""

    run_id: str
    lake: Lake
    api: Api
    pool: WorkerPool
    stop: StopRequest
    clock: Clock
    progress: Progress


@contextmanager
def open_run(
    lake: Lake, source_name: str, source: Source, clock: Clock, max_requests: int | None
) -> Iterator[Run]:
    """Takes signals, and clears what runs left that died, until the block ends.

    Raises UsageError without a key, or when the lake holds another API's data.
    """
    access = load_source_access(source)
    key = _check_key(source, access)
    run_id = f"{clock.now():%Y%m%dt%H%M%S}{secrets.token_hex(3)}"
    stop, progress = StopRequest(), Progress()
    pool = WorkerPool(count_workers(source.concurrency), stop)
    client = RawgClient(source, access.base_url, key, clock, stop)
    ledger = partial(Ledger, lake, source_name)
    budget = RequestBudget(ledger, source, run_id, clock, max_requests)
    claim = SourceClaim(lake, source_name, client.host)
    pace = Pace(source.requests_per_second, source.concurrency, stop)
    api = Api(client, build_retry(stop), pace, budget, claim, source.paging)
    with closing(client), stop.on_signals(), closing(pool), progress.shown(), closing(budget):
        claim.check()
        clear_leftovers(lake, source_name)
        yield Run(run_id, lake, api, pool, stop, clock, progress)


def _check_key(source: Source, access: SourceAccess) -> SecretStr:
    if access.api_key is None:
        raise UsageError(
            f"{source.key_variable} is not set. Set it to your key of {source.base_url}, "
            "or read the sandbox: `make demo` needs no key."
        )
    return access.api_key
