"""Marts are a function of the lake: the order in which its days are loaded leaves no trace.

Of few games, each made by hand to have something that an order could spoil: the transformer's marts_test.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
import zstandard

from gamemarket.folder_lake import FolderLake
from tests.nightly import choose_count
from tests.warehouse.conftest import Warehouse
from tests.warehouse.lakes import FIVE_DAYS, make_lake, read_partition

THREE_DAYS: Final = FIVE_DAYS[:3]
# All of three days, some of the 120 of five; the seeds are any numbers.
ORDERS: Final = {
    THREE_DAYS: random.Random(3).sample(list(permutations(THREE_DAYS)), 6),
    FIVE_DAYS: random.Random(5).sample(list(permutations(FIVE_DAYS)), 5),
}
BY_DAY: Final = {THREE_DAYS: 0, FIVE_DAYS: 1}
# The sandbox's data are clean: what can't be typed has tests of its own. In days that are months apart
# no game is seen to rise: a table, made anew from marts that are compared here. And none of its games
# changes its platforms.
EMPTY_MARTS: Final = {"rejected_values", "market_rising_games", "market_platform_changes"}


@pytest.mark.parametrize("days", [THREE_DAYS, FIVE_DAYS], ids=["three_days", "five_days"])
def test_marts_are_the_same_in_whatever_order_days_are_loaded(
    warehouse: Warehouse,
    days: tuple[date, ...],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    orders = ORDERS[days]
    count = choose_count(request, "orders", len(orders), BY_DAY[days])
    if not count:
        pytest.skip("by night only: the five days are loaded in an order, too")
    shutil.rmtree(warehouse.settings.lake_dir, ignore_errors=True)
    lake = make_lake(warehouse.settings.lake_dir, days)
    assert_games_change_and_lose_genres(lake, days)
    warehouse.build(full_refresh=True)
    at_once = warehouse.keep_as(tmp_path / "at_once.duckdb")
    rows = warehouse.count_rows()
    assert {name for name, count in rows.items() if not count} == EMPTY_MARTS
    assert warehouse.rows("select count(*) from marts.dim_games where is_deleted") == [(2,)]
    for order in orders[:count]:
        warehouse.build_day_by_day(order)
        assert warehouse.rows_that_differ_from(at_once) == {}, order
    warehouse.build(full_refresh=True)
    assert warehouse.rows_that_differ_from(at_once) == {}


def test_a_difference_in_one_value_of_one_row_is_seen(warehouse: Warehouse, tmp_path: Path) -> None:
    other = warehouse.keep_as(tmp_path / "other.duckdb")
    with duckdb.connect(str(other)) as db:
        db.execute(
            "update marts.dim_games set added_count = added_count + 1 "
            "where game_id = (select min(game_id) from marts.dim_games)"
        )
    assert warehouse.rows_that_differ_from(other) == {"dim_games": 2}


def assert_games_change_and_lose_genres(lake: FolderLake, days: tuple[date, ...]) -> None:
    """Else there would be nothing that an order could spoil."""
    seen: dict[int, dict[date, dict[str, Any]]] = defaultdict(dict)
    for day in days:
        for game in read_games(lake, day):
            seen[game["id"]].setdefault(day, game)
    often = [list(by_day.values()) for by_day in seen.values() if len(by_day) >= 3]
    changed = [games for games in often if len({game["added"] for game in games}) > 1]
    assert len([games for games in changed if loses_a_genre(games)]) >= 20


def loses_a_genre(games: list[dict[str, Any]]) -> bool:
    genres = [{genre["id"] for genre in game["genres"]} for game in games]
    return any(later < earlier for earlier, later in pairwise(genres))


def read_games(lake: FolderLake, day: date) -> Iterator[dict[str, Any]]:
    """The rows of the day's lists, without the details."""
    for part in read_partition(lake, "games", day).parts:
        body = zstandard.ZstdDecompressor().stream_reader(lake.get(part.key)).read()
        for line in body.splitlines():
            yield from json.loads(line).get("results", [])
