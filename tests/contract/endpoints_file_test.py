"""One list of endpoints: whatever is made of it has what stands there, and nothing that does not."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.planning.choose_work import choose_work
from extractor.planning.decide import ReadOptions
from gamemarket.endpoints import load_endpoints
from gamemarket.run_dates import parse_run_date
from gamemarket.settings import Settings
from tests.endpoints_files import add_creators, add_second_source
from transformer.dbt_runner.dbt_project import build_sources, known_endpoints
from transformer.warehouse.snowflake_warehouse import name_external_tables

with warnings.catch_warnings():
    # What other people's packages say while they are imported is not about us.
    warnings.simplefilter("ignore")
    import orchestrator.definitions as dagster_definitions
    from orchestrator.stages.stage_runner import StageRunner
    from orchestrator_doubles.fake_stages import MANIFEST

Added = Callable[[Path], Path]

EXAMPLES = [
    (add_creators, {"rawg_lake.raw_creators"}),
    (
        add_second_source,
        {"outlet_lake.raw_titles", "outlet_lake.raw_makers", "outlet_lake.raw_title_details"},
    ),
]


def find_requests(settings: Settings) -> set[str]:
    config = load_endpoints(settings.endpoints_file)
    work = choose_work(config.endpoints, [parse_run_date("2024-01-01")], ReadOptions())
    return {f"{item.endpoint.source}_lake.raw_{item.endpoint.name}" for item in work}


def find_assets(settings: Settings) -> set[str]:
    made = dagster_definitions.build_definitions(settings, MANIFEST, StageRunner(settings))
    keys = [key.path for key in made.resolve_asset_graph().materializable_asset_keys]
    return {".".join(path) for path in keys if path[0].endswith("_lake")}


def find_dbt_sources(settings: Settings) -> set[str]:
    made = build_sources(load_endpoints(settings.endpoints_file).endpoints)
    sources: list[Any] = json.loads(json.dumps(made))["sources"]
    return {f"{lake['name']}.{table['name']}" for lake in sources for table in lake["tables"]}


def find_external_tables(settings: Settings) -> set[str]:
    return name_external_tables(known_endpoints(settings))


FOLLOWERS = [find_requests, find_assets, find_dbt_sources, find_external_tables]


@pytest.mark.parametrize("follow", FOLLOWERS)
@pytest.mark.parametrize(("add", "added"), EXAMPLES)
def test_all_that_follows_from_the_list_has_what_is_added_and_no_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    follow: Callable[[Settings], set[str]],
    add: Added,
    added: set[str],
) -> None:
    monkeypatch.setenv("GAME_MARKET_HOME", str(tmp_path))
    monkeypatch.delenv("ENDPOINTS_FILE", raising=False)
    before = follow(Settings())
    monkeypatch.setenv("ENDPOINTS_FILE", str(add(tmp_path)))
    assert follow(Settings()) == before | added
    assert not before & added


def test_the_packed_list_has_no_example_in_it() -> None:
    packed = load_endpoints()
    assert list(packed.sources) == ["rawg"]
    assert "creators" not in {endpoint.name for endpoint in packed.endpoints}
