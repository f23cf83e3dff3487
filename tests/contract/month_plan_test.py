"""docs/operations.md shows what a month costs: the figures are those of config/endpoints.json."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from extractor.api.ledger import find_days_of_period
from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from extractor.planning.plan import PlanLine, Planner
from gamemarket.endpoints import load_endpoints
from gamemarket.folder_lake import FolderLake
from gamemarket.run_dates import Clock, days_between

OPERATIONS = (
    Path.cwd() / "docs/operations.md"
)  # in Pants' sandbox for this test (see the BUILD file)
# A month of 31 days that has not begun, and nothing is in the lake: the dearest month there is.
MONTH = date(2024, 3, 1)
NOW = datetime(2024, 2, 20, 6, tzinfo=UTC)
# A backfill reads the list and the details of a day; whoever wants a week of them has room for it.
DAYS_OF_BACKFILL = 6


def plan_month(folder: Path) -> tuple[list[PlanLine], int]:
    """The plan of the month, and the month's budget."""
    config = load_endpoints()
    source = config.sources["rawg"]
    assert source.monthly_requests
    days = list(days_between(*find_days_of_period(MONTH, source.quota_reset_day)))
    work = choose_work(config.endpoints, days, ReadOptions())
    lake = FolderLake.open(folder)
    return Planner(lake, source, Clock(NOW)).plan(work), source.monthly_requests


def test_a_month_fits_with_room_for_a_backfill(tmp_path: Path) -> None:
    lines, budget = plan_month(tmp_path)
    left = budget - sum(line.requests for line in lines)
    a_day = sum(line.each for line in lines if line.endpoint in ("games", "game_details"))
    assert left // a_day >= DAYS_OF_BACKFILL


def test_the_arithmetic_of_the_docs_is_what_the_plan_says(tmp_path: Path) -> None:
    lines, budget = plan_month(tmp_path)
    total = sum(line.requests for line in lines)
    games = next(line.each for line in lines if line.endpoint == "games")
    details = next(line.each for line in lines if line.endpoint == "game_details")
    left = budget - total
    rows = [f"| {x.endpoint} | {x.run_dates} | {x.each:,} | {x.requests:,} |" for x in lines]
    sentences = [
        f"| together | | | {total:,} |",
        f"Of {budget:,} requests {left:,} are left",
        f"{left // (games + details)} past days with their details",
        f"{left // games} without",
    ]
    text = " ".join(OPERATIONS.read_text().split())
    assert [line for line in [*rows, *sentences] if line not in text] == []
