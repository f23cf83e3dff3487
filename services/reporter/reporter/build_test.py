"""The whole report over marts that are made by hand: its sentences are counted here a second time."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from datetime import date
from html import unescape

import pytest

from gamemarket.errors import LakeError
from gamemarket.folder_lake import FolderLake
from gamemarket.lake_keys import MartsPointerKey
from reporter.build import Report, build_report
from reporter.conftest import (
    CATALOGUE,
    GENRES,
    NASTY,
    Game,
    Home,
    add_source,
    make_games,
    open_home,
    tabulate,
)
from reporter.page.writing import number, share
from reporter.questions.catalogue import QUESTIONS


def find_sentences(html: bytes) -> dict[str, str]:
    """What answered questions say, by their names."""
    _, *sections = html.decode().split('<section id="')
    found = {}
    for section in sections:
        name = section.partition('"')[0]
        answer = re.search('<p class="answer">(.*?)</p>', section, re.DOTALL)
        if answer and name != "quality":
            found[name] = re.sub("[\u2068\u2069]", "", unescape(answer[1]))
    return found


@pytest.fixture(scope="module")
def games() -> list[Game]:
    return make_games()


@pytest.fixture(scope="module")
def there(games: list[Game]) -> list[Game]:
    return [game for game in games if not game.is_deleted]


@pytest.fixture(scope="module")
def report(games: list[Game], tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One of all games, which most tests read."""
    home = open_home(tmp_path_factory.mktemp("home"))
    home.publish(tabulate(games, CATALOGUE))
    return build_report(home.settings, "dev")


@pytest.fixture(scope="module")
def sentences(report: Report) -> dict[str, str]:
    return find_sentences(report.html)


def test_every_question_has_a_sentence(report: Report, sentences: dict[str, str]) -> None:
    assert report.unanswered == ()
    assert list(sentences) == [question.name for question in QUESTIONS]


