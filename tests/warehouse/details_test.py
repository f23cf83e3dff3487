"""What details bring, compared with what the sandbox says is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest

from gamemarket.folder_lake import FolderLake
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from tests.warehouse.conftest import Warehouse
from tests.warehouse.lakes import extract, morning_after, only, read_partition, serve, set_clock

# Days on which the sandbox has many games that are new, and some that it has just removed.
DAY_1, DAY_3, DAY_4 = (date(2023, 12, day) for day in (6, 8, 9))
AFTERNOON: Final = morning_after(DAY_3) + timedelta(hours=14)
LISTS: Final = ("games", "games_top", "platforms", "parent_platforms")


@dataclass(frozen=True)
class Truth:
    """What the sandbox says on day 3, which ids its details were asked for, and the catalogue's
    size on day 4.
    """

    games: Mapping[int, Mapping[str, Any]]
    removed: Mapping[int, int | None]
    asked: frozenset[int]
    size: int


@pytest.fixture(scope="module")
def truth(warehouse: Warehouse) -> Truth:
    """Lists of day 1 and 3; games are removed while day 3's details are read; lists of day 4."""
    lake = FolderLake.open(warehouse.settings.lake_dir)
    options = CatalogueOptions(seed=7, games=300, updated_per_day=100, new_per_day=120)
    source = SyntheticSource(World(options), cache_bytes=50_000_000)
    with serve(source, DAY_1) as sandbox:
        extract(lake, sandbox, only(*LISTS), DAY_1)
        warehouse.build()
        set_clock(sandbox, morning_after(DAY_3))
        extract(lake, sandbox, only(*LISTS), DAY_3)
        set_clock(sandbox, AFTERNOON)
        extract(lake, sandbox, only("game_details", daily_requests=3_000), DAY_3)
        told = source.tell_truth("games", {}, moment_of(AFTERNOON))
        warehouse.build()
        set_clock(sandbox, morning_after(DAY_4))
        extract(lake, sandbox, only("games", "games_top"), DAY_4)
        last = source.tell_truth("games", {}, moment_of(morning_after(DAY_4)))
        warehouse.build()
    return Truth(
        games=told["records"],
        removed={game["id"]: game["merged_into"] for game in told["removed"]},
        asked=read_asked(lake),
        size=len(last["records"]),
    )


def moment_of(moment: datetime) -> int:
    return int(moment.timestamp())


def read_asked(lake: FolderLake) -> frozenset[int]:
    pages = read_partition(lake, "game_details", DAY_3).pages
    return frozenset(page.detail.requested_id for page in pages if page.detail)


def test_on_day_4_a_game_is_deleted_or_merged_as_it_was_on_day_3(
    warehouse: Warehouse, truth: Truth
) -> None:
    found = {
        game_id: (is_deleted, merged_into)
        for game_id, is_deleted, merged_into in warehouse.rows(
            "select game_id, is_deleted, merged_into_game_id from marts.dim_games "
            "where is_deleted or merged_into_game_id is not null"
        )
    }
    expected = {
        game_id: (merged_into is None, merged_into)
        for game_id, merged_into in truth.removed.items()
        if game_id in truth.asked
    }
    assert found == expected
    assert {is_deleted for is_deleted, _ in expected.values()} == {True, False}


def test_a_game_that_is_gone_has_the_counters_of_its_last_day(
    warehouse: Warehouse, truth: Truth
) -> None:
    gone = sorted(truth.removed.keys() & truth.asked)
    days = warehouse.rows(
        "select distinct max(observed_on) over (partition by game_id) "
        f"from marts.fct_game_daily_snapshot where game_id in {tuple(gone)}"
    )
    assert days == [(morning_after(DAY_3).date(),)]


@pytest.mark.parametrize("company", ["developer", "publisher"])
def test_a_bridge_is_as_the_sandbox_says_for_every_game_whose_detail_was_read(
    warehouse: Warehouse, truth: Truth, company: str
) -> None:
    read = {
        game_id
        for (game_id,) in warehouse.rows(
            "select game_id from marts.dim_games where details_observed_at is not null"
        )
    }
    found = set(
        warehouse.rows(f"select game_id, {company}_id from marts.bridge_game_{company}s order by 1")
    )
    expected = {
        (game_id, company_id)
        for game_id in read
        for company_id in truth.games[game_id][f"{company}s"]
    }
    assert found == expected
    assert read >= truth.asked - truth.removed.keys()
    assert len(read) > 300


def test_whoever_a_detail_names_is_in_the_dimensions(warehouse: Warehouse, truth: Truth) -> None:
    for company in ("developer", "publisher"):
        unknown = warehouse.rows(
            f"select {company}_id from marts.bridge_game_{company}s "
            f"except select {company}_id from marts.dim_{company}s"
        )
        assert unknown == []


def test_the_catalogue_is_covered_by_the_details_that_were_read(
    warehouse: Warehouse, truth: Truth
) -> None:
    ((covered,),) = warehouse.rows(
        "select count(details_observed_at) from marts.dim_games "
        "where not is_deleted and merged_into_game_id is null"
    )
    told = warehouse.rows("select details_coverage from marts.market_catalogue")
    assert told == [(pytest.approx(covered / truth.size, abs=0.0001),)]
    assert 0 < covered < truth.size
