from typing import Any

import pytest

from rawg_sandbox.conftest import Asker


def _ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_updated_takes_whole_days_with_both_ends(asker: Asker) -> None:
    rows = asker.all_rows("/api/games", updated="2023-12-30,2023-12-31")
    days = {row["updated"][:10] for row in rows}
    assert days == {"2023-12-30", "2023-12-31"}
    everything = asker.all_rows("/api/games")
    expected = {row["id"] for row in everything if row["updated"][:10] in days}
    assert set(_ids(rows)) == expected


@pytest.mark.parametrize(
    "updated", ["2024-01-01", "2024-01-01,", "yesterday,today", "2024-13-01,2024-13-02", "a,b,c"]
)
def test_a_malformed_range_is_ignored_and_the_whole_catalogue_comes(
    asker: Asker, updated: str
) -> None:
    page = asker.get("/api/games", updated=updated)
    assert page["count"] == asker.get("/api/games")["count"]
    assert "seo_title" in page and "user_platforms" not in page


def test_dates_take_several_ranges_and_leave_games_without_date_out(asker: Asker) -> None:
    rows = asker.all_rows("/api/games", dates="2010-01-01,2012-12-31.2020-01-01,2020-12-31")
    years = {row["released"][:4] for row in rows}
    assert years <= {"2010", "2011", "2012", "2020"}
    assert "2020" in years


@pytest.mark.parametrize("field", ["released", "added", "updated", "rating"])
def test_orderings_sort_and_reverse(asker: Asker, field: str) -> None:
    for sign in ("", "-"):
        rows = asker.all_rows("/api/games", ordering=sign + field)
        values = [row[field] for row in rows if row[field] is not None]
        assert values == sorted(values, reverse=sign == "-")


def test_names_sort_and_created_is_the_order_of_ids(asker: Asker) -> None:
    names = [row["slug"] for row in asker.all_rows("/api/games", ordering="name")]
    assert names[0] < names[len(names) // 2] < names[-1]
    created = _ids(asker.all_rows("/api/games", ordering="created"))
    assert created == sorted(created)


def test_games_without_a_date_come_first_in_the_reverse_order(asker: Asker) -> None:
    released = [row["released"] for row in asker.all_rows("/api/games", ordering="-released")]
    dated = [day for day in released if day]
    assert released[: -len(dated)] == [None] * (len(released) - len(dated))
    assert len(dated) < len(released)


def test_the_default_order_is_the_most_wanted_first(asker: Asker) -> None:
    added = [row["added"] for row in asker.all_rows("/api/games")]
    assert added == sorted(added, reverse=True)
    assert _ids(asker.all_rows("/api/games", ordering="nonsense")) == _ids(
        asker.all_rows("/api/games", ordering="-added")
    )


@pytest.mark.parametrize("name", ["genres", "platforms", "stores", "tags"])
def test_a_filter_finds_the_games_whose_rows_name_the_item(asker: Asker, name: str) -> None:
    inner = {"platforms": "platform", "stores": "store"}.get(name)
    items = asker.get(f"/api/{name}")["results"]
    item = next(item for item in items[1:] if item.get("language") != "rus")
    everything = asker.all_rows("/api/games")
    expected = {
        row["id"]
        for row in everything
        if item["id"] in [(part[inner] if inner else part)["id"] for part in row[name]]
    }
    found = asker.all_rows("/api/games", **{name: item["id"]})
    assert set(_ids(found)) == expected
    assert len(found) == item["games_count"] > 0


@pytest.mark.parametrize("name", ["developers", "publishers"])
def test_a_company_finds_the_games_whose_details_name_it(asker: Asker, name: str) -> None:
    company = asker.get(f"/api/{name}")["results"][0]
    found = asker.all_rows("/api/games", **{name: company["id"]})
    assert len(found) == company["games_count"] > 0
    for row in found:
        detail = asker.get(f"/api/games/{row['id']}")
        assert company["id"] in [other["id"] for other in detail[name]]
    assert _ids(company["games"]) == _ids(found)[:6]


def test_several_items_are_an_or_and_several_filters_an_and(asker: Asker) -> None:
    action, indie = (set(_ids(asker.all_rows("/api/games", genres=g))) for g in ("action", "indie"))
    both = _ids(asker.all_rows("/api/games", genres="action,indie"))
    assert set(both) == action | indie
    on_pc = set(_ids(asker.all_rows("/api/games", platforms=4)))
    assert set(_ids(asker.all_rows("/api/games", genres="action", platforms=4))) == action & on_pc


def test_a_search_finds_words_and_gives_scores(asker: Asker) -> None:
    name = asker.get("/api/games")["results"][5]["name"].split(":")[0]
    page = asker.get("/api/games", search=name.upper())
    assert name in [row["name"].split(":")[0] for row in page["results"]]
    assert all(float(row["score"]) > 0 for row in page["results"])


def test_a_game_without_a_date_is_in_no_range_of_dates(asker: Asker) -> None:
    rows = asker.all_rows("/api/games", dates="1900-01-01,2100-01-01")
    assert rows and all(row["released"] for row in rows)
