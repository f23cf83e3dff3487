import pytest

from rawg_sandbox.api import RawgApi, find_route
from rawg_sandbox.conftest import Asker


def test_the_three_refusals_differ_by_their_text_alone(asker: Asker) -> None:
    assert asker.ask("/api/games", key="") == (
        401,
        b'{"error":"The key parameter is not provided"}',
    )
    assert asker.ask("/api/games", key="wrong") == (401, b'{"error":"The API key is not found"}')
    asker.api.quota.set(1)
    assert asker.ask("/api/games")[0] == 200
    assert asker.ask("/api/genres") == (401, b'{"error":"The monthly API limit reached"}')
    asker.api.quota.set(None)
    assert asker.ask("/api/games")[0] == 200


def test_refused_keys_do_not_use_up_the_quota(asker: Asker) -> None:
    asker.api.quota.set(1)
    asker.ask("/api/games", key="wrong")
    assert asker.ask("/api/games")[0] == 200


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/games/no-such-game", "/api/genres/999", "/api/games/1/movies"]
)
def test_what_is_not_there_is_a_404(asker: Asker, path: str) -> None:
    assert asker.ask(path) == (404, b'{"detail":"Not found."}')


def test_premium_sub_lists_are_refused_with_an_empty_body(asker: Asker) -> None:
    assert asker.ask("/api/games/3498/suggested") == (401, b"")


def test_only_get_is_allowed(asker: Asker) -> None:
    parameters = {"key": "the-sandbox-key"}
    answer = asker.api.answer("POST", find_route("/api/games"), "", parameters, asker.moment)
    assert answer.status == 405


def test_a_trailing_slash_makes_no_difference() -> None:
    assert find_route("/api/platforms/lists/parents/") == find_route("/api/platforms/lists/parents")
    assert find_route("/api/games/some-slug/").key == "some-slug"


def test_a_cached_count_is_stale_for_a_while_and_then_right(asker: Asker) -> None:
    cached = Asker(
        RawgApi(asker.source, frozenset({"the-sandbox-key"}), counts_cached_seconds=3600),
        asker.source,
        asker.moment,
    )
    old = cached.get("/api/games")["count"]
    soon, later = (cached.at(f"2024-01-0{day}") for day in (3, 9))
    soon.moment = asker.moment + 1800
    assert soon.get("/api/games", page=2)["count"] == old
    assert later.get("/api/games")["count"] == asker.at("2024-01-09").get("/api/games")["count"]
    assert later.get("/api/games")["count"] != old
