from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.api.headers import read_location, read_observed_at, read_pause
from extractor.conftest import NOW


@pytest.fixture(autouse=True)
def time_zone_of_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    time.tzset()


RIGHT = "Wed, 03 Jan 2024 05:59:00 GMT"


@pytest.mark.parametrize(
    ("value", "observed_at"),
    [
        (RIGHT, NOW - timedelta(minutes=1)),
        ("Wed, 03 Jan 2024 05:59:00", NOW - timedelta(minutes=1)),  # without a zone: HTTP's is UTC
        ("Wed, 03 Jan 2024 05:59:00 -0000", NOW - timedelta(minutes=1)),
        ("Wed, 03 Jan 2024 07:59:00 +0200", NOW - timedelta(minutes=1)),
        ("Tue, 02 Jan 2024 06:00:00 GMT", NOW - timedelta(days=1)),
        ("", NOW),
        ("soon", NOW),
        ("Sun, 03 Jan 2044 05:59:00 GMT", NOW),
        ("Wed, 03 Jan 2018 05:59:00 GMT", NOW),
        ("Fri, 31 Dec 9999 23:59:59 -0100", NOW),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", NOW),
        ("Fri, 31 Dec 2023 23:59:59 +99999999999", NOW),
    ],
)
def test_a_clock_is_believed_when_it_is_not_far_from_ours(
    monkeypatch: pytest.MonkeyPatch, value: str, observed_at: datetime
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    assert read_observed_at(httpx.Headers({"Date": value}), NOW) == observed_at


def test_a_clock_that_is_not_believed_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_observed_at(httpx.Headers({"Date": "Sun, 03 Jan 2044 05:59:00 GMT"}), NOW)
    assert "'Sun, 03 Jan 2044 05:59:00 GMT', ours 2024-01-03T06:00:00+00:00" in caplog.text


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["7"], 7.0),
        (["3.5"], 3.5),
        (["3, 4"], 4.0),
        (["4", "3"], 4.0),
        (["Wed, 03 Jan 2024 05:59:30 GMT"], 30.0),
        (["Wed, 03 Jan 2024 05:58:00 GMT"], 0.0),
        (["2592000"], 2_592_000.0),
        (["Sun, 03 Jan 2044 05:59:00 GMT"], None),
        (["999999999"], None),
        (["-1"], None),
        (["inf"], None),
        (["1e400"], None),
        (["soon"], None),
        ([], None),
    ],
)
def test_a_pause_is_the_longest_that_is_asked_for(values: list[str], seconds: float | None) -> None:
    headers = httpx.Headers([("Date", RIGHT), *(("Retry-After", value) for value in values)])
    assert read_pause(headers, NOW) == seconds


def test_a_pause_until_a_time_is_counted_by_the_clock_that_says_it() -> None:
    headers = {"Date": "Sun, 03 Jan 2044 05:59:00 GMT"}
    headers["Retry-After"] = "Sun, 03 Jan 2044 05:59:20 GMT"
    assert read_pause(httpx.Headers(headers), NOW) == 20.0


DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Wed", "", "x"]),
    st.integers(),
    st.sampled_from(["Jan", "Dec", "x", ""]),
    st.integers(),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.sampled_from(["GMT", "-0000", "+9999", "-2500", "", "EST"]) | st.text(max_size=5),
)


@given(value=DATES | st.text(), number=st.text() | st.floats().map(str))
def test_no_header_raises_anything(value: str, number: str) -> None:
    texts = [text.encode(errors="surrogatepass") for text in (value, number)]
    names = (b"Date", b"Retry-After", b"Location")
    headers = httpx.Headers([(name, text) for name in names for text in texts])
    read_observed_at(headers, NOW)
    read_pause(headers, NOW)
    response = httpx.Response(301, headers=headers, request=httpx.Request("GET", "http://x/y"))
    read_location(response)
