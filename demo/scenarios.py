"""The three demos: the sandbox, RAWG itself, and recorded responses. Each has a home of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from demo.sandbox_process import Sandbox, run_sandbox
from gamemarket.endpoints import Endpoint, Endpoints, Kind

__all__ = [
    "Scenario",
    "build_recorded_endpoints",
    "build_sandbox_endpoints",
    "count_requests_at_most",
    "moment_after",
]

# Two days of sandbox time; its catalogue begins on 2023-12-01.
SANDBOX_DAYS = (date(2024, 1, 1), date(2024, 1, 2))
# Of details and of the top list, so that two days take seconds.
SANDBOX_DETAILS = 100
SANDBOX_TOP_PAGES = 5
# A taste of RAWG: enough for a table, little of the 20,000 requests of a month.
RAWG_MAX_PAGES = 3

# A demo has a lake and a warehouse of its own, wherever the settings have theirs; empty is unset.
_OWN_PLACES = {
    name: ""
    for name in (
        "DATA_LAKE_BUCKET",
        "DATA_LAKE_DIR",
        "DUCKDB_PATH",
        "ENDPOINTS_FILE",
        "S3_ENDPOINT",
    )
}


@dataclass(frozen=True)
class Scenario:
    """One demo: where it lives, what it reads, and how it begins."""

    home: Path
    run_dates: tuple[date, ...]
    intro: str
    max_pages: int = -1
    endpoints_file: Path | None = None
    sandbox_command: tuple[str, ...] = ()

    @contextmanager
    def source(self) -> Iterator[Sandbox | None]:
        """The sandbox while it is needed; None where RAWG itself is read."""
        if not self.sandbox_command:
            yield None
            return
        begin = moment_after(self.run_dates[0])
        with run_sandbox(self.sandbox_command, begin, self.home / "sandbox.log") as sandbox:
            yield sandbox

    def environment(self, sandbox: Sandbox | None, run_date: date) -> dict[str, str]:
        """What the stages get to run a day; the sandbox's clock and theirs are one."""
        own = {**_OWN_PLACES, "GAME_MARKET_HOME": str(self.home)}
        if self.endpoints_file:
            own["ENDPOINTS_FILE"] = str(self.endpoints_file)
        if sandbox is None:
            return own
        return {
            **own,
            "RAWG_BASE_URL": sandbox.url,
            "RAWG_API_KEY": sandbox.key,
            "GAME_MARKET_NOW": moment_after(run_date).isoformat(),
        }


def moment_after(run_date: date) -> datetime:
    """06:00 UTC of the next day: when a schedule would run it."""
    return datetime.combine(run_date + timedelta(days=1), time(6), UTC)


def count_requests_at_most(endpoints: Iterable[Endpoint], days: int, max_pages: int) -> int:
    """The requests that a page limit allows, which for details is a limit of items.

    What is not read by the day is read on one day only.
    """
    return sum(
        _count_a_day(endpoint, max_pages) * (1 if endpoint.is_due_by_interval else days)
        for endpoint in endpoints
    )


def _count_a_day(endpoint: Endpoint, max_pages: int) -> int:
    """Each item may have been merged into another; both ends of a list are asked for again."""
    if endpoint.daily_requests is not None:
        return min(2 * max_pages, endpoint.daily_requests)
    proof = 2 * (endpoint.coverage_asked is None)
    return min(max_pages, endpoint.page_limit or max_pages) + proof


def build_sandbox_endpoints(endpoints: Endpoints) -> Endpoints:
    """The endpoints for the sandbox: less of what is limited anyhow, as fast as it answers."""
    limits: dict[Kind, dict[str, int]] = {
        "top": {"page_limit": SANDBOX_TOP_PAGES},
        "detail": {"daily_requests": SANDBOX_DETAILS},
    }
    return endpoints.model_copy(
        update={
            "json_schema": None,
            "sources": {
                name: source.model_copy(update={"requests_per_second": None})
                for name, source in endpoints.sources.items()
            },
            "endpoints": tuple(
                endpoint.model_copy(update=limits.get(endpoint.kind, {}))
                for endpoint in endpoints.endpoints
            ),
        }
    )


def build_recorded_endpoints(endpoints: Endpoints) -> Endpoints:
    """The endpoints for recorded rows.

    No filter has an effect there, so games are a snapshot. Recordings hold the same row many times
    and `count` counts them all, so few distinct ids are no sign of a list that moved. Details are
    asked for where they are recorded, too: any other would be a 404, which says that a game is gone.
    """
    return endpoints.model_copy(
        update={
            "json_schema": None,
            "endpoints": tuple(map(_as_recorded, endpoints.endpoints)),
        }
    )


def _as_recorded(endpoint: Endpoint) -> Endpoint:
    if endpoint.kind == "top":
        return endpoint.model_copy(update={"params": {"recorded_details": "only"}})
    if endpoint.kind == "detail":
        return endpoint.model_copy(update={"parents": ("games_top",)})
    repeated = endpoint.model_copy(update={"min_coverage": 0.01})
    if endpoint.name != "games":
        return repeated
    as_snapshot = {"kind": "snapshot", "params": {}, "refresh_days": 30}
    return repeated.model_copy(update={**as_snapshot, "run_date_field": None, "slices": None})
