"""The report of a day that Dagster ran, as a browser without a network shows it."""

from __future__ import annotations

import json
import os
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from reporter.build import build_report
from reporter.conftest import NASTY, Game, open_home, tabulate
from reporter.page.writing import number, share
from tests.pages.axe import find_violations, read_axe
from tests.pages.conftest import Pages

type Marts = Mapping[str, list[dict[str, Any]]]
type Open = Callable[..., Page]
type Scheme = Literal["light", "dark"]

FEWEST_RATINGS = 10


@pytest.fixture(scope="session")
def report_file(pages: Pages) -> Path:
    """What Dagster's run left in the home."""
    return pages.home.path / "report.html"


@pytest.fixture
def open_page(browser: Browser, report_file: Path) -> Iterator[Open]:
    """Opens a file in a tab without a network; the test fails when it asks or complains."""
    heard: list[str] = []
    contexts = []

    def open_it(
        file: Path = report_file, width: int = 1280, scheme: Scheme = "light", height: int = 900
    ) -> Page:
        size: Any = {"width": width, "height": height}
        context = browser.new_context(
            viewport=size, color_scheme=scheme, offline=True, bypass_csp=False
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(file.as_uri())
        assert heard.pop(0) == file.as_uri()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert heard == []


@pytest.fixture(scope="session")
def marts(pages: Pages) -> Marts:
    """The published files themselves, each a list of rows: no query of ours."""
    found = {}
    lake = pages.home.path / "lake"
    published = json.loads((lake / "marts/current_dev.json").read_text())["models"]
    with duckdb.connect() as db:
        for mart, model in published.items():
            files = [str(lake / file["key"]) for file in model["files"]]
            cursor = db.execute("from read_parquet(?)", [files])
            names = [column[0] for column in cursor.description or ()]
            found[mart] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


@pytest.fixture(scope="session")
def games(marts: Marts) -> dict[int, dict[str, Any]]:
    """Games that are there, by id."""
    return {
        game["game_id"]: game
        for game in marts["dim_games"]
        if not game["is_deleted"] and game["merged_into_game_id"] is None
    }


def find_names(marts: Marts, kind: str, games: Mapping[int, object]) -> dict[int, set[str]]:
    """Names of what each game belongs to, say its genres."""
    key = f"{kind.removesuffix('s')}_id"
    names = {row[key]: row["name"] for row in marts[f"dim_{kind}"]}
    found: dict[int, set[str]] = defaultdict(set)
    for row in marts[f"bridge_game_{kind}"]:
        if row["game_id"] in games:
            found[row["game_id"]].add(names[row[key]])
    return found


@pytest.fixture
def tell(open_page: Open) -> Callable[[str], str]:
    """The sentence of a question, as it is read."""
    page = open_page()

    def read(name: str) -> str:
        text = page.locator(f"#{name} .answer").inner_text()
        return re.sub("[\u2066-\u2069]", "", text)

    return read


def test_the_report_is_small_and_lies_beside_its_marts(pages: Pages, report_file: Path) -> None:
    body = report_file.read_bytes()
    assert len(body) < 1_000_000
    kept = [name for name in pages.home.files("marts") if "/report_" in name]
    assert [pages.home.files("marts")[name] for name in kept] == [body]


# Texts of pictures that reach out of them.
CUT_LABELS = """
[...document.querySelectorAll('.picture svg')].filter(svg => svg.checkVisibility()).flatMap(svg => {
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < room.left - 1 || box.right > room.right + 1);
  }).map(text => text.textContent);
})
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280, 2560])
def test_nothing_is_cut_off_at_any_width(
    open_page: Open, tmp_path: Path, width: int, scheme: str
) -> None:
    page = open_page(width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".picture").count() >= 8
    for figure in page.locator(".picture").all():
        assert figure.locator("svg:visible").count() == 1
    assert page.evaluate(CUT_LABELS) == []  # in whatever sans-serif this browser has
    folder = os.environ.get("SCREENSHOTS_FOLDER")
    if folder and (width, scheme) in {
        (1280, "light"),
        (2560, "light"),
        (320, "dark"),
        (768, "dark"),
    }:
        page.screenshot(path=Path(folder) / f"report_{width}_{scheme}.png")


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return read_axe(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light"), (1280, "dark")])
def test_axe_finds_nothing(open_page: Open, axe: str, width: int, scheme: str) -> None:
    page = open_page(width=width, scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    assert find_violations(page, axe) == []


def test_the_arrow_keys_read_the_marks_of_a_picture(open_page: Open) -> None:
    page = open_page()
    figure = page.locator("#rising .picture, #concentration .picture").first
    told = figure.locator("output")
    figure.focus()
    values = figure.locator("[data-value]:visible")
    for key, place in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("End", -1)):
        page.keyboard.press(key)
        expect(told).to_have_text(values.nth(place).get_attribute("data-value") or "nothing")


def test_on_paper_there_are_pictures_and_no_tables(open_page: Open) -> None:
    page = open_page(width=320)
    page.emulate_media(media="print")
    figure = page.locator(".picture").first
    expect(figure.locator(".wide-picture")).to_be_visible()
    expect(page.locator("table").first).to_be_hidden()


def test_names_neither_run_nor_break_the_layout(open_page: Open, tmp_path: Path) -> None:
    home = open_home(tmp_path)
    games = [
        Game(n, NASTY[n % len(NASTY)], 1000 + n, date(2024, 6, 1), 70, 4.0, 20, 5)
        for n in range(200)
    ]
    home.publish(tabulate(games, 1000))
    file = tmp_path / "nasty.html"
    file.write_bytes(build_report(home.settings, "dev").html)
    page = open_page(file, width=320)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.title().startswith("Game market report")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    expect(page.get_by_role("cell", name=NASTY[0]).first).to_be_visible()


def test_coverage_is_counted_of_games(tell: Callable[[str], str], games: Mapping[int, Any]) -> None:
    scored = sum(game["metacritic_score"] is not None for game in games.values())
    said = tell("coverage")
    assert said.startswith(f"{number(len(games))} games are known here")
    assert f"{share(scored / len(games))} have a critics' score" in said


def test_crowding_is_counted_of_release_days(
    tell: Callable[[str], str], games: Mapping[int, Any]
) -> None:
    as_of = max(game["observed_at"] for game in games.values())
    years = Counter(game["released_on"].year for game in games.values() if game["released_on"])
    assert tell("crowding").startswith(f"{as_of.year - 1} brought {years[as_of.year - 1]} of")


def test_genres_are_counted_of_games_of_five_years(
    tell: Callable[[str], str], games: Mapping[int, Any], marts: Marts
) -> None:
    year = max(game["observed_at"] for game in games.values()).year
    genres = find_names(marts, "genres", games)
    recent = [
        g for g in games.values() if g["released_on"] and 0 < year - g["released_on"].year < 6
    ]
    users = sum(game["added_count"] or 0 for game in recent)
    told = {}
    for genre in {name for names in genres.values() for name in names}:
        of_genre = [game for game in recent if genre in genres[game["game_id"]]]
        if len(of_genre) >= 5:
            held = sum(game["added_count"] or 0 for game in of_genre) / users
            told[genre] = (held - len(of_genre) / len(recent), len(of_genre) / len(recent), held)
    genre = max(told, key=told.__getitem__)
    _, supply, demand = told[genre]
    said = f"{genre} games are {share(supply)} of the games and {share(demand)} of the users"
    assert tell("genres").startswith(said)


def test_concentration_is_counted_of_users(
    tell: Callable[[str], str], games: Mapping[int, Any]
) -> None:
    users = sorted(g["added_count"] for g in games.values() if g["added_count"] is not None)[::-1]
    first = users[: -(-len(users) // 10)]  # the game with which a tenth is reached
    assert f"the first 10\u00a0% hold {share(sum(first) / sum(users))}" in tell("concentration")


def test_the_most_wanted_is_found_among_games(
    tell: Callable[[str], str], games: Mapping[int, Any]
) -> None:
    as_of = max(game["observed_at"] for game in games.values()).date()
    coming = [
        game
        for game in games.values()
        if game["is_tba"] or (game["released_on"] and game["released_on"] > as_of)
    ]
    most = max(coming, key=lambda game: game["wanted_count"] or 0)
    said = tell("upcoming")
    assert said.startswith(most["name"])
    assert f"of {len(coming)} announced games: {number(most['wanted_count'])} users" in said


def test_the_correlation_is_that_of_statistics(
    tell: Callable[[str], str], games: Mapping[int, Any]
) -> None:
    pairs = [
        (game["metacritic_score"], round(game["rating"] * 20, 1))
        for game in games.values()
        if game["metacritic_score"] is not None and game["ratings_count"] >= FEWEST_RATINGS
    ]
    correlation = statistics.correlation(*zip(*pairs, strict=True))
    assert f"correlate by {correlation:.2f} over {len(pairs)} games" in tell("critics")


@pytest.mark.parametrize("kind", ["platforms", "stores"])
def test_platforms_and_stores_are_counted_of_games(
    tell: Callable[[str], str], games: Mapping[int, Any], marts: Marts, kind: str
) -> None:
    names = find_names(marts, kind, games)
    counted = Counter(name for held in names.values() for name in held)
    (first, most), (_, second) = counted.most_common(2)
    assert most > second
    users = sum(games[n]["added_count"] or 0 for n, held in names.items() if first in held)
    everybody = sum(game["added_count"] or 0 for game in games.values())
    said = f"{first} has {share(most / len(games))} of the games and {share(users / everybody)}"
    assert said in tell("platforms")


def test_publishers_are_counted_of_games_with_details(
    tell: Callable[[str], str], games: Mapping[int, Any], marts: Marts
) -> None:
    publishers = find_names(marts, "publishers", games)
    developers = find_names(marts, "developers", games)
    users: Counter[str] = Counter()
    for game_id, names in publishers.items():
        users.update(dict.fromkeys(names, games[game_id]["added_count"] or 0))
    ((leader, most),) = users.most_common(1)
    ten = sum(n for _, n in users.most_common(10)) / users.total()
    said = tell("companies")
    assert said.startswith(f"{leader} leads with {number(most)} users")
    assert f"hold {share(ten)} of all" in said
    known = [n for n in publishers if n in developers and games[n]["released_on"]]
    own = sum(bool(publishers[n] & developers[n]) for n in known) / len(known)
    assert f"Of {len(known)} games whose makers are known {share(own)}" in said


def test_what_is_finished_is_counted_of_copies(
    tell: Callable[[str], str], games: Mapping[int, Any], marts: Marts
) -> None:
    genres = find_names(marts, "genres", games)
    states = ("beaten", "playing", "dropped", "owned", "unplayed")
    beaten = {}
    for genre in {name for names in genres.values() for name in names}:
        of_genre = [games[n] for n, names in genres.items() if genre in names]
        copies = sum(game[f"{state}_count"] or 0 for game in of_genre for state in states)
        if len(of_genre) >= 5 and copies:
            beaten[genre] = sum(game["beaten_count"] or 0 for game in of_genre) / copies
    assert share(max(beaten.values())) in tell("engagement")


def test_what_gains_waits_for_a_second_day_or_is_counted_of_two(
    open_page: Open, marts: Marts
) -> None:
    days: dict[int, set[date]] = defaultdict(set)
    for row in marts["fct_game_daily_snapshot"]:
        days[row["game_id"]].add(row["observed_on"])
    twice = any(len(seen) > 1 for seen in days.values())
    lacks = open_page().locator("#rising .lacks")
    assert lacks.count() == (0 if twice else 1)
    if not twice:
        assert "a second day of the same games" in lacks.inner_text()
