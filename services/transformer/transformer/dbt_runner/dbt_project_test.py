"""The working copy of the dbt project, and rules that its files keep."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from gamemarket.endpoints import Endpoint, load_endpoints
from gamemarket.errors import UsageError
from transformer.dbt_runner.dbt_project import build_sources, write_dbt_project

ENDPOINTS = load_endpoints().endpoints
ITEMS = {"rawg": "results"}


# What stands in a list inside a row is staged by a model of its own, beside the row's id.
_OWNERS = re.compile(r"__(game|parent_platform)_[^_]")


def read_models(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in (folder / "models").rglob("*.sql")}


def test_every_endpoint_is_a_source_of_its_api() -> None:
    another = Endpoint(
        name="games_at_igdb",
        source="igdb",
        description="A game",
        kind="snapshot",
        path="/games",
        page_size=40,
        refresh_days=7,
    )
    sources = json.loads(json.dumps(build_sources([*ENDPOINTS, another])))["sources"]
    tables = {(s["name"], table["name"]) for s in sources for table in s["tables"]}
    assert {("rawg_lake", f"raw_{endpoint.name}") for endpoint in ENDPOINTS} < tables
    assert ("igdb_lake", "raw_games_at_igdb") in tables


def test_a_model_that_the_project_has_no_more_leaves_the_working_copy(tmp_path: Path) -> None:
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    old = tmp_path / "models" / "marts" / "dim_of_an_older_version.sql"
    old.write_text("select 1")
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    assert not old.exists()
    assert (tmp_path / "models" / "marts" / "dim_games.sql").exists()


def test_files_that_are_right_are_not_touched(tmp_path: Path) -> None:
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_the_fingerprint_of_models_does_not_depend_on_the_endpoints(tmp_path: Path) -> None:
    all_of_them = write_dbt_project(tmp_path / "all", ENDPOINTS, ITEMS)
    one = write_dbt_project(tmp_path / "one", ENDPOINTS[:1], ITEMS)
    assert all_of_them.models_fingerprint == one.models_fingerprint
    assert all_of_them.fingerprint != one.fingerprint


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="GAME_MARKET_HOME"):
        write_dbt_project(tmp_path / "file" / "dbt", ENDPOINTS, ITEMS)


def test_no_model_asks_which_target_it_runs_on(tmp_path: Path) -> None:
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    models = read_models(tmp_path)
    assert len(models) > 20
    assert [name for name, sql in models.items() if "target." in sql] == []


def test_whatever_staging_casts_is_checked_for_rejects(tmp_path: Path) -> None:
    write_dbt_project(tmp_path, ENDPOINTS, ITEMS)
    models = read_models(tmp_path)
    rejects = models["rejected_values"]
    sets = {
        name: _fields_of(fields)
        for name, fields in re.findall(r"set (\w+) = (\{.*?\})", rejects, re.DOTALL)
    }
    for name, sql in models.items():
        if not name.startswith("stg_"):
            continue
        casts = dict(re.findall(r"cast_text\('(\w+)', '(\w+)'\)", sql))
        if not casts:
            assert "source('lake', " in sql  # typed by the manifest
            continue
        assert ("game_fields()" in sql) == (name == "stg_rawg__games")  # both take them from there
        base = name.replace("stg_", "base_")
        call = rejects.split(f"ref('{base}')")[1].split("}}\n")[0]
        checked = _fields_of(call)
        for given in re.findall(r"\b(listed|games)\b", call):
            checked |= sets[given]
        if owner := _OWNERS.search(name):
            casts.pop(f"{owner[1]}_id", None)  # checked with the game itself
        assert casts.items() <= checked.items(), name


def _fields_of(jinja: str) -> dict[str, str]:
    return dict(re.findall(r"'?(\w+)'?[:=] ?'(\w+)'", jinja))


def test_each_model_has_a_description_that_ends_with_its_grain() -> None:
    folder = Path(str(files("analytics") / "models"))
    described = dict(
        found
        for path in folder.rglob("*.yml")
        for found in re.findall(
            r"- name: (\w+) description: > (.*?)(?= data_tests:| columns:| - name: | unit_tests:|$)",
            " ".join(path.read_text().split()),
        )
    )
    models = [path.stem for path in folder.rglob("*.sql")]
    assert len(models) > 70
    for name in models:
        assert re.search(r"Grain: one row per [^.]*\.", described[name]), name
