"""One list of endpoints: whatever is made of it has what stands there, and nothing that does not."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.choose_work import choose_work
from extractor.decide import Wanted
from gamemarket.endpoints import Endpoints, load_endpoints
from gamemarket.run_dates import parse_run_date
from gamemarket.settings import Settings
from tests.endpoints_files import add_creators, add_second_source
from transformer.build import known_endpoints
from transformer.dbt_project import build_sources
from transformer.snowflake_warehouse import name_external_tables

with warnings.catch_warnings():
    # What other people's packages say while they are imported is not about us.
    warnings.simplefilter("ignore")
    from orchestrator.lake_assets import build_lake_assets

Added = Callable[[Path], Path]

EXAMPLES = [
    (add_creators, {"rawg_lake.raw_creators"}),
    (
        add_second_source,
        {"outlet_lake.raw_titles", "outlet_lake.raw_makers", "outlet_lake.raw_title_details"},
    ),
]


def find_requests(config: Endpoints) -> set[str]:
    work = choose_work(config.endpoints, [parse_run_date("2024-01-01")], Wanted())
    return {f"{item.endpoint.source}_lake.raw_{item.endpoint.name}" for item in work}


def find_assets(config: Endpoints) -> set[str]:
    return {".".join(asset.key.path) for asset in build_lake_assets(config, None)}


def find_dbt_sources(config: Endpoints) -> set[str]:
    sources: list[Any] = json.loads(json.dumps(build_sources(config.endpoints)))["sources"]
    lakes = [source for source in sources if source["name"] != "lake"]
    return {f"{lake['name']}.{table['name']}" for lake in lakes for table in lake["tables"]}


def find_external_tables(config: Endpoints) -> set[str]:
    return name_external_tables(config.endpoints)


FOLLOWERS = [find_requests, find_assets, find_dbt_sources, find_external_tables]


@pytest.mark.parametrize("follow", FOLLOWERS)
@pytest.mark.parametrize(("add", "added"), EXAMPLES)
def test_all_that_follows_from_the_list_has_what_is_added_and_no_more(
    tmp_path: Path, follow: Callable[[Endpoints], set[str]], add: Added, added: set[str]
) -> None:
    before = follow(load_endpoints())
    assert follow(load_endpoints(add(tmp_path))) == before | added
    assert not before & added


@pytest.mark.parametrize(("add", "added"), EXAMPLES)
def test_the_warehouse_knows_the_endpoints_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add: Added, added: set[str]
) -> None:
    monkeypatch.setenv("ENDPOINTS_FILE", str(add(tmp_path)))
    assert added < name_external_tables(known_endpoints(Settings()))


def test_the_packed_list_has_no_example_in_it() -> None:
    packed = load_endpoints()
    assert list(packed.sources) == ["rawg"]
    assert "creators" not in {endpoint.name for endpoint in packed.endpoints}
