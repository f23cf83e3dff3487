"""Several sources, one after the other: each has its own key, pace, budget and claim on the lake."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from extractor.planning.choose_work import Work
from extractor.run_endpoints import run_endpoints, summarize_failure
from gamemarket.endpoints import Endpoints
from gamemarket.errors import ExitCode, GameMarketError
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock
from gamemarket.run_summary import RunSummary

_log = logging.getLogger(__name__)

_STOPPED_BY_THE_USER = frozenset({ExitCode.INTERRUPTED, ExitCode.TERMINATED})


def run_sources(
    lake: Lake,
    config: Endpoints,
    work: Sequence[Work],
    clock: Clock,
    max_requests: int | None = None,
) -> list[RunSummary]:
    """Extracts partitions of any sources; one that can't be read keeps no other from it.

    `max_requests` is what all of them may spend together. Raises what run_endpoints raises when
    there is one source only.
    """
    summaries: list[RunSummary] = []
    for source in (sources := _sources_of(config, work)):
        items = [item for item in work if item.endpoint.source == source]
        spent = sum(summary.requests for summary in summaries)
        left = None if max_requests is None else max_requests - spent
        try:
            summaries += run_endpoints(lake, source, config.sources[source], items, clock, left)
        except GameMarketError as error:
            if len(sources) == 1:
                raise
            _log.error("%s: %s", source, error)
            summaries += [summarize_failure(item, error) for item in items]
        if any(summary.exit_code in _STOPPED_BY_THE_USER for summary in summaries):
            break
    return summaries


def _sources_of(config: Endpoints, work: Sequence[Work]) -> list[str]:
    named = {item.endpoint.source for item in work}
    return [source for source in config.sources if source in named]
