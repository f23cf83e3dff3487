"""Recorded responses of the real API, of every shape: all of them load, and nothing is lost silently.

RECORDED names their folder (as for `make demo RECORDED=<folder>`); they are not part of this repository.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from gamemarket.endpoints import Endpoint, Endpoints, load_endpoints
from gamemarket.folder_lake import FolderLake
from rawg_sandbox.recorded_source import RecordedSource, split_rows
from tests.warehouse.conftest import REJECTS, Warehouse
from tests.warehouse.lakes import commit_pages, extract, serve
from transformer.conftest import mapped_fields

DAY: Final = date(2024, 1, 1)
# Null in all 50 recorded platforms.
NEVER_RECORDED: Final = {("platforms", "image"), ("platforms", "year_end")}
# Of one staging model.
GAMES: Final = ("games", "games_top", "game_details")
type Json = Any


@dataclass(frozen=True)
class StagedPath:
    """A path of the source's rows, and the column of staging that it is found in."""

    model: str
    path: str
    base_column: str
    column: str


@pytest.fixture(scope="module")
def recordings() -> Path:
    if not os.environ.get("RECORDED"):
        pytest.skip("RECORDED names no folder of recorded RAWG responses")
    return Path(os.environ["RECORDED"])


@pytest.fixture(scope="module")
def loaded(recordings: Path, warehouse: Warehouse) -> Warehouse:
    """Lists by way of the extractor, details beside them."""
    lake = FolderLake.open(warehouse.settings.lake_dir)
    endpoints = endpoints_for_recordings()
    with serve(RecordedSource(recordings), DAY) as sandbox:
        extract(lake, sandbox, endpoints, DAY)
    games = list(read_rows(recordings / "games_id" / "item"))
    commit_pages(lake, "game_details", DAY, games, like="games")
    for endpoint in endpoints.endpoints:
        if endpoint.path != "/games" and (details := read_items(recordings, endpoint)):
            commit_pages(lake, endpoint.name, DAY, details)
    warehouse.build()
    return warehouse


def test_every_recorded_row_is_staged(loaded: Warehouse, recordings: Path) -> None:
    for endpoint in load_endpoints().endpoints:
        recorded = rows_of(recordings, endpoint)
        model = "games" if endpoint.name in GAMES else endpoint.name
        staged = loaded.rows(
            f"select count(*) from staging.stg_rawg__{model} "
            f"where file_name like 'raw/rawg/{endpoint.name}/%'"
        )
        assert staged == [(len(recorded),)], endpoint.name
        assert recorded, endpoint.name


def test_no_value_of_a_path_that_staging_maps_becomes_null_silently(
    loaded: Warehouse, recordings: Path
) -> None:
    paths = list(find_staged_paths())
    assert len(paths) > 80
    items = {model: items_of(model, recordings) for model in {path.model for path in paths}}
    rejected: Counter[tuple[str, str]] = Counter()
    for endpoint, field, count in loaded.rows(
        "select endpoint, field, sum(row_count) from marts.rejected_values group by all"
    ):
        rejected["games" if endpoint in GAMES else endpoint, field] += count
    lost, never_recorded = {}, set()
    for path in paths:
        recorded = sum(find(item, path.path) is not None for item in items[path.model])
        if not recorded:
            never_recorded.add((path.model, path.path))
        staged = loaded.rows(f"select count({path.column}) from staging.stg_rawg__{path.model}")
        missing = recorded - staged[0][0] - rejected[rejected_as(path)]
        if missing:
            lost[path] = missing
    assert lost == {}
    # A path with a slip of the pen would find nothing on both sides.
    assert never_recorded == NEVER_RECORDED


def test_what_is_rejected_is_told_with_its_reason(
    loaded: Warehouse, request: pytest.FixtureRequest
) -> None:
    rejects = loaded.rows(
        "select endpoint, field, reason, sum(row_count)::bigint, min(field_value) "
        "from marts.rejected_values group by all order by all"
    )
    request.config.stash[REJECTS] = rejects
    assert all(reason for _, _, reason, _, _ in rejects)


