"""Several partitions, one after the other, of one source or several."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from extractor.api.errors import NoPageError
from extractor.extract_endpoint import extract_endpoint
from extractor.open_run import Run, open_run
from extractor.planning.choose_work import Work
from extractor.reading.choose_details import ParentMissingError
from extractor.reading.fetch_page import OutageError
from gamemarket.endpoints import Source
from gamemarket.errors import ExitCode, GameMarketError, exit_code_of
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock, check_day_is_over
from gamemarket.run_summary import RunSummary

_log = logging.getLogger(__name__)

# After these no other endpoint would fare better: the key, the quota, the user's own wish.
_STOPPED_BY_THE_USER = frozenset({ExitCode.INTERRUPTED, ExitCode.TERMINATED})
_ENDS_THE_RUN = _STOPPED_BY_THE_USER | {ExitCode.KEY_REFUSED, ExitCode.STOPPED_EARLY}

# So many partitions in a row that the API does not answer, or with no page, and so would be all others.
_OUTAGES_IN_A_ROW = 3


def run_endpoints(
    lake: Lake,
    sources: Mapping[str, Source],
    work: Sequence[Work],
    clock: Clock,
    max_requests: int | None = None,
) -> list[RunSummary]:
    """Extracts partitions, source by source; what fails keeps no other from its work.

    `max_requests` is what all sources may spend together. Raises UsageError for a day that is not
    over; and, where there is one source only, without a key or when the lake holds another API's data.
    """
    check_day_is_over(max(item.run_date for item in work), clock)
    summaries: list[RunSummary] = []
    of_source = _group_by_source(sources, work)
    for name, items in of_source.items():
        spent = sum(summary.requests for summary in summaries)
        left = None if max_requests is None else max_requests - spent
        try:
            with open_run(lake, name, sources[name], clock, left) as run:
                summaries += _extract_all(run, items)
        except GameMarketError as error:
            if len(of_source) == 1:
                raise
            _log.error("%s: %s", name, error)
            summaries += [_summarize_failure(item, error) for item in items]
        if any(summary.exit_code in _STOPPED_BY_THE_USER for summary in summaries):
            break
    return summaries


def _group_by_source(sources: Mapping[str, Source], work: Sequence[Work]) -> dict[str, list[Work]]:
    """The work in the order of the sources: each has its own key, pace, budget and claim on the lake."""
    grouped = {name: [item for item in work if item.endpoint.source == name] for name in sources}
    return {name: items for name, items in grouped.items() if items}


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
        summary = extract_endpoint(run, work.endpoint, work.run_date, work.options, work.parents)
    except GameMarketError as error:
        _log.error("%s %s: %s", work.endpoint.name, work.run_date, error)
        return _summarize_failure(work, error, run.api.budget.total_spent - spent_before), error
    return summary, None


def _summarize_failure(work: Work, error: GameMarketError, requests: int = 0) -> RunSummary:
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
