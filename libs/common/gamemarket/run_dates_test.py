from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gamemarket.errors import UsageError
from gamemarket.run_dates import (
    Clock,
    check_day_is_over,
    days_between,
    parse_moment,
    parse_month,
    parse_run_date,
)


def clock(text: str) -> Clock:
    return Clock(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_a_run_date_is_parsed() -> None:
    assert parse_run_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["2023-02-29", "20240101", "yesterday", "", "2024-01-01T00:00"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        parse_run_date(text)


def test_a_month_is_parsed_or_refused_with_an_example() -> None:
    assert parse_month("2024-02") == date(2024, 2, 1)
    for text in ("2024", "2024-13", "2024-02-01", ""):
        with pytest.raises(UsageError, match="YYYY-MM"):
            parse_month(text)


def test_a_moment_is_parsed_with_its_zone_or_refused_with_an_example() -> None:
    six = datetime(2024, 3, 1, 6, tzinfo=UTC)
    assert parse_moment("2024-03-01T06:00:00Z") == six
    assert parse_moment("2024-03-01T08:00:00+02:00") == six
    for text in ("2024-03-01T06:00:00", "2024-03-01", "six", ""):
        with pytest.raises(UsageError, match="T06:00:00Z"):
            parse_moment(text)


def test_a_day_is_over_half_an_hour_after_midnight() -> None:
    check_day_is_over(date(2024, 1, 1), clock("2024-01-02T00:30"))
    with pytest.raises(UsageError, match="run it from 2024-01-02 00:30"):
        check_day_is_over(date(2024, 1, 1), clock("2024-01-02T00:29"))


def test_the_newest_complete_day_is_the_last_that_is_over() -> None:
    assert clock("2024-03-01T00:29").newest_complete_day() == date(2024, 2, 28)
    assert clock("2024-03-01T00:30").newest_complete_day() == date(2024, 2, 29)


def test_the_system_clock_is_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_a_range_of_days_has_both_ends() -> None:
    days = list(days_between(date(2024, 2, 28), date(2024, 3, 1)))
    assert [day.day for day in days] == [28, 29, 1]


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="before it begins"):
        days_between(date(2024, 1, 2), date(2024, 1, 1))
