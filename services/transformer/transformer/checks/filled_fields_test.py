"""What counts as a loss of values, and what history makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from transformer.checks.contracts import Contract, FieldRule
from transformer.checks.filled_fields import FieldKey, FillCount, FillWatch
from transformer.lake.lake_parts import LakePart
from transformer.lake.row_shapes import shapes_of

AT = datetime(2024, 1, 1, tzinfo=UTC)
PART = LakePart("rawg", "games", AT.date(), "part", AT, 1, "")
GENRES: FieldKey = ("rawg", "games", "genres")
CONTRACT = Contract(
    fields={
        "genres": FieldRule(types=("array",), read=True, vital=True),
        "website": FieldRule(types=("string",), read=True),
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
        (0.05, 0, 400, [True]),
        (0.5, 200, 200, []),
    ],
)
def test_a_loss_is_what_chance_does_not_explain(
    before: float, filled: int, of: int, expected: list[bool]
) -> None:
    assert found(before, filled, of) == expected


def test_a_field_that_is_not_vital_warns() -> None:
    assert found(1.0, 0, 200, "website") == [False]


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
