import pytest

from rawg_sandbox.conftest import ADDRESS, Asker
from rawg_sandbox.paging import Listing, Page, encode_page, parse_page


def test_the_size_is_clamped_while_next_repeats_what_was_asked(asker: Asker) -> None:
    page = asker.get("/api/games", page_size=100)
    assert len(page["results"]) == 40
    assert page["next"] == f"{ADDRESS}/api/games?key=the-sandbox-key&page=2&page_size=100"


def test_links_carry_the_askers_own_key_and_all_parameters_sorted(asker: Asker) -> None:
    page = asker.get(
        "/api/games", key="other", updated="2024-01-01,2024-01-01", page_size=3, page=3
    )
    expected = "key=other&page={}&page_size=3&updated=2024-01-01%2C2024-01-01"
    assert page["next"] == f"{ADDRESS}/api/games?{expected.format(4)}"
    assert page["previous"] == f"{ADDRESS}/api/games?{expected.format(2)}"


def test_the_link_back_to_the_first_page_names_no_page(asker: Asker) -> None:
    page = asker.get("/api/games", page=2)
    assert page["previous"] == f"{ADDRESS}/api/games?key=the-sandbox-key"


@pytest.mark.parametrize("page", ["0", "-1", "text", "100000", "1.5", "last"])
def test_a_page_that_does_not_exist_is_a_404(asker: Asker, page: str) -> None:
    assert asker.ask("/api/games", page=page) == (404, b'{"detail":"Invalid page."}')


def test_the_first_page_of_nothing_is_empty(asker: Asker) -> None:
    page = asker.get("/api/games", genres="no-such-genre")
    assert (page["count"], page["next"], page["results"]) == (0, None, [])


@pytest.mark.parametrize(
    ("endpoint", "size"),
    [("games", 20), ("developers", 10), ("genres", 40), ("stores", 20), ("platforms", 50)],
)
def test_each_endpoint_has_its_default_size(endpoint: str, size: int) -> None:
    assert parse_page(endpoint, {}) == Page(1, size)
    assert parse_page(endpoint, {"page_size": "no number"}) == Page(1, size)
    assert parse_page(endpoint, {"page_size": "50"}) == Page(1, 40)


def test_filtered_queries_end_at_10000_rows_though_next_points_on() -> None:
    listing = Listing(12_345, 10_000, lambda start, stop: [b"1"] * (stop - start))
    parameters = {"key": "k", "page": "250", "page_size": "40"}
    last = encode_page(listing, Page(250, 40), ADDRESS, parameters)
    assert last is not None
    assert last.startswith(b'{"count":12345,"next":"http://sandbox.example?key=k&page=251')
    assert encode_page(listing, Page(251, 40), ADDRESS, parameters) is None


def test_pages_together_are_the_whole_list_once(asker: Asker) -> None:
    rows = asker.all_rows("/api/games")
    assert len({row["id"] for row in rows}) == len(rows) == asker.get("/api/games")["count"]
