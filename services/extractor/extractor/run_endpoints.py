"""Several partitions, one after the other, by one pool of threads and one pace."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

from pydantic import SecretStr

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import Ledger, RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import NoPageError, RawgClient
from extractor.api.retry_policy import build_retry
from extractor.extract_endpoint import Run, extract_endpoint
from extractor.planning.choose_work import Work
from extractor.reading.fetch_page import Api, OutageError
from extractor.reading.open_generation import clear_leftovers
from extractor.reading.progress import Progress
from extractor.reading.wanted_details import ParentMissingError
from extractor.workers.worker_pool import StopRequest, WorkerPool
from gamemarket.endpoints import Source
from gamemarket.errors import ExitCode, GameMarketError, UsageError, exit_code_of
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock, check_day_is_over
from gamemarket.run_summary import RunSummary
from gamemarket.settings import SourceAccess, load_source_access

_log = logging.getLogger(__name__)

# After these no other endpoint would fare better: the key, the quota, the user's own wish.
_ENDS_THE_RUN = frozenset(
    {
        ExitCode.KEY_REFUSED,
        ExitCode.STOPPED_EARLY,
        ExitCode.INTERRUPTED,
        ExitCode.TERMINATED,
    }
)

# So many partitions in a row that the API does not answer, or with no page, and so would be all others.
_OUTAGES_IN_A_ROW = 3


def run_endpoints(
    lake: Lake,
    source_name: str,
    source: Source,
    work: Sequence[Work],
    clock: Clock,
    max_requests: int | None = None,
) -> list[RunSummary]:
    """Extracts partitions of one source; one that fails does not keep the others from it.

    Raises UsageError for a day that is not over, without a key, or when the lake holds another
    API's data.
    """
    check_day_is_over(max(item.run_date for item in work), clock)
    with _open_run(lake, source_name, source, clock, max_requests) as run:
        run.api.claim.check()
        clear_leftovers(lake, source_name)
        return list(_extract_all(run, work))


def _extract_all(run: Run, work: Sequence[Work]) -> Iterator[RunSummary]:
    """A summary a partition, also for those that the run ended before."""
    outages = 0
    for number, item in enumerate(work, start=1):
        summary, error = _extract(run, item)
        yield summary
        if summary.requests:
            outages = outages + 1 if isinstance(error, OutageError | NoPageError) else 0
        is_over = summary.exit_code in _ENDS_THE_RUN and not isinstance(error, ParentMissingError)
        if is_over or outages == _OUTAGES_IN_A_ROW:
            yield from (_summarize_untried(rest, summary.exit_code) for rest in work[number:])
            return


def _extract(run: Run, work: Work) -> tuple[RunSummary, GameMarketError | None]:
    """What is told of a partition, and the error that ended it."""
    spent_before = run.api.budget.total_spent
    try:
        summary = extract_endpoint(run, work.endpoint, work.run_date, work.wanted, work.parents)
    except GameMarketError as error:
        _log.error("%s %s: %s", work.endpoint.name, work.run_date, error)
        return summarize_failure(work, error, run.api.budget.total_spent - spent_before), error
    return summary, None


def summarize_failure(work: Work, error: GameMarketError, requests: int = 0) -> RunSummary:
    """What is told of a partition that an error has ended."""
    code = exit_code_of(error)
    return RunSummary(
        endpoint=work.endpoint.name,
        run_date=work.run_date,
        state="open" if code in _ENDS_THE_RUN - {ExitCode.KEY_REFUSED} else "failed",
        exit_code=code,
        requests=requests,
        reasons=(str(error),),
    )


def _summarize_untried(work: Work, code: ExitCode) -> RunSummary:
    return RunSummary(
        endpoint=work.endpoint.name,
        run_date=work.run_date,
        state="not_tried",
        exit_code=code,
        reasons=("the run ended before it",),
    )


def _check_key(source: Source, access: SourceAccess) -> SecretStr:
    if access.api_key is None:
        raise UsageError(
            f"{source.key_variable} is not set. Set it to your key of {source.base_url}, "
            "or read the sandbox: `make demo` needs no key."
        )
    return access.api_key


@contextmanager
def _open_run(
    lake: Lake, source_name: str, source: Source, clock: Clock, max_requests: int | None
) -> Iterator[Run]:
    access = load_source_access(source)
    key = _check_key(source, access)
    run_id = f"{clock.now():%Y%m%dt%H%M%S}{secrets.token_hex(3)}"
    stop, progress = StopRequest(), Progress()
    pool = WorkerPool(source.concurrency, stop)
    client = RawgClient(source, access.base_url, key, clock, stop)
    ledger = partial(Ledger, lake, source_name)
    budget = RequestBudget(ledger, source, run_id, clock, max_requests)
    claim = SourceClaim(lake, source_name, client.host)
    pace = Pace(source.requests_per_second, stop)
    with closing(client), stop.on_signals(), closing(pool), progress.shown(), closing(budget):
        yield Run(
            run_id=run_id,
            lake=lake,
            api=Api(client, build_retry(stop), pace, budget, claim, source.paging),
            pool=pool,
            stop=stop,
            clock=clock,
            progress=progress,
        )
