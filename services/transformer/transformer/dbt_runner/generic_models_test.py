"""What an endpoint has before somebody writes a model for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.errors import DataError
from gamemarket.settings import Settings
from transformer.conftest import DAY_1, DAY_2, DAY_3, Pipeline, game, page_of
from transformer.dbt_runner.dbt_project import write_dbt_project
from transformer.dbt_runner.generic_models import build_generic_models

ITEMS = {"rawg": "results"}
CREATORS = {
    "name": "creators",
    "source": "rawg",
    "description": "A person who makes games",
    "kind": "snapshot",
    "path": "/creators",
    "page_size": 40,
    "refresh_days": 30,
}


def creator(creator_id: object, **fields: object) -> dict[str, object]:
    return {"id": creator_id, "name": f"N {creator_id}", "slug": f"n-{creator_id}", **fields}


@pytest.fixture
def with_creators(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Builds by an endpoints.json that has one endpoint more."""
    listed = load_endpoints().model_dump(mode="json", by_alias=True, exclude_unset=True)
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps({**listed, "endpoints": [*listed["endpoints"], CREATORS]}))
    monkeypatch.setenv("ENDPOINTS_FILE", str(file))
    pipeline.settings = Settings()
    return pipeline


def test_rows_of_every_part_are_there_and_whole_and_in_no_mart(with_creators: Pipeline) -> None:
    people = [creator(1, games=[{"id": 7}]), creator(2), creator("x"), creator(3)]
    writer = with_creators.writer
    writer.commit("games", DAY_1, page_of(game(1)))
    first = writer.commit("creators", DAY_1, page_of(*people[:2]), page_of(people[2]))
    with_creators.build()
    second = writer.commit("creators", DAY_2, page_of(people[3]))
    with_creators.build()
    rows = with_creators.rows(
        "select id, name, slug, payload, run_date, file_name from staging.stg_rawg__creators "
        "order by run_date, id nulls last"
    )
    assert [(*row[:3], json.loads(row[3]), *row[4:]) for row in rows] == [
        (1, "N 1", "n-1", people[0], DAY_1, first),
        (2, "N 2", "n-2", people[1], DAY_1, first),
        (None, "N x", "n-x", people[2], DAY_1, first),
        (3, "N 3", "n-3", people[3], DAY_2, second),
    ]
    assert not [name for name in with_creators.marts() if "creator" in name]
    # Rows and ids are reconciled with the manifest.
    writer.commit("creators", DAY_3, page_of(creator(1), creator(2)), rows=3, distinct_ids=1)
    with pytest.raises(DataError) as failed:
        with_creators.build()
    for what in ("row", "id"):
        assert f"accounts_for_every_{what}_stg_rawg__creators" in str(failed.value)


def test_an_endpoint_more_builds_no_mart_anew(
    pipeline: Pipeline, with_creators: Pipeline, tmp_path: Path
) -> None:
    endpoints = load_endpoints(Settings().endpoints_file).endpoints
    with_it = write_dbt_project(tmp_path / "with", endpoints, ITEMS)
    without = write_dbt_project(tmp_path / "without", load_endpoints().endpoints, ITEMS)
    assert (with_it.folder / "models/staging/generic/stg_rawg__creators.sql").exists()
    assert with_it.models_fingerprint == without.models_fingerprint


def test_an_endpoint_that_a_base_model_reads_has_none() -> None:
    endpoint = load_endpoints().endpoint("stores")
    base = {"models/staging/base/base_rawg__stores.sql": b"{{ base_rows('rawg', 'stores', ['id'"}
    both = {"models/staging/base/base_rawg__x.sql": b"base_rows('rawg', ['tags', 'stores'], []"}
    assert dict(build_generic_models([endpoint], base, ITEMS)) == {}
    assert dict(build_generic_models([endpoint], both, ITEMS)) == {}
    assert len(dict(build_generic_models([endpoint], {}, ITEMS))) == 2


def test_rows_are_found_under_the_name_that_the_source_has_for_them() -> None:
    endpoint = load_endpoints().endpoint("stores")
    made = dict(build_generic_models([endpoint], {}, {"rawg": "entries"}))
    assert b"items='entries'" in made["models/staging/generic/stg_rawg__stores.sql"]