def endpoints_for_recordings() -> Endpoints:
    """No filter has an effect on recorded rows, and the same row is there many times."""
    packed = load_endpoints()
    games = {"kind": "snapshot", "params": {}, "refresh_days": 30}
    return packed.model_copy(
        update={
            "endpoints": tuple(
                endpoint.model_copy(
                    update={
                        "min_coverage": 0.01,
                        "run_date_field": None,
                        "slices": None,
                        **(games if endpoint.path == "/games" else {}),
                    }
                )
                for endpoint in packed.endpoints
                if endpoint.kind != "detail"  # committed as they are
            )
        }
    )


def folder_of(endpoint: Endpoint) -> str:
    return endpoint.path.strip("/").replace("/", "_")


def read_rows(folder: Path) -> Iterator[Json]:
    for file in sorted(folder.rglob("*.json")):
        yield from map(json.loads, split_rows(file.read_text(encoding="utf-8").strip()))


def read_items(recordings: Path, endpoint: Endpoint) -> list[Json]:
    return list(read_rows(recordings / f"{folder_of(endpoint)}_id" / "item"))


def rows_of(recordings: Path, endpoint: Endpoint) -> list[Json]:
    if endpoint.kind == "detail":
        return list(read_rows(recordings / "games_id" / "item"))
    listed = list(read_rows(recordings / folder_of(endpoint)))
    return listed if endpoint.path == "/games" else [*listed, *read_items(recordings, endpoint)]


# Models of what is inside rows: base_items(ref('<model>'), '<array>', ...).
_ITEMS: Final = re.compile(r"base_items\(ref\('base_rawg__(\w+)'\), '(\w+)'")
_COLUMNS: Final = re.compile(r"'([a-z_.]+(?: as [a-z_]+)?)'")


def items_of(model: str, recordings: Path) -> Sequence[Json]:
    """What the rows of a staging model are made of, out of the recorded files."""
    if found := _ITEMS.search(read_model(f"base/base_rawg__{model}")):
        owner, array = found.groups()
        lists = (row.get(array) for row in items_of(owner, recordings))
        return [item for listed in lists if isinstance(listed, list) for item in listed]
    endpoints = GAMES if model == "games" else (model,)
    return [row for name in endpoints for row in rows_of(recordings, endpoint_of(name))]


def endpoint_of(name: str) -> Endpoint:
    return load_endpoints().endpoint(name)


def find(item: Json, path: str) -> Json:
    for name in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def find_staged_paths() -> Iterator[StagedPath]:
    """Read off the models, and the map of games' fields: what base takes out, what staging makes of it."""
    folder = files("analytics") / "models" / "staging"
    for entry in folder.iterdir():
        model, _, suffix = entry.name.removeprefix("stg_rawg__").partition(".")
        if suffix != "sql" or not has_base(model):
            continue
        columns = find_columns(read_model(f"stg_rawg__{model}"))
        for path, base_column in find_paths(model):
            if base_column in columns:
                yield StagedPath(model, path, base_column, columns[base_column])
    for field in mapped_fields():
        yield StagedPath("games", field.path, field.text, field.column)


def has_base(model: str) -> bool:
    """Whether it is made of rows; what became of a request is made of manifests."""
    return (files("analytics") / f"models/staging/base/base_rawg__{model}.sql").is_file()


def find_paths(model: str) -> Iterator[tuple[str, str]]:
    listed = read_model(f"base/base_rawg__{model}").partition("[")[2]
    for column in _COLUMNS.findall(listed):
        path, _, name = column.partition(" as ")
        yield path, name or path


def find_columns(sql: str) -> dict[str, str]:
    """Columns of base by those of staging that they become."""
    selected = sql.partition("-- where it comes from")[0].partition("renamed as (")[2]
    cast = dict(re.findall(r"cast_text\('(\w+)', '\w+'\) \}\} as (\w+)", selected))
    renamed = dict(re.findall(r"^ +(\w+) as (\w+),$", selected, re.MULTILINE))
    kept = {name: name for name in re.findall(r"^ +(\w+),$", selected, re.MULTILINE)}
    return kept | renamed | cast


def read_model(name: str) -> str:
    return (files("analytics") / "models" / "staging" / f"{name}.sql").read_text()


def rejected_as(path: StagedPath) -> tuple[str, str]:
    """The endpoint and field under which rejected_values has what could not be typed."""
    found = _ITEMS.search(read_model(f"base/base_rawg__{path.model}"))
    if not found:
        return path.model, path.base_column
    owner, array = found.groups()
    return owner, f"{array}.{path.base_column}"
