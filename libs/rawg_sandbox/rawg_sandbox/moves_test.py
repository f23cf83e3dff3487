"""Lists that move between two calls, and what the truth says of them afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rawg_sandbox.clock import SandboxClock, parse_moment
from rawg_sandbox.conftest import Client
from rawg_sandbox.paging import DEFAULT_PAGE_SIZES, Listing
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.recorded_source import RecordedSource
from rawg_sandbox.server import RawgServer, ServerOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World
from sandbox_fixture.in_thread import RunningSandbox, sandbox_in_thread

_FILTER = "updated=2024-01-01,2024-01-01"
_DAY = f"/api/games?key=the-sandbox-key&page_size=20&ordering=created&{_FILTER}"


class Mover(Client):
    """A client that moves lists and reads them."""

    def rule(self, **rule: object) -> dict[str, Any]:
        response, body = self.call("/_sandbox/moves", "POST", [rule])
        assert response.status == 200, body
        report: dict[str, Any] = json.loads(body)
        return report

    def truth(self, query: str = f"endpoint=games&ordering=created&{_FILTER}") -> dict[str, Any]:
        return self.get(f"/_sandbox/truth?{query}")

    def ids(self, path: str = _DAY) -> list[int]:
        found: list[int] = []
        number = 1
        while True:
            page = self.get(f"{path}&page={number}")
            found += [row["id"] for row in page["results"]]
            if page["next"] is None:
                return found
            number += 1

    @property
    def moved(self) -> list[dict[str, Any]]:
        moves: list[dict[str, Any]] = self.get("/_sandbox/moves")["moves"]
        return moves


@pytest.fixture
def mover(sandbox: RunningSandbox) -> Mover:
    return Mover(sandbox)


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Mover]:
    (tmp_path / "games").mkdir()
    (tmp_path / "games" / "1.json").write_text('[{"id": 1}, {"id": 2}]')
    clock = SandboxClock(parse_moment("2024-01-02"))
    with sandbox_in_thread(RawgServer(RecordedSource(tmp_path), clock, ServerOptions())) as running:
        yield Mover(running)


def test_a_deletion_between_two_calls_moves_a_row_past_the_reader(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="delete", endpoint="games", after=1, positions=[3])
    assert mover.ids() == before[:20] + before[21:]
    assert mover.moved == [
        {
            "kind": "delete",
            "endpoint": "games",
            "before": "/api/games?ordering=created&page=2&page_size=20&"
            "updated=2024-01-01%2C2024-01-01",
            "ids": [before[3]],
        }
    ]
    assert mover.ids() == before[:3] + before[4:]
    truth = mover.truth()
    assert truth["ids"] == truth["ids_throughout"] == before[:3] + before[4:]
    assert truth["ids_ever"] == sorted(before)


def test_a_deleted_game_is_gone_from_all_lists_and_a_404(mover: Mover) -> None:
    everything = mover.ids("/api/games?key=the-sandbox-key&page_size=40")
    mover.rule(kind="delete", positions=[0, -1])
    mover.get(_DAY)
    first, last = mover.moved[0]["ids"]
    left = mover.ids("/api/games?key=the-sandbox-key&page_size=40")
    assert left == [game for game in everything if game not in (first, last)]
    assert mover.call(f"/api/games/{first}?key=the-sandbox-key")[0].status == 404
    assert {first, last} <= {game["id"] for game in mover.truth()["removed"]}


def test_a_deleted_game_does_not_redirect_even_if_it_would_have_been_merged(mover: Mover) -> None:
    everything = mover.ids("/api/games?key=the-sandbox-key&page_size=40")
    mover.call("/_sandbox/clock", "POST", {"now": "2024-02-02"})
    merged = [game["id"] for game in mover.truth()["removed"] if game["merged_into"]]
    mover.call("/_sandbox/clock", "POST", {"now": "2024-01-02T06:00:00Z"})
    doomed = next(game for game in merged if game in everything)
    mover.rule(kind="delete", positions=[everything.index(doomed)])
    mover.get("/api/games?key=the-sandbox-key")
    assert mover.moved[0]["ids"] == [doomed]
    assert mover.call(f"/api/games/{doomed}?key=the-sandbox-key")[0].status == 404


def test_an_edited_game_leaves_yesterday_and_is_found_today(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="edit", rows=5)
    after = mover.ids()
    edited = mover.moved[0]["ids"]
    assert len(set(edited)) == 5
    assert after == [game for game in before if game not in edited]
    today = "/api/games?key=the-sandbox-key&page_size=40&updated=2024-01-02,2024-01-02"
    assert set(edited) <= set(mover.ids(today))
    detail = mover.get(f"/api/games/{edited[0]}?key=the-sandbox-key")
    assert detail["updated"] == "2024-01-02T06:00:00"


def test_rows_that_nobody_touched_stay_the_same_bytes(mover: Mover) -> None:
    for endpoint, asked in (("games", ""), ("games", f"&{_FILTER}"), ("developers", "")):
        query = f"endpoint={endpoint}{asked}"
        before = mover.truth(query)["records"]
        mover.rule(kind="delete", endpoint=endpoint, rows=3)
        mover.get(f"/api/{endpoint}?key=the-sandbox-key{asked}")
        after = mover.truth(query)["records"]
        assert len(after) == len(before) - 3
        assert {game: before[game]["sha256"] for game in after} == {
            game: record["sha256"] for game, record in after.items()
        }
        mover.call("/_sandbox/moves", "DELETE")


def test_new_games_come_at_the_end_in_the_order_of_creation(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="insert", after=2, rows=3)
    after = mover.ids()
    new = mover.moved[0]["ids"]
    assert after == before + new and len(set(new)) == 3
    assert not set(new) & set(before)
    for game in new:
        assert (
            mover.get(f"/api/games/{game}?key=the-sandbox-key")["updated"] == "2024-01-01T23:59:59"
        )
    truth = mover.truth()
    assert truth["ids_throughout"] == before
    assert truth["ids_ever"] == sorted(after)


def test_later_insertions_bring_other_games(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="insert", times=2)
    assert mover.ids() == before + [game for move in mover.moved for game in move["ids"]]
    assert len({game for move in mover.moved for game in move["ids"]}) == 2


def test_new_games_pass_the_lists_other_filters(mover: Mover) -> None:
    path = "/api/games?key=the-sandbox-key&page_size=40&genres=action&dates=2010-01-01,2035-01-01"
    mover.rule(kind="insert", rows=4)
    found = mover.get(f"{path}&ordering=created")["count"]
    new = mover.moved[0]["ids"]
    assert set(new) <= set(mover.ids(path)) and len(new) == 4
    mover.call("/_sandbox/moves", "DELETE")
    assert mover.get(path)["count"] == found - 4


def test_a_new_game_can_stand_anywhere_and_keeps_its_neighbours(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="insert", positions=[0, 10, -1])
    assert mover.get(_DAY)["count"] == len(before) + 3
    one, two, three = mover.moved[0]["ids"]
    expected = [one, *before[:9], two, *before[9:], three]
    assert mover.ids() == expected
    mover.rule(kind="delete", positions=[1, 11])
    assert mover.ids() == [game for game in expected if game not in (before[0], before[9])]


def test_two_rows_change_places_and_the_count_stays(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="swap", positions=[2, 30])
    after = mover.ids()
    expected = before.copy()
    expected[2], expected[30] = before[30], before[2]
    assert after == expected
    assert mover.truth()["ids_throughout"] == expected
    other_order = mover.ids(f"/api/games?key=the-sandbox-key&page_size=40&{_FILTER}")
    mover.call("/_sandbox/moves", "DELETE")
    assert mover.ids(f"/api/games?key=the-sandbox-key&page_size=40&{_FILTER}") == other_order


def test_drawn_swaps_cross_pages(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="swap", rows=6, seed=4)
    mover.get(_DAY)
    ids = mover.moved[0]["ids"]
    assert len(ids) == 12
    for one, other in zip(ids[::2], ids[1::2], strict=True):
        assert before.index(one) // 20 != before.index(other) // 20
    assert sorted(mover.ids()) == sorted(before)


@pytest.mark.parametrize("endpoint", ["developers", "tags", "genres", "creators"])
def test_other_lists_move_too(mover: Mover, endpoint: str) -> None:
    path = f"/api/{endpoint}?key=the-sandbox-key&page_size=5"
    before = mover.ids(path)
    mover.rule(kind="delete", endpoint=endpoint, positions=[1])
    assert mover.ids(path) == before[:1] + before[2:]
    assert mover.call(f"/api/{endpoint}/{before[1]}?key=the-sandbox-key")[0].status == 404
    mover.rule(kind="insert", endpoint=endpoint, positions=[0, -1])
    after = mover.ids(path)
    new = mover.moved[-1]["ids"]
    assert after == [new[0], *before[:1], *before[2:], new[1]]
    row, other = mover.get(path)["results"][:2]
    assert row.keys() == other.keys()
    truth = mover.truth(f"endpoint={endpoint}")
    assert truth["ids"] == after
    assert truth["ids_throughout"] == before[:1] + before[2:]
    assert truth["ids_ever"] == sorted({*before, *new})


def test_a_row_that_came_and_went_existed_once(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="insert", positions=[0])
    mover.get(_DAY)
    mover.rule(kind="delete", positions=[0])
    assert mover.ids() == before
    new = mover.moved[0]["ids"][0]
    truth = mover.truth()
    assert truth["ids"] == truth["ids_throughout"] == before
    assert truth["ids_ever"] == sorted([*before, new])


def test_ten_moves_during_a_crawl_are_the_same_in_each_repetition(mover: Mover) -> None:
    crawls = []
    for _ in range(2):
        mover.rule(kind="delete", every=1, times=3, seed=9)
        crawls.append((mover.ids(), mover.moved))
        mover.call("/_sandbox/moves", "DELETE")
    assert crawls[0] == crawls[1]
    assert len(crawls[0][1]) == 3


def test_a_move_can_wait_for_a_page_to_be_asked_again(mover: Mover) -> None:
    mover.rule(kind="delete", page=2, asked=2, positions=[0])
    count = mover.get(_DAY)["count"]
    assert mover.get(f"{_DAY}&page=2")["count"] == count
    assert mover.get(f"{_DAY}&page=3")["count"] == count
    assert mover.get(f"{_DAY}&page=2")["count"] == count - 1


def test_what_has_moved_stays_until_all_is_taken_back(mover: Mover) -> None:
    before = mover.ids()
    mover.rule(kind="delete", positions=[0])
    mover.get(_DAY)
    mover.call("/_sandbox/moves", "POST", [])
    assert mover.ids() == before[1:]
    report = json.loads(mover.call("/_sandbox/moves", "DELETE")[1])
    assert report == {"rules": [], "moves": []}
    assert mover.ids() == before
    assert mover.truth()["ids_ever"] == sorted(before)


def test_the_clock_goes_on_over_what_has_moved(mover: Mover) -> None:
    mover.rule(kind="insert", rows=2)
    mover.get(_DAY)
    new = set(mover.moved[0]["ids"])
    mover.call("/_sandbox/clock", "POST", {"now": "2024-01-05T06:00:00Z"})
    assert new <= set(mover.ids())
    everything = set(mover.ids("/api/games?key=the-sandbox-key&page_size=40"))
    assert new <= everything


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"kind": "delete", "positions": [5000]}, "rows, none at 5000"),
        ({"kind": "insert", "positions": [5000]}, "rows, no place 5000"),
        ({"kind": "insert", "rows": 90_000}, "games that are still to come pass the filters"),
        ({"kind": "delete", "rows": 90_000}, "that takes 90000"),
    ],
)
def test_a_move_that_the_list_does_not_allow_is_told_and_changes_nothing(
    mover: Mover, rule: dict[str, Any], sentence: str
) -> None:
    before = mover.ids()
    mover.rule(**rule)
    assert mover.ids() == before
    assert mover.moved[0]["ids"] == []
    assert sentence in mover.moved[0]["error"]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "rule 0: kind: "),
        ({"kind": "shuffle"}, "rule 0: kind: "),
        ({"kind": "edit", "endpoint": "tags"}, "only games can be edited"),
        ({"kind": "swap", "positions": [1, 2, 3]}, "two and two"),
        ({"kind": "delete", "endpoint": "games_id"}, "no such list: 'games_id'; there are"),
    ],
)
def test_a_bad_rule_is_refused(mover: Mover, rule: dict[str, Any], sentence: str) -> None:
    response, body = mover.call("/_sandbox/moves", "POST", rule)
    assert response.status == 400
    assert sentence in json.loads(body)["error"]


def test_recordings_do_not_move(recordings: Mover) -> None:
    recordings.rule(kind="delete")
    assert recordings.get("/api/games?key=the-sandbox-key")["count"] == 2
    assert "recorded responses do not move" in recordings.moved[0]["error"]


def test_moves_work_for_every_list(world: World) -> None:
    source = SyntheticSource(world, 1_000_000)
    clock = SandboxClock(parse_moment("2024-01-02"))
    with sandbox_in_thread(RawgServer(source, clock, ServerOptions())) as running:
        mover = Mover(running)
        for endpoint in DEFAULT_PAGE_SIZES:
            mover.rule(kind="insert", endpoint=endpoint, positions=[1])
            mover.get(f"/api/{endpoint}?key=the-sandbox-key")
            page = mover.get(f"/api/{endpoint}?key=the-sandbox-key")
            assert page["results"][1]["id"] == mover.moved[-1]["ids"][0]


def test_a_day_of_more_than_25000_dated_games_is_read_in_slices() -> None:
    source = SyntheticSource(World(CatalogueOptions(games=60_000, updated_per_day=44_000)), 10**7)
    moment = parse_moment("2024-01-02T06:00:00Z")
    day = {"updated": "2024-01-01,2024-01-01"}

    def listing(**more: str) -> Listing:
        return source.list_rows("games", {**day, **more}, moment)

    dated = listing(dates="1900-01-01,2100-01-01")
    assert dated.count > 25_000 > dated.reachable == 10_000
    undated = listing(ordering="-released").count - dated.count
    assert 5_000 < undated < 10_000
    rows = listing(ordering="-released").rows(undated - 40, undated + 40)
    assert [json.loads(row)["released"] is None for row in rows] == [True] * 40 + [False] * 40
    years = [f"{year}-01-01,{year}-12-31" for year in range(1970, 2040)]
    slices = [listing(dates=year) for year in years]
    assert sum(part.count for part in slices) == dated.count
    assert all(part.count == part.reachable for part in slices)


def test_a_day_can_have_more_games_without_a_date_than_a_filter_shows() -> None:
    options = CatalogueOptions(games=22_000, updated_per_day=19_800, undated_percent=90)
    source = SyntheticSource(World(options), 10**7)
    day = {"updated": "2024-01-01,2024-01-01", "ordering": "-released"}
    found = source.list_rows("games", day, parse_moment("2024-01-02T06:00:00Z"))
    dates = [json.loads(row)["released"] for row in found.rows(0, found.count)]
    assert dates[:12_000] == [None] * 12_000
    assert found.reachable == 10_000
