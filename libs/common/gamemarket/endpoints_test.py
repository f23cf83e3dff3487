from __future__ import annotations

import copy
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gamemarket.endpoints import build_json_schema, load_endpoints
from gamemarket.errors import UsageError

Config = dict[str, Any]

VALID: Config = {
    "sources": {
        "rawg": {
            "base_url": "https://x.test/api",
            "base_url_variable": "RAWG_BASE_URL",
            "key_variable": "RAWG_API_KEY",
            "key_parameter": "key",
            "paging": {"style": "page_numbers"},
            "max_page_size": 40,
        }
    },
    "endpoints": [
        {
            "name": "games",
            "source": "rawg",
            "description": "A game",
            "kind": "incremental",
            "path": "/games",
            "params": {"updated": "{run_date},{run_date}"},
            "page_size": 40,
        }
    ],
}


def write(folder: Path, config: Config) -> Path:
    file = folder / "endpoints.json"
    file.write_text(json.dumps(config))
    return file


def test_the_packed_file_is_valid() -> None:
    assert [e.name for e in load_endpoints().endpoints][:2] == ["games", "games_top"]


def test_the_schema_is_the_one_the_model_generates() -> None:
    checked_in = (files("config") / "endpoints.schema.json").read_text()
    assert checked_in == build_json_schema()


def test_the_run_date_takes_its_place_in_the_params(tmp_path: Path) -> None:
    endpoint = load_endpoints(write(tmp_path, VALID)).endpoint("games")
    assert endpoint.request_params(date(2024, 1, 2)) == {"updated": "2024-01-02,2024-01-02"}


def edit_endpoint(**changes: object) -> Callable[[Config], None]:
    return lambda config: config["endpoints"][0].update(changes)


def edit_source(**changes: object) -> Callable[[Config], None]:
    return lambda config: config["sources"]["rawg"].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        edit_endpoint(path="/games?ordering=created"),
        edit_endpoint(path="/games#top"),
        edit_source(base_url="https://api.rawg.io/api/"),
        edit_source(base_url="https://api.rawg.io/api?key=secret"),
        edit_source(base_url="https://user:secret@api.rawg.io/api"),
    ],
)
def test_a_path_or_url_holds_nothing_that_would_be_dropped(
    tmp_path: Path, change: Callable[[Config], None]
) -> None:
    config = deepcopy(VALID)
    change(config)
    with pytest.raises(UsageError, match=r"(path|base_url): String should match pattern"):
        load_endpoints(write(tmp_path, config))


DETAILS: Config = {
    "name": "game_details",
    "source": "rawg",
    "description": "A game",
    "kind": "detail",
    "path": "/games/{id}",
    "parents": ["games"],
    "daily_requests": 2,
    "refresh_days": 30,
}


def add_details(*without: str, **changes: object) -> Callable[[Config], None]:
    kept = {name: value for name, value in DETAILS.items() if name not in without}
    return lambda config: config["endpoints"].append(kept | changes)


def test_details_take_their_ids_from_lists(tmp_path: Path) -> None:
    config = copy.deepcopy(VALID)
    add_details()(config)
    endpoints = load_endpoints(write(tmp_path, config))
    details = endpoints.endpoint("game_details")
    assert endpoints.parents_of(details) == (endpoints.endpoint("games"),)
    again = tmp_path / "again.json"
    again.write_text(endpoints.model_dump_json(exclude_none=True, by_alias=True))
    assert load_endpoints(again) == endpoints


def add_cycle(config: Config) -> None:
    add_details(parents=["others"])(config)
    add_details(name="others", parents=["game_details"])(config)


