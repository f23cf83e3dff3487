"""What counts as a loss of values, and what history makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from rawg_sandbox.clock import parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.snapshot import Snapshot
from rawg_sandbox.world import World
from transformer.checks.contracts import Contract, FieldRule
from transformer.checks.filled_fields import FieldKey, FillCount, FillWatch
from transformer.lake.lake_parts import LakePart
from transformer.lake.row_shapes import shapes_of

AT = datetime(2024, 1, 1, tzinfo=UTC)
PART = LakePart("rawg", "games", AT.date(), "part", AT, 1, "")
DETAILS = LakePart("rawg", "game_details", AT.date(), "part", AT, 1, "", items=None)
MOMENT = parse_moment("2024-01-02T06:00:00Z")
GENRES: FieldKey = ("rawg", "games", "genres")
CONTRACT = Contract(
    fields={
        "genres": FieldRule(types=("array",), vital=True, filled=True),
        "metacritic": FieldRule(types=("integer",), vital=True),
    }
)


def watch(before: dict[FieldKey, FillCount], *rows: Mapping[str, object]) -> FillWatch:
    watching = FillWatch(before, lambda *_: CONTRACT)
    watching.look(PART, shapes_of(iter(rows)))
    return watching


def found(before: float, filled: int, of: int, field: str = "genres") -> list[bool]:
    """Whether the findings are errors."""
    history = {("rawg", "games", field): FillCount(1000, round(1000 * before))}
    rows = [{"id": n, field: ["x"] if n < filled else []} for n in range(of)]
    return [finding.is_error for finding in watch(history, *rows).findings()]


@pytest.mark.parametrize(
    ("before", "filled", "of", "expected"),
    [
        (1.0, 50, 200, [True]),  # the case that was silent
        (1.0, 99, 200, [True]),
        (1.0, 101, 200, [False]),
        (1.0, 170, 200, []),
        (1.0, 0, 17, [True]),
        (1.0, 0, 16, []),
        (0.05, 0, 300, []),
        (0.05, 0, 400, [False]),
        (0.94, 0, 200, [False]),
        (0.5, 200, 200, []),
    ],
)
def test_a_loss_is_what_chance_does_not_explain(
    before: float, filled: int, of: int, expected: list[bool]
) -> None:
    assert found(before, filled, of) == expected


def test_a_field_that_not_every_row_has_warns_however_vital() -> None:
    assert found(1.0, 0, 200, "metacritic") == [False]


def test_details_that_are_read_most_popular_first_are_no_loss() -> None:
    """Scores, ratings and statuses are of popular games: a day's 500 have fewer than those before."""
    snapshot = Snapshot(World(CatalogueOptions(seed=3, games=5_000)), MOMENT, 50_000_000)
    by_added = [int(index) for index in snapshot.state.by_added]
    history: dict[FieldKey, FillCount] = {}
    warned = set()
    for start in range(0, 5_000, 500):
        watching = FillWatch(history)
        day = by_added[start : start + 500]
        watching.look(DETAILS, shapes_of(json.loads(snapshot.details.encode(one)) for one in day))
        findings = watching.findings()
        assert [finding.describe() for finding in findings if finding.is_error] == []
        warned |= {finding.field for finding in findings}
        history = watching.new_history()
    assert {"metacritic", "ratings", "added_by_status"} <= warned


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_null_and_what_has_nothing_in_it_are_no_values(nothing: object) -> None:
    rows = [{"genres": nothing}] * 100
    (finding,) = watch({GENRES: FillCount(100, 100)}, *rows).findings()
    assert finding.describe() == (
        "genres: a value in 0 of 100, expected in 100%, as in builds before, "
        "in the parts that this build loads"
    )


def test_zero_and_false_are_values() -> None:
    assert watch({GENRES: FillCount(100, 100)}, *[{"genres": 0}] * 100).findings() == []


def test_a_field_that_is_gone_from_every_row_has_lost_all() -> None:
    (finding,) = watch({GENRES: FillCount(100, 100)}, *[{"id": 1}] * 100).findings()
    assert finding.is_error


def test_history_adds_up_and_follows_what_was_accepted() -> None:
    added = watch({GENRES: FillCount(100, 90)}, *[{"genres": ["x"]}] * 100).new_history()
    assert added[GENRES] == FillCount(200, 190)
    lost = watch({GENRES: FillCount(5000, 5000)}, *[{"genres": []}] * 100).new_history()
    assert lost[GENRES] == FillCount(100, 0)
    large = watch({GENRES: FillCount(9000, 900)}, *[{"genres": []}] * 1000).new_history()
    assert large[GENRES].objects <= 5000
    untouched = watch({("rawg", "tags", "name"): FillCount(5, 5)}, {"genres": []}).new_history()
    assert untouched["rawg", "tags", "name"] == FillCount(5, 5)
