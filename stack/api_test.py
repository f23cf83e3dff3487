from __future__ import annotations

import pytest

from stack.api import choose_api, find_host
from stack.errors import SettingError


def choose(
    own: dict[str, str], found: dict[str, str] | None = None, *, has_data: bool = True
) -> dict[str, str]:
    return choose_api("ours", own, found or {}, lambda: has_data)


def test_without_a_key_the_sandbox_is_the_api() -> None:
    found = choose({})
    assert found["COMPOSE_PROFILES"] == "sandbox"
    assert found["SANDBOX_BASE_URL"].startswith("http://sandbox:")
    assert find_host({**found}) == "sandbox"


@pytest.mark.parametrize(
    ("own", "host"),
    [
        ({"RAWG_API_KEY": "a-key"}, "api.rawg.io"),
        ({"RAWG_API_KEY": "a-key", "RAWG_BASE_URL": "http://proxy:1/api"}, "proxy"),
        ({"RAWG_BASE_URL": "http://proxy/api"}, "proxy"),
    ],
)
def test_with_a_key_or_a_base_url_it_is_what_they_say(own: dict[str, str], host: str) -> None:
    assert choose(own) == {"STACK_APIS": f"ours={host}"}


@pytest.mark.parametrize(
    ("before", "after", "hosts"),
    [
        ({}, {"RAWG_API_KEY": "a-key"}, "data of sandbox, .* asks for api.rawg.io"),
        ({"RAWG_API_KEY": "a-key"}, {}, "data of api.rawg.io, .* asks for sandbox"),
        (
            {"RAWG_BASE_URL": "http://one/api"},
            {"RAWG_BASE_URL": "http://two/api"},
            "data of one, .* asks for two",
        ),
    ],
)
def test_another_api_is_refused_with_the_two_ways_out(
    before: dict[str, str], after: dict[str, str], hosts: str
) -> None:
    found = choose(before)
    with pytest.raises(SettingError, match=f"{hosts}.*make clean.*COMPOSE_PROJECT_NAME"):
        choose(after, found)
    assert choose(before, found) == found
    assert choose(after, found, has_data=False)  # it was cleaned


def test_another_stack_has_an_api_of_its_own_and_the_first_keeps_its() -> None:
    found = choose_api("ours", {}, {}, lambda: True)
    theirs = choose_api("theirs", {"RAWG_API_KEY": "a-key"}, found, lambda: False)
    assert theirs == {"STACK_APIS": "ours=sandbox,theirs=api.rawg.io"}
    assert choose_api("ours", {}, theirs, lambda: True)["COMPOSE_PROFILES"] == "sandbox"


def test_the_users_own_profiles_stay() -> None:
    assert choose({"COMPOSE_PROFILES": "mine"})["COMPOSE_PROFILES"] == "mine,sandbox"
    assert choose({"COMPOSE_PROFILES": "sandbox"})["COMPOSE_PROFILES"] == "sandbox"
