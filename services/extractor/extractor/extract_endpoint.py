"""The flow of one endpoint on one run date:

    decide -> open the generation -> read what is missing -> commit -> clear -> look again

Every step finds its state in the lake, so a run may die between any two, and two runs may do the same
partition at once: what is stored counts, the manifest's put decides, and whoever comes second is done.

The path of a page while it is read, from module to module:

    read_partition   which lists make the partition, a reading each (read_details: which ids)
    read_list        which pages of a list, in which order, and whether they can be believed
    worker_pool      gives them to threads
    fetch_page       has one page: waits for its turn (pace), pays (ledger), tries again (retry_policy)
    open_generation  knows its reading, whose query says what to ask
    rawg_client      asks once: status, date and bytes, or an error (refusals: which one)
    pages            looks whether that is a page, and what decisions need of it
    open_generation  stores it as a checkpoint, unless another run was faster
    assembly         adds it to a part as soon as all before it are there

and then commit_generation adds what is left to the parts and puts the manifest that names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import count

from extractor.api.errors import QuestionRefusedError
from extractor.commit.commit_generation import CommittingRun, commit_generation
from extractor.open_run import Run
from extractor.pages.checkpoint import CorruptCheckpointError
from extractor.pages.parts import PartWriter
from extractor.planning.decide import Decision, ReadOptions, decide
from extractor.reading.choose_details import DetailChooser
from extractor.reading.fetch_page import PageFetcher
from extractor.reading.open_generation import OpenGeneration, OvertakenError, clear_committed
from extractor.reading.query import (
    DetailQuery,
    Query,
    build_detail_query,
    build_query,
)
from extractor.reading.read_details import DetailReader
from extractor.reading.read_list import EndlessListError, ListReader, PageReader
from extractor.reading.read_partition import PartitionReader
from gamemarket.endpoints import Endpoint
from gamemarket.errors import MissingObjectError
from gamemarket.run_summary import RunSummary


def extract_endpoint(
    run: Run,
    endpoint: Endpoint,
    run_date: date,
    options: ReadOptions,
    parents: tuple[Endpoint, ...] = (),
) -> RunSummary:
    """Brings one partition to what is asked of it, or finds that it is.

    `parents` are the endpoints whose rows name the ids of details.

    Raises what the API and the lake raise; pages that came before the error are stored.
    """
    run.stop.check()
    requests = 0
    decision = decide(run.lake, endpoint, run_date, options, run.clock)
    while decision.action == "read":
        query = _build_query(run, endpoint, parents, decision, options)
        fetcher, numbers = PageFetcher(run.api), count(1)
        while not _read_and_commit(run, decision, query, fetcher, numbers):
            pass
        requests += fetcher.requests
        clear_committed(run.lake, decision.partition, decision.next_generation)
        # Look again: the generation may have been an open, limited one that was finished first.
        options = replace(options, refetch=False)
        decision = decide(run.lake, endpoint, decision.partition.run_date, options, run.clock)
    return _summarize(decision, run, requests)


def _build_query(
    run: Run,
    endpoint: Endpoint,
    parents: tuple[Endpoint, ...],
    decision: Decision,
    options: ReadOptions,
) -> Query:
    now, run_date = run.clock.now(), decision.partition.run_date
    query = build_query(
        endpoint,
        run.api.paging,
        run_date,
        max_pages=options.max_pages,
        run_id=run.run_id,
        now=now,
    )
    if endpoint.daily_requests is None:
        return query
    chooser = DetailChooser(run.lake, run.pool, endpoint, parents, now)
    kept = None if options.refetch else decision.committed
    spent = len(kept.pages) if kept and kept.fingerprint == query.fingerprint else 0
    budget = max(0, endpoint.daily_requests - spent)
    return build_detail_query(query, budget, chooser.choose(run_date, query.fingerprint))


def _build_reader(
    pages: PageReader, generation: OpenGeneration, query: Query
) -> PartitionReader | DetailReader:
    if isinstance(query, DetailQuery):
        return DetailReader(pages, generation, query.started_at)
    return PartitionReader(ListReader(pages), generation)


def _read_and_commit(
    run: Run, decision: Decision, query: Query, fetcher: PageFetcher, numbers: Iterator[int]
) -> bool:
    """Whether the generation is committed; False when it is to be opened again.

    `numbers` are those of its parts, and go on then: some may have been put.
    """
    partition, number = decision.partition, decision.next_generation
    writer = PartWriter(run.lake, partition, number, run.run_id, numbers)
    opened = OpenGeneration(run.lake, run.pool, writer)
    with closing(opened) as generation:
        try:
            with run.progress.follow(decision.partition) as bar:
                pages = PageReader(run.pool, bar.advancing(fetcher.fetch), bar.expect)
                reasons = _build_reader(pages, generation, query).read(query)
                committing = CommittingRun(run.run_id, fetcher.requests, run.clock.now())
                commit_generation(
                    run.lake, run.pool, generation, reasons, decision.committed, committing
                )
        except OvertakenError:
            return True
        except CorruptCheckpointError:
            return False  # opened again, it is found, and another reading follows
        except MissingObjectError:
            if not generation.is_overtaken():
                raise
            # Another run has committed and cleared what this one was reading from: done.
        except QuestionRefusedError as error:
            # What can't be answered must not be gone on with; corrected, it is another question.
            asked_by_others = generation.readings[0].query.run_id != run.run_id
            surely = isinstance(error, EndlessListError)
            if not (generation.void(str(error), surely=surely) and asked_by_others):
                raise
            return False
    return True


def _summarize(decision: Decision, run: Run, requests: int) -> RunSummary:
    manifest = decision.committed
    if manifest is None:
        return RunSummary(
            endpoint=decision.partition.endpoint,
            run_date=decision.partition.run_date,
            state="not_due",
        )
    return RunSummary(
        endpoint=manifest.endpoint,
        run_date=manifest.run_date,
        state="committed" if manifest.run_id == run.run_id else "done",
        exit_code=manifest.exit_code,
        generation=manifest.generation,
        pages=len(manifest.pages),
        rows=manifest.distinct_ids,
        requests=requests,
        reasons=manifest.describe_reasons(),
    )
