from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from gamemarket.endpoints import load_endpoints
from tests.end_to_end.conftest import DAY_ONE
from tests.pages.conftest import Pages

TakePicture = Callable[[str], None]

GAMES = ("games", "games_top", "game_details")
_AN_ASSET = r" (raw|bridge|dim|fct|market|rejected)_\w+$"  # and in no other button of that page


def list_lake_assets() -> list[str]:
    return [f"raw_{endpoint.name}" for endpoint in load_endpoints().endpoints]


def see_assets(page: Page, selection: str, names: list[str]) -> None:
    """The page of the asset graph lists a selection's assets beside it: these, and no others."""
    page.set_viewport_size({"width": 1440, "height": 1300})
    page.goto(f"/asset-groups~{quote(selection)}")
    for name in names:
        expect(page.get_by_role("button", name=re.compile(rf"\b{name}\b"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(_AN_ASSET))).to_have_count(len(names))


def test_every_endpoint_leads_to_marts_and_every_mart_comes_from_endpoints(
    page: Page, pages: Pages
) -> None:
    published = json.loads(pages.home.files("marts")["marts/current_dev.json"])["models"]
    see_assets(page, '+group:"marts" and group:"rawg_lake"', list_lake_assets())
    see_assets(page, 'group:"rawg_lake"+ and group:"marts"', list(published))


def test_a_marts_lineage_begins_at_the_lists_of_games_and_their_details(
    page: Page, take_picture: TakePicture
) -> None:
    page.goto("/assets/dim_games?view=lineage&lineageScope=upstream&lineageDepth=9")
    for name in ("raw_games", "raw_games_top", "raw_game_details", "stg_rawg__games"):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    take_picture("dagster_assets")


def test_of_a_fortnights_partitions_the_day_that_was_run_is_materialized(
    page: Page, take_picture: TakePicture
) -> None:
    page.goto(f"/assets/rawg_lake/raw_games_top?view=partitions&partition={DAY_ONE}")
    days = page.get_by_role("textbox", name="ex:")
    days.fill("[2023-12-25...2024-01-07]")
    days.press("Enter")
    expect(page.get_by_text("14 Partitions Selected")).to_be_visible()
    for figure in ("Materialized (1)", "Missing (13)", "Failed (0)"):
        expect(page.get_by_text(figure, exact=True)).to_be_visible()
    expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="committed")).to_be_visible()
    take_picture("dagster_partitions")


def test_the_runs_page_says_success_with_every_step_and_every_partition_complete(
    page: Page, take_picture: TakePicture
) -> None:
    page.set_viewport_size({"width": 1440, "height": 1550})  # all steps beside all checks
    page.goto("/runs")
    page.get_by_role("link", name="View", exact=True).click()
    assets = list_lake_assets()
    steps = [
        *(f"rawg_lake__{name}" for name in assets),
        "analytics_dbt_assets",
        "report",
        "daily_outcome",
    ]
    for words in ("Success", f"partition: {DAY_ONE}", f"Succeeded ({len(steps)})", "Errored (0)"):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    page.get_by_role("button", name="Hide navigation").click()
    page.get_by_role("button", name="gantt_waterfall").click()
    for step in steps:
        expect(page.get_by_text(step, exact=True).first).to_be_visible()
    page.get_by_role("textbox", name="Filter…").fill("Asset check 'complete'")
    for name in assets:
        passed = f"Check complete succeeded for materialization of rawg_lake / {name}."
        expect(page.get_by_text(passed, exact=True)).to_be_visible()
    take_picture("dagster_run")


@pytest.mark.parametrize("endpoint", GAMES)
def test_an_assets_page_tells_what_its_last_partition_holds_and_where_it_lies(
    page: Page, pages: Pages, endpoint: str
) -> None:
    manifest = pages.read_manifest(endpoint)
    lake = pages.home.path / "lake"
    (committed,) = lake.glob(f"manifests/rawg/{endpoint}/*/gen_001.json")
    page.goto(f"/assets/rawg_lake/raw_{endpoint}")
    for key, value in {
        "dagster/partition_row_count": manifest["rows"],
        "pages": len(manifest["pages"]),
        "requests": manifest["requests"],
        "pages_at": (lake / manifest["parts"][0]["key"]).parent,
        "manifest": committed,
    }.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=key, exact=True))
        expect(row.get_by_text(str(value), exact=True)).to_be_visible()
    page.get_by_role("tab", name="Checks").click()
    expect(page.get_by_text("complete", exact=True).first).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()


# Leaves something to be seen, and changes nothing that is used.
CHANGE = 'mutation { setConcurrencyLimit(concurrencyKey: "of_a_stranger", limit: 1) }'
# All that a page may send to another origin without being asked; the answers are hidden from it.
ATTACK = """async ([url, query]) => {
    const asked = `${url}/graphql?query=${encodeURIComponent(query)}`
    const image = new Image()
    await new Promise(done => { image.onload = image.onerror = done; image.src = asked })
    for (const method of ["GET", "POST"]) await fetch(asked, {method, mode: "no-cors"})
    await fetch(`${url}/graphql`, {method: "POST", mode: "no-cors", body: JSON.stringify({query})})
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-ws")
    return new Promise(done => {
        socket.onopen = () => done("a websocket")
        socket.onerror = () => done("nothing")
    })
}"""
ASK = """async query => {
    const headers = {"Content-Type": "application/json"}
    const asked = await fetch("/graphql", {method: "POST", headers, body: JSON.stringify({query})})
    return (await asked.json()).data
}"""
READ = "{ instance { concurrencyLimits { concurrencyKey } } }"


def test_a_page_of_another_origin_can_not_drive_dagster(
    page: Page, pages: Pages, foreign_page: Page
) -> None:
    page.goto("/server_info")
    assert foreign_page.evaluate(ATTACK, [pages.url, CHANGE]) == "nothing"
    assert "of_a_stranger" not in str(page.evaluate(ASK, READ))
    # What was sent would have been taken from a page of its own.
    assert page.evaluate(ASK, CHANGE) == {"setConcurrencyLimit": True}
    assert "of_a_stranger" in str(page.evaluate(ASK, READ))
