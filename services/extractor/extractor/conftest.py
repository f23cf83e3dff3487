"""A small API on loopback whose answers a test decides, and runs over it with a folder as lake."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from extractor.api.claim_source import SourceClaim
from extractor.api.ledger import Ledger, RequestBudget
from extractor.api.pace import Pace
from extractor.api.rawg_client import RawgClient
from extractor.api.retry_policy import build_retry
from extractor.open_run import Run
from extractor.pages.list_page import Layout
from extractor.reading.fetch_page import Api
from extractor.reading.progress import Progress
from extractor.workers.worker_pool import StopRequest, WorkerPool
from gamemarket.endpoints import Endpoint, Source, load_endpoints
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.run_dates import Clock
from gamemarket.sources import PageNumbers

KEY = "canary-key"
NOW = datetime(2024, 1, 3, 6, tzinfo=UTC)
LAYOUT = Layout(PageNumbers(), page_size=5)


@dataclass
class Answer:
    """One answer, as bytes on the wire; `cut` ends the body early, `Content-Length` stays."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class LoopbackApi:
    """Serves `rows` page by page as RAWG does; `next_answers` come first, whatever is asked."""

    url: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None
    window: int | None = None
    applies_dates: bool = True
    next_answers: deque[Answer] = field(default_factory=deque)
    before_answer: Callable[[int], None] = lambda page: None
    pages_asked: list[int] = field(default_factory=list)
    date: datetime = NOW

    def answer(self, target: str) -> Answer:
        url = urlsplit(target)
        params = {name: values[0] for name, values in parse_qs(url.query).items()}
        page, size = int(params["page"]), int(params["page_size"])
        self.pages_asked.append(page)
        self.before_answer(page)
        if self.next_answers:
            return self.next_answers.popleft()
        listed = self._select(params)
        rows = listed[(page - 1) * size : page * size]
        if page > 1 and (not rows or (self.window and page * size > self.window)):
            return Answer(404, b'{"detail":"Invalid page."}')
        more = page * size < len(listed)
        following = f"{self.url}{url.path}?key={params['key']}&page={page + 1}" if more else None
        total = len(listed) if self.count is None else self.count
        envelope = {"count": total, "next": following, "previous": None, "results": rows}
        return Answer(body=json.dumps(envelope).encode())

    def _select(self, params: dict[str, str]) -> list[dict[str, Any]]:
        listed = self.rows
        if "dates" in params and self.applies_dates:
            first, last = params["dates"].split(",")
            listed = [row for row in listed if first <= (row["released"] or "") <= last]
        if params.get("ordering") == "-released":  # nulls first
            listed = sorted(listed, key=lambda row: row["released"] or "9999", reverse=True)
        return listed

    @property
    def calls(self) -> Counter[int]:
        """How often each page was asked for."""
        return Counter(self.pages_asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for its head to be acknowledged
    api: LoopbackApi

    def do_GET(self) -> None:
        answer = self.api.answer(self.path)
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.api.date, usegmt=True))
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])
        self.close_connection = answer.cut is not None

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def without_a_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it gave to the kernel; only a power cut would."""
    monkeypatch.setattr("gamemarket.folder_lake.os.fsync", lambda descriptor: None)


@pytest.fixture
def api() -> Iterator[LoopbackApi]:
    served = LoopbackApi(rows=[{"id": n, "name": f"game {n}"} for n in range(1, 26)])
    handler = type("Handler", (_Handler,), {"api": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def build_source(**changes: object) -> Source:
    """RAWG without its limits."""
    limits = {"requests_per_second": None, "monthly_requests": None}
    rawg = load_endpoints().sources["rawg"]
    return Source.model_validate(rawg.model_dump() | limits | changes)


@pytest.fixture
def source(api: LoopbackApi) -> Source:
    return build_source(base_url=api.url, concurrency=4)


@pytest.fixture
def client(source: Source) -> Iterator[RawgClient]:
    with closing(RawgClient(source, None, SecretStr(KEY), Clock(NOW), StopRequest())) as opened:
        yield opened


@pytest.fixture
def lake(tmp_path: Path) -> FolderLake:
    return FolderLake.open(tmp_path / "lake")


def build_endpoint(**changes: object) -> Endpoint:
    """25 games make five pages of five."""
    fields: dict[str, object] = {
        "name": "games",
        "source": "rawg",
        "description": "A game",
        "kind": "incremental",
        "path": "/games",
        "params": {"updated": "{run_date},{run_date}"},
        "page_size": 5,
    }
    return Endpoint.model_validate(fields | changes)


def build_snapshot(**changes: object) -> Endpoint:
    """The same rows as a snapshot that is due every week."""
    return build_endpoint(kind="snapshot", params={}, refresh_days=7, **changes)


def build_top(**changes: object) -> Endpoint:
    """The first two of the five pages, due every day."""
    limits = {"refresh_days": 1, "page_limit": 2}
    fields = {"params": {"ordering": "-added"}, **limits, **changes}
    return build_endpoint(name="games_top", kind="top", **fields)


@pytest.fixture
def start_run(source: Source, lake: FolderLake) -> Iterator[Callable[..., Run]]:
    """Makes runs, each with an id, threads and connections of its own."""
    numbers = count(1)
    # Its kills have tests of their own: here a lake that dies takes pages and manifests down.
    claimed, ledger = lake, partial(Ledger, lake, "rawg")
    with ExitStack() as stack:

        def start(lake: Lake = lake, now: datetime = NOW) -> Run:
            stop = StopRequest()
            run_id = f"run{next(numbers)}"
            client = RawgClient(source, None, SecretStr(KEY), Clock(now), stop)
            budget = RequestBudget(ledger, source, run_id, Clock(now))
            return Run(
                run_id=run_id,
                lake=lake,
                api=Api(
                    stack.enter_context(closing(client)),
                    build_retry(stop, first_wait_seconds=0.001),
                    Pace(None, 4, stop),
                    stack.enter_context(closing(budget)),
                    SourceClaim(claimed, "rawg", "127.0.0.1"),
                    source.paging,
                ),
                pool=stack.enter_context(closing(WorkerPool(4, stop))),
                stop=stop,
                clock=Clock(now),
                progress=Progress(),
            )

        yield start
