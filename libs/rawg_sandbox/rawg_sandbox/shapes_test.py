"""The shapes of rows, key by key as they stand in recorded responses."""

import json
from typing import Any

import pytest

from rawg_sandbox.conftest import Asker

UNFILTERED = (
    "id slug name released tba background_image rating rating_top ratings ratings_count "
    "reviews_text_count added added_by_status metacritic playtime suggestions_count updated "
    "user_game reviews_count saturated_color dominant_color platforms parent_platforms genres "
    "stores clip tags esrb_rating short_screenshots"
).split()

FILTERED = (
    "slug name playtime platforms stores released tba background_image rating rating_top ratings "
    "ratings_count reviews_text_count added added_by_status metacritic suggestions_count updated "
    "id score clip tags esrb_rating user_game reviews_count saturated_color dominant_color "
    "short_screenshots parent_platforms genres"
).split()

DETAIL = (
    "id slug name name_original description metacritic metacritic_platforms released tba updated "
    "background_image background_image_additional website rating rating_top ratings reactions "
    "added added_by_status playtime screenshots_count movies_count creators_count "
    "achievements_count parent_achievements_count reddit_url reddit_name reddit_description "
    "reddit_logo reddit_count twitch_count youtube_count reviews_text_count ratings_count "
    "suggestions_count alternative_names metacritic_url parents_count additions_count "
    "game_series_count user_game reviews_count saturated_color dominant_color parent_platforms "
    "platforms stores developers genres tags publishers esrb_rating clip description_raw"
).split()

COMPANY = "id name slug games_count image_background games".split()
PLATFORM_ROW = ("id name slug games_count image_background image year_start year_end games").split()

LIST_KEYS = {
    "genres": COMPANY,
    "developers": COMPANY,
    "publishers": COMPANY,
    "platforms": PLATFORM_ROW,
    "stores": "id name domain slug games_count image_background games".split(),
    "tags": "id name slug games_count image_background language games".split(),
    "creators": "id name slug image image_background games_count positions games".split(),
    "creator-roles": "id name slug".split(),
    "platforms/lists/parents": "id name slug platforms".split(),
}

DETAIL_KEYS = {
    "genres": "id name slug games_count image_background description".split(),
    "developers": "id name slug games_count image_background description".split(),
    "publishers": "id name slug games_count image_background description".split(),
    "tags": "id name slug games_count image_background description".split(),
    "stores": "id name domain slug games_count image_background description".split(),
    "platforms": (
        "id name slug games_count image_background description image year_start year_end"
    ).split(),
    "creators": (
        "id name slug image image_background description games_count reviews_count rating "
        "rating_top updated positions platforms ratings timeline"
    ).split(),
}

FULL_PLATFORM = "id name slug image year_end year_start games_count image_background".split()
TAG = "id name slug language games_count image_background".split()


def _all_keys(rows: list[dict[str, Any]], member: str) -> set[tuple[str, ...]]:
    return {tuple(element) for row in rows for element in row[member] or []}


def test_an_unfiltered_row_is_full_and_has_english_tags_only(asker: Asker) -> None:
    rows = asker.all_rows("/api/games")
    assert {tuple(row) for row in rows} == {tuple(UNFILTERED)}
    parts = ("platform", "released_at", "requirements_en", "requirements_ru")
    assert _all_keys(rows, "platforms") == {parts}
    assert {tuple(p["platform"]) for row in rows for p in row["platforms"]} == {
        tuple(FULL_PLATFORM)
    }
    assert _all_keys(rows, "genres") == {tuple(COMPANY[:-1])}
    assert _all_keys(rows, "stores") == {("id", "store")}
    assert _all_keys(rows, "tags") == {tuple(TAG)}
    assert {tag["language"] for row in rows for tag in row["tags"]} == {"eng"}
    assert [] in [row["stores"] for row in rows]


