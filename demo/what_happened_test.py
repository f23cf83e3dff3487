from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from demo.lake_contents import Contents, Mart
from demo.run_scenario import parse_summaries
from demo.top_games import TopGame
from demo.what_happened import describe_change, print_contents, print_top_games
from gamemarket.run_summary import RunSummary

GAMES, GENRES = Mart(446, "a"), Mart(19, "b")


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (None, {}, "No marts are published."),
        (None, {"dim_games": GAMES}, "for the first time"),
        ({"dim_games": GAMES}, {"dim_games": GAMES}, "No mart row changed"),
        (
            {"dim_games": GAMES, "dim_genres": GENRES},
            {"dim_games": Mart(446, "other"), "dim_genres": GENRES},
            "1 of 2 marts changed: dim_games.",
        ),
        ({}, {"dim_games": GAMES}, "for the first time"),
    ],
)
def test_the_change_of_the_marts_is_told_by_their_files(
    before: dict[str, Mart] | None, now: dict[str, Mart], words: str
) -> None:
    assert words in describe_change(before, now)


def test_the_calls_stand_on_a_line_of_their_own() -> None:
    printed = StringIO()
    contents = Contents(marts={"dim_games": GAMES})
    print_contents(contents, contents, 12_345, Console(file=printed, width=100))
    assert "API calls: 12345" in printed.getvalue().splitlines()


def test_the_games_are_shown_with_how_they_moved() -> None:
    printed = StringIO()
    game = TopGame(
        name="Portal [2]",
        added=20442,
        moved=-3,
        rating=4.592,
        genres=("Puzzle",),
        platforms=("Linux", "PC", "PlayStation 3", "Xbox 360", "macOS"),
    )
    print_top_games([game], Console(file=printed, width=120))
    text = printed.getvalue()
    for words in ("Portal [2]", "20,442", "-3", "4.59", "Linux, PC, PlayStation 3 +2"):
        assert words in text


def test_a_runs_summaries_are_its_json_lines() -> None:
    summary = RunSummary(endpoint="games", state="committed", requests=7)
    lines = ["something else", summary.model_dump_json(), "{}"]
    assert list(parse_summaries(lines)) == [summary]