def test_coverage_is_of_games_that_are_there(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    scored = sum(game.critics is not None for game in there) / len(there)
    assert f"{len(there)} games are known here" in sentences["coverage"]
    assert f"{share(len(there) / CATALOGUE)} of the 1,000" in sentences["coverage"]
    assert f"{share(scored)} have a critics' score" in sentences["coverage"]


def test_a_catalogue_smaller_than_what_is_known_is_no_measure(home: Home) -> None:
    home.publish(tabulate(make_games(20), catalogue=10))
    html = build_report(home.settings, "dev").html
    assert find_sentences(html)["coverage"].startswith("18 games are known here. Of these")
    assert b"that RAWG lists" not in html


def test_crowding_compares_whole_years(sentences: dict[str, str], there: Sequence[Game]) -> None:
    years = [game.released_on.year for game in there if game.released_on]
    last, before = years.count(2023), years.count(2022)
    change = share(abs(last / before - 1))
    assert sentences["crowding"].startswith(
        f"2023 brought {last} of the games known here, {change}"
    )
    months = [g.released_on.month for g in there if g.released_on and g.released_on.year < 2024]
    part = share(max(months.count(month) for month in set(months)) / len(months))
    assert part in sentences["crowding"]


def test_a_genres_demand_is_set_against_its_supply(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    recent = [game for game in there if game.released_on and 2019 <= game.released_on.year <= 2023]
    users = sum(game.users for game in recent)
    gaps = {}
    for genre in GENRES:
        of_genre = [game for game in recent if genre in game.genres]
        supply, demand = len(of_genre) / len(recent), sum(g.users for g in of_genre) / users
        gaps[genre] = (demand - supply, supply, demand)
    genre = max(gaps, key=gaps.__getitem__)
    _, supply, demand = gaps[genre]
    said = f"{genre} games are {share(supply)} of the games and {share(demand)} of the users"
    assert sentences["genres"].startswith(said)


def test_concentration_is_of_all_users(sentences: dict[str, str], there: Sequence[Game]) -> None:
    users = sorted((game.users for game in there), reverse=True)
    tenth = users[: len(users) // 10]
    assert (
        f"the first 10\u00a0% hold {share(sum(tenth) / sum(users))}" in sentences["concentration"]
    )
    assert f"{number(tenth[-1])} users or more" in sentences["concentration"]


def test_the_fastest_gains_by_day_not_in_all(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    gains = {g.name: (g.users - g.users_before) / 2 for g in there if g.users_before is not None}
    most = max(gains.values())
    fastest = next(name for name, gained in gains.items() if gained == most)
    assert sentences["rising"].startswith(f"{fastest} gains {number(most)} users a day")
    assert f"the most of {len(gains)} games" in sentences["rising"]


def test_the_most_wanted_is_not_out_yet_and_moves_are_counted(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    coming = [game for game in there if game.released_on and game.released_on.year == 2024]
    wanted = max(coming, key=lambda game: game.statuses["toplay"])
    assert sentences["upcoming"].startswith(f"{wanted.name} (2024-05-02) is the most wanted of")
    assert f"{number(wanted.statuses['toplay'])} users want to play it" in sentences["upcoming"]
    assert f"1 of the first {min(15, len(coming))} moved its day" in sentences["upcoming"]


def test_critics_and_players_correlate_as_statistics_says(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    pairs = [(g.critics, g.rating) for g in there if g.critics is not None and g.ratings >= 10]
    correlation = statistics.correlation(*zip(*pairs, strict=True))
    assert f"correlate by {correlation:.2f} over {len(pairs)} games" in sentences["critics"]


def test_platforms_count_each_game_once_on_each(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    on_pc = [game for game in there if "PC" in game.platforms]
    on_xbox = [game for game in there if "Xbox" in game.platforms]
    first = max((on_pc, "PC"), (on_xbox, "Xbox"), key=lambda one: len(one[0]))
    users = sum(g.users for g in first[0]) / sum(g.users for g in there)
    said = f"{first[1]} has {share(len(first[0]) / len(there))} of the games and {share(users)}"
    assert sentences["platforms"].startswith(said)


def test_publishers_are_ranked_by_users_and_own_games_counted(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    published = [game for game in there if game.publishers]
    known = [game for game in published if game.developers]
    users = {name: 0 for game in published for name in game.publishers}
    for game in published:
        users[game.publishers[0]] += game.users
    leader = max(users, key=users.__getitem__)
    ten = sum(sorted(users.values(), reverse=True)[:10]) / sum(users.values())
    own = sum(game.publishers == game.developers for game in known) / len(known)
    assert sentences["companies"].startswith(f"{leader} leads with {number(users[leader])} users")
    assert f"hold {share(ten)} of all" in sentences["companies"]
    assert f"Of {len(known)} games whose makers are known {share(own)}" in sentences["companies"]


def test_copies_of_a_genre_are_those_that_somebody_has(
    sentences: dict[str, str], there: Sequence[Game]
) -> None:
    beaten = {}
    for genre in GENRES:
        of_genre = [game for game in there if genre in game.genres]
        copies = sum(n for g in of_genre for status, n in g.statuses.items() if status != "toplay")
        beaten[genre] = sum(game.statuses["beaten"] for game in of_genre) / copies
    most = max(beaten, key=beaten.__getitem__)
    assert f"{most} games are finished most, {share(beaten[most])}" in sentences["engagement"]


def test_the_same_marts_give_the_same_bytes_also_beside_a_second_source(
    report: Report, home: Home, games: list[Game]
) -> None:
    home.publish(add_source(tabulate(games, CATALOGUE)))
    assert build_report(home.settings, "dev").html == report.html


def test_names_are_text_whatever_they_hold(home: Home, games: list[Game]) -> None:
    nasty = [
        Game(1000 + n, name, 900_000 + n, date(2024, 5, 2), 70, 1.0, 20, 5, genres=(name,))
        for n, name in enumerate(NASTY)
    ]
    home.publish(tabulate([*games, *nasty], CATALOGUE))
    html = build_report(home.settings, "dev").html.decode()
    assert html.count("<script") == 1  # our own
    assert html.count("WWWWWWW") and "W" * 301 not in html
    assert NASTY[2] in unescape(html) and NASTY[3] in unescape(html)


def test_without_marts_the_page_says_what_to_do(home: Home) -> None:
    report = build_report(home.settings, "dev")
    assert report.pointer is None
    assert "No marts of target dev are published" in unescape(report.html.decode())


def test_an_empty_lake_is_waited_for_in_every_place(home: Home) -> None:
    home.publish(tabulate([], CATALOGUE))
    report = build_report(home.settings, "dev")
    assert report.unanswered == ()
    assert find_sentences(report.html) == {}
    waits = re.findall(r"This waits for ([^<]+)", report.html.decode())
    assert len(waits) == len(QUESTIONS)
    assert [one for one in waits if not re.search(r"\bday\b", one)] == []  # it says when, too


def test_a_mart_that_is_missing_costs_its_question_alone(home: Home, games: list[Game]) -> None:
    tables = tabulate(games, CATALOGUE)
    del tables["market_upcoming_games"]
    home.publish(tables)
    report = build_report(home.settings, "dev")
    assert {line.partition(":")[0] for line in report.unanswered} == {"upcoming"}
    assert "market_upcoming_games" in report.unanswered[0]
    assert len(find_sentences(report.html)) == len(QUESTIONS) - 1
    assert b"was published by another version" in report.html


def test_a_pointer_that_is_none_is_the_lakes_fault(home: Home) -> None:
    lake = FolderLake.open(home.settings.lake_dir)
    lake.replace(MartsPointerKey(target="dev"), b"{")
    with pytest.raises(LakeError, match="is not a pointer"):
        build_report(home.settings, "dev")


def test_a_file_that_is_gone_is_the_lakes_fault(home: Home) -> None:
    home.publish(tabulate(make_games(10), CATALOGUE))
    for file in home.settings.lake_dir.rglob("market_catalogue.parquet"):
        file.unlink()
    with pytest.raises(LakeError, match=r"can't be read|Could not read"):
        build_report(home.settings, "dev")