def test_a_filtered_row_is_slim_and_two_in_five_of_its_tags_are_russian(asker: Asker) -> None:
    rows = asker.all_rows("/api/games", dates="1970-01-01,2040-01-01")
    without_rating = [key for key in rows[0] if key != "community_rating"]
    assert without_rating == FILTERED
    assert {tuple(k for k in row if k != "community_rating") for row in rows} == {tuple(FILTERED)}
    assert any("community_rating" in row for row in rows)
    for member in ("platforms", "parent_platforms"):
        assert {tuple(p["platform"]) for row in rows for p in row[member]} == {
            ("id", "name", "slug")
        }
    assert _all_keys(rows, "genres") == {("id", "name", "slug")}
    assert _all_keys(rows, "stores") == {("store",)}
    assert None in [row["stores"] for row in rows]
    languages = [tag["language"] for row in rows for tag in row["tags"] or []]
    assert 0.35 < languages.count("rus") / len(languages) < 0.45
    assert {tuple(row["esrb_rating"]) for row in rows if row["esrb_rating"]} == {
        ("id", "name", "slug", "name_en", "name_ru")
    }


def test_no_list_row_carries_developers_or_publishers_but_details_do(asker: Asker) -> None:
    rows = asker.get("/api/games")["results"] + asker.get("/api/games", genres="4")["results"]
    assert not any({"developers", "publishers"} & set(row) for row in rows)
    detail = asker.get(f"/api/games/{rows[0]['id']}")
    assert list(detail) == DETAIL
    assert [list(d) for d in detail["developers"]] == [COMPANY[:-1]] * len(detail["developers"])
    assert detail["developers"] and detail["publishers"]
    assert {tuple(p) for p in detail["platforms"]} == {("platform", "released_at", "requirements")}
    assert {tuple(s) for s in detail["stores"]} == {("id", "url", "store")}


def test_the_envelopes_of_the_two_shapes_differ(asker: Asker) -> None:
    common = ["count", "next", "previous", "results"]
    assert list(asker.get("/api/games")) == [
        *common,
        *"seo_title seo_description seo_keywords seo_h1 noindex nofollow description".split(),
        *"filters nofollow_collections".split(),
    ]
    assert list(asker.get("/api/games", stores="1")) == [*common, "user_platforms"]
    assert list(asker.get("/api/genres")) == common


@pytest.mark.parametrize(("endpoint", "keys"), LIST_KEYS.items())
def test_rows_of_the_other_lists_have_the_recorded_keys(
    asker: Asker, endpoint: str, keys: list[str]
) -> None:
    rows = asker.all_rows(f"/api/{endpoint}")
    assert {tuple(row) for row in rows} == {tuple(keys)}
    games = [game for row in rows for game in row.get("games", [])]
    assert {tuple(game) for game in games} <= {("id", "slug", "name", "added")}


@pytest.mark.parametrize(("endpoint", "keys"), DETAIL_KEYS.items())
def test_details_of_the_other_lists_have_the_recorded_keys(
    asker: Asker, endpoint: str, keys: list[str]
) -> None:
    row = asker.get(f"/api/{endpoint}")["results"][0]
    by_id = asker.get(f"/api/{endpoint}/{row['id']}")
    assert list(by_id) == keys
    assert asker.get(f"/api/{endpoint}/{row['slug']}") == by_id
    assert by_id["games_count"] == row["games_count"]


def test_a_row_written_again_compactly_is_the_same_bytes(asker: Asker) -> None:
    """So that a reader that has parsed it can compare hashes with the truth."""
    for parameters in ({}, {"updated": "2024-01-01,2024-01-01"}):
        _, body = asker.ask("/api/games", page_size=40, **parameters)
        again = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
        assert again.encode() == body


def test_shares_of_the_long_tail_and_of_popular_games_are_those_of_rawg(asker: Asker) -> None:
    rows = asker.all_rows("/api/games")
    head, tail = rows[:75], rows[120:]

    def share(member: str) -> float:
        return sum(not row[member] for row in tail) / len(tail)

    assert 0.95 < share("metacritic") < 1
    assert 0.9 < share("esrb_rating") < 0.98
    assert 0.5 < share("added_by_status") < 0.7
    assert 0.4 < share("stores") < 0.6
    assert 0.4 < share("tags") < 0.6
    assert 0.2 < share("released") < 0.35
    assert 0.94 < share("rating") < 1
    for member, mean in {"platforms": 4.6, "genres": 2.1, "stores": 3.6, "tags": 18.9}.items():
        assert abs(sum(len(row[member]) for row in head) / len(head) - mean) < mean / 5, member
    assert {type(row["rating"]) for row in tail if not row["rating"]} == {int, float}
    assert all(row["short_screenshots"][0]["id"] == -1 for row in head)


def test_the_first_pages_are_larger_than_100_kb(asker: Asker) -> None:
    _, body = asker.ask("/api/games", page_size=40)
    assert len(body) > 100_000
