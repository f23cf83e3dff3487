from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gamemarket.endpoints import load_endpoints
from gamemarket.run_summary import RunState, RunSummary
from gamemarket.settings import load_settings
from orchestrator.assets.lake_links import LakeLinks


def summary(state: RunState = "committed", generation: int = 2) -> RunSummary:
    return RunSummary(
        endpoint="games", run_date=date(2024, 1, 2), state=state, generation=generation
    )


def test_a_partition_is_linked_where_the_lake_keeps_it() -> None:
    links = LakeLinks("s3://lake", load_endpoints())
    assert links.find(summary()) == {
        "pages_at": dg.MetadataValue.text("s3://lake/raw/rawg/games/run_date=2024-01-02"),
        "manifest": dg.MetadataValue.text(
            "s3://lake/manifests/rawg/games/run_date=2024-01-02/gen_002.json"
        ),
    }


def test_a_browser_gets_a_link_that_it_can_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_BROWSER_URL", "http://127.0.0.1:9001/browser/")
    assert "browse" not in LakeLinks.from_settings(load_settings(), load_endpoints()).find(
        summary()
    )
    monkeypatch.setenv("DATA_LAKE_BUCKET", "lake")
    links = LakeLinks.from_settings(load_settings(), load_endpoints())
    pages = "raw%2Frawg%2Fgames%2Frun_date%3D2024-01-02%2F"
    link = dg.MetadataValue.url(f"http://127.0.0.1:9001/browser/lake/{pages}")
    assert links.find(summary())["browse"] == link


@pytest.mark.parametrize(("state", "generation"), [("not_due", 0), ("open", 1)])
def test_what_is_not_committed_has_no_link(state: RunState, generation: int) -> None:
    links = LakeLinks("s3://lake", load_endpoints())
    assert links.find(summary(state, generation)) == {}


def test_the_lake_is_the_bucket_of_the_run_then_that_of_the_settings_then_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoints = load_endpoints()
    folder = LakeLinks.from_settings(load_settings(), endpoints)
    assert folder.lake == str(tmp_path / "home" / "lake")
    monkeypatch.setenv("DATA_LAKE_BUCKET", "ours")
    bucket = LakeLinks.from_settings(load_settings(), endpoints)
    assert bucket.lake == "s3://ours"
    assert bucket.of_run("").lake == "s3://ours"
    assert bucket.of_run("another").lake == "s3://another"
