from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from extractor.reading.last_answers import LastAnswer, backoff
from gamemarket.manifest import Outcome


@pytest.mark.parametrize(
    ("failures", "days"), [(0, 30), (1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (1000, 30)]
)
def test_the_pause_doubles_with_each_failure_up_to_the_refresh(failures: int, days: int) -> None:
    assert backoff(failures, refresh_days=30) == timedelta(days=days)


@pytest.mark.parametrize(
    ("outcome", "failures", "due"),
    [
        ("stored", 0, date(2024, 1, 9)),
        ("deleted", 1, date(2024, 1, 3)),
        ("unavailable", 2, date(2024, 1, 4)),
    ],
)
def test_an_item_is_due_on_a_day_not_at_an_hour(outcome: Outcome, failures: int, due: date) -> None:
    late = datetime(2024, 1, 2, 23, 59, tzinfo=UTC)
    assert LastAnswer(late, outcome, failures, "").next_due(refresh_days=7) == due