@pytest.mark.parametrize(
    ("edit", "path", "reason"),
    [
        (edit_endpoint(page_limmit=3), "endpoints.0.page_limmit", "not permitted"),
        (edit_endpoint(page_size=0), "endpoints.0.page_size", "greater than or equal to 1"),
        (edit_endpoint(kind="nightly"), "endpoints.0.kind", "incremental"),
        (edit_endpoint(name="Games"), "endpoints.0.name", "pattern"),
        (edit_endpoint(params={}), "endpoints.0", "needs {run_date}"),
        (edit_endpoint(kind="snapshot"), "endpoints.0", "needs refresh_days"),
        (
            edit_endpoint(kind="snapshot", params={}, refresh_days=1, run_date_field="updated"),
            "endpoints.0",
            "run_date_field is for",
        ),
        (edit_endpoint(kind="top", params={}, refresh_days=1), "endpoints.0", "needs refresh_days"),
        (
            edit_endpoint(kind="top", params={}, refresh_days=1, page_limit=2, min_coverage=0.5),
            "endpoints.0",
            "read whole",
        ),
        (lambda c: c["endpoints"][0].pop("page_size"), "endpoints.0", "a list needs page_size"),
        (edit_endpoint(parents=["games"]), "endpoints.0", "are for details"),
        (add_details(parents=["gmaes"]), "endpoints.1.parents.0", "'gmaes' is no endpoint"),
        (add_details(parents=["games", "game_details"]), "endpoints.1.parents.1", "a cycle"),
        (add_cycle, "endpoints.1.parents.0", "'others' is a detail, too"),
        (add_details(parents=[]), "endpoints.1", "needs parents"),
        (add_details("daily_requests"), "endpoints.1", "needs parents, daily_requests"),
        (add_details(daily_requests=0), "endpoints.1.daily_requests", "than or equal to 2"),
        (add_details(path="/games"), "endpoints.1", "needs {id} in its path"),
        (add_details(page_limit=3), "endpoints.1", "are for lists"),
        (edit_endpoint(slices={"window": 9}), "endpoints.0.slices.parameter", "required"),
        (edit_endpoint(source="steam"), "endpoints.0", "source 'steam' is not among"),
        (edit_endpoint(page_size=41), "endpoints.0", "above max_page_size"),
        (lambda c: c["endpoints"].append(c["endpoints"][0]), "endpoints.1", "has this name"),
        (lambda c: c["sources"]["rawg"].pop("base_url"), "sources.rawg.base_url", "required"),
        (
            edit_source(paging={"style": "cursor"}),
            "sources.rawg.paging",
            "'page_numbers', 'offsets'",
        ),
        (edit_source(paging={}), "sources.rawg.paging", "'style'"),
        (
            edit_source(paging={"style": "offsets"}),
            "sources.rawg.paging.offsets.offset_parameter",
            "required",
        ),
        (
            edit_source(paging={"style": "page_numbers", "items": "data.rows"}),
            "sources.rawg.paging.page_numbers.items",
            "pattern",
        ),
        (edit_source(key_header="X-Key"), "sources.rawg", "key_parameter or key_header, one"),
        (edit_source(key_parameter=None), "sources.rawg", "key_parameter or key_header, one"),
        (edit_source(key_variable="not one"), "sources.rawg.key_variable", "pattern"),
        (edit_source(quota_refusal={"status": 200}), "sources.rawg.quota_refusal.status", "400"),
        (edit_source(monthly_requests=0), "sources.rawg.monthly_requests", "equal to 1"),
        (lambda c: c.pop("sources"), "sources", "required"),
    ],
)
def test_a_broken_file_is_refused_with_the_path_of_the_key(
    tmp_path: Path, edit: Callable[[Config], None], path: str, reason: str
) -> None:
    config = copy.deepcopy(VALID)
    edit(config)
    with pytest.raises(UsageError) as refused:
        load_endpoints(write(tmp_path, config))
    assert path in str(refused.value)
    assert reason in str(refused.value)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text("{,}")
    with pytest.raises(UsageError, match="is not JSON"):
        load_endpoints(tmp_path / "endpoints.json")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ENDPOINTS_FILE"):
        load_endpoints(tmp_path / "nowhere.json")


def test_an_unknown_endpoint_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no endpoint 'gmaes'.*has: games"):
        load_endpoints(write(tmp_path, VALID)).endpoint("gmaes")
