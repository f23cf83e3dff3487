"""The figures of README.md, counted in the catalogue as it is served."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import correlation, mean, quantiles
from typing import Any, Final

import pytest

from rawg_sandbox.clock import parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.synthetic_source import SyntheticSource
from rawg_sandbox.world import World

type Game = dict[str, Any]

_README: Final = Path(__file__).parents[1] / "README.md"
_MOMENT: Final = parse_moment("2024-01-02T06:00:00Z")
_NEXT_DAY: Final = parse_moment("2024-01-03T06:00:00Z")
# Those of which the recordings are: fewer people say too little.
_WELL_KNOWN: Final = 900


def _read_details(source: SyntheticSource, moment: int) -> list[Game]:
    snapshot = source.at(moment)
    return [json.loads(snapshot.details.encode(int(game))) for game in snapshot.state.by_added]


@pytest.fixture(scope="module")
def source() -> SyntheticSource:
    return SyntheticSource(World(CatalogueOptions()), cache_bytes=1)


@pytest.fixture(scope="module")
def well_known(source: SyntheticSource) -> list[Game]:
    return [
        game
        for game in _read_details(source, _MOMENT)
        if game["added"] > _WELL_KNOWN and not game["tba"]
    ]


def _critics_and_players(games: list[Game]) -> float:
    scored = [game for game in games if game["metacritic"] and game["ratings_count"] >= 10]
    return correlation(
        *zip(*((game["metacritic"], game["rating"]) for game in scored), strict=True)
    )


def _share_of_copies(status: str) -> Callable[[Game], float]:
    def share(game: Game) -> float:
        statuses = game["added_by_status"]
        return float(statuses.get(status, 0) / (game["added"] - statuses.get("toplay", 0)))

    return share


_finished = _share_of_copies("beaten")


def _finished_in(games: list[Game], *genres: str) -> float:
    """The share of all copies of such games that were played to the end."""
    some = [game for game in games if {genre["name"] for genre in game["genres"]} & set(genres)]
    copies = [game["added"] - game["added_by_status"].get("toplay", 0) for game in some]
    return float(sum(game["added_by_status"].get("beaten", 0) for game in some) / sum(copies))


def _self_published(games: list[Game]) -> float:
    pairs = [
        (
            {name["name"] for name in game["developers"]},
            {name["name"] for name in game["publishers"]},
        )
        for game in games
    ]
    return mean(bool(makers & houses) for makers, houses in pairs if makers and houses)


def _having(genre: str) -> Callable[[list[Game]], float]:
    return lambda games: mean(genre in {one["name"] for one in game["genres"]} for game in games)


def _median(of: Callable[[Game], float]) -> Callable[[list[Game]], float]:
    return lambda games: quantiles(map(of, games), n=10)[4]


def _decile(number: int, of: Callable[[Game], float]) -> Callable[[list[Game]], float]:
    return lambda games: quantiles(map(of, games), n=10)[number - 1]


def _autumn(games: list[Game]) -> float:
    months = [game["released"][5:7] for game in games if game["released"]]
    return mean(month in ("09", "10", "11") for month in months)


def _scores(games: list[Game]) -> list[float]:
    return [game["metacritic"] for game in games if game["metacritic"]]


# What is counted, and how far from the recorded figure it may be.
_FIGURES: Final[dict[str, tuple[Callable[[list[Game]], float], float]]] = {
    "correlation of Metacritic score and rating": (_critics_and_players, 0.1),
    "Metacritic score, mean": (lambda games: mean(_scores(games)), 1),
    "rating, lowest tenth": (_decile(1, lambda game: game["rating"]), 0.2),
    "rating, median": (_median(lambda game: game["rating"]), 0.1),
    "rating, highest tenth": (_decile(9, lambda game: game["rating"]), 0.2),
    "ratings per user, median": (_median(lambda g: g["ratings_count"] / g["added"]), 0.03),
    "finished, lowest tenth of games": (_decile(1, _finished), 0.02),
    "finished, median": (_median(_finished), 0.02),
    "finished, highest tenth": (_decile(9, _finished), 0.06),
    "correlation of finished and rating": (
        lambda games: correlation([*map(_finished, games)], [game["rating"] for game in games]),
        0.12,
    ),
    "finished copies of Action games": (lambda games: _finished_in(games, "Action"), 0.04),
    "of RPGs": (lambda games: _finished_in(games, "RPG"), 0.04),
    "of Massively Multiplayer games": (
        lambda games: _finished_in(games, "Massively Multiplayer"),
        0.04,
    ),
    "of Sports, Racing, Fighting": (
        lambda games: _finished_in(games, "Sports", "Racing", "Fighting"),
        0.08,
    ),
    "of Casual, Simulation, Strategy": (
        lambda games: _finished_in(games, "Casual", "Simulation", "Strategy"),
        0.08,
    ),
    "dropped, median": (_median(_share_of_copies("dropped")), 0.02),
    "still to be played, median of users": (
        _median(lambda game: game["added_by_status"].get("toplay", 0) / game["added"]),
        0.02,
    ),
    "hours of play, median": (_median(lambda game: game["playtime"]), 2),
    "genres a game": (lambda games: mean(len(game["genres"]) for game in games), 0.25),
    "games with Action": (_having("Action"), 0.08),
    "with Adventure": (_having("Adventure"), 0.08),
    "with Strategy": (_having("Strategy"), 0.03),
    "self-published": (_self_published, 0.1),
    "released in September to November": (_autumn, 0.1),
}


def _rows(text: str) -> dict[str, tuple[float, float]]:
    """The table's lines: recorded and counted."""
    found = re.findall(r"^\| ([^|]+) \| (\d[\d.]*) \| (\d[\d.]*) \|$", text, re.MULTILINE)
    return {name: (float(recorded), float(counted)) for name, recorded, counted in found}


def _shorten(value: float) -> float:
    return float(f"{value:.3g}")


def test_the_catalogue_is_near_the_recorded_figures_and_readme_says_how_near(
    well_known: list[Game],
) -> None:
    told = _rows(_README.read_text(encoding="utf-8"))
    assert told.keys() == _FIGURES.keys()
    counted = {name: _shorten(count(well_known)) for name, (count, _) in _FIGURES.items()}
    assert {name: own for name, (_, own) in told.items()} == counted
    far = {
        name: (recorded, own)
        for name, (recorded, own) in told.items()
        if abs(recorded - own) > _FIGURES[name][1]
    }
    assert far == {}


def _gains(games: Iterable[Game], later: Iterable[Game]) -> dict[int, int]:
    before = {game["id"]: game["added"] for game in games}
    return {
        game["id"]: game["added"] - before[game["id"]] for game in later if game["id"] in before
    }


def test_new_games_rise_from_one_day_to_the_next_faster_than_bigger_old_ones(
    source: SyntheticSource, well_known: list[Game]
) -> None:
    gains = _gains(well_known, _read_details(source, _NEXT_DAY))
    biggest = [game["id"] for game in well_known[:10]]
    rising = sorted(gains, key=gains.__getitem__, reverse=True)[:5]
    released = {game["id"]: game["released"] or "" for game in well_known}
    assert max(gains[game] for game in biggest) < max(gains.values()) / 3
    assert sum(released[game] >= "2023" for game in rising) >= 3


def test_people_wait_for_what_is_announced(source: SyntheticSource) -> None:
    announced = [
        game for game in _read_details(source, _MOMENT) if game["tba"] and game["added"] >= 100
    ]
    assert len(announced) > 3
    assert all(game["added"] < 2_000 for game in announced)
    assert all(game["added_by_status"]["toplay"] > game["added"] / 2 for game in announced)
