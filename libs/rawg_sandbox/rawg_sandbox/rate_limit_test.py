"""Who is refused for coming too fast, and when calls came."""

import http.client
import json
import time
from typing import Any

import pytest

from rawg_sandbox.conftest import Client
from rawg_sandbox.rate_limit import RateLimit
from rawg_sandbox.trigger import RuleError

_LIST = "/api/genres?key=the-sandbox-key"


def test_a_steady_client_at_the_limit_is_never_refused() -> None:
    limit = RateLimit(5, 2)
    jitter = (0.0, 0.03, -0.03, 0.01, -0.02)
    assert not any(limit.refuse(100 + n / 5 + jitter[n % 5]) for n in range(200))


def test_too_many_calls_close_it_for_a_while() -> None:
    limit = RateLimit(5, 2)
    assert [limit.refuse(100) for _ in range(7)] == [None] * 5 + [2, 2]
    assert [limit.refuse(at) for at in (100.5, 101.0, 101.9)] == [2, 1, 1]
    assert [limit.refuse(102) for _ in range(6)] == [None] * 5 + [2]
    assert limit.refused == 6


def test_a_limit_that_has_just_closed_says_its_own_seconds() -> None:
    waits = set()
    for n in range(100):
        limit, now = RateLimit(1, 1000), 1_000 + n / 7
        waits.add((limit.refuse(now), limit.refuse(now)))
    assert waits == {(None, 1000)}


def test_a_faster_client_is_refused_in_the_end() -> None:
    limit = RateLimit(5, 1)
    refused = [n for n in range(100) if limit.refuse(n / 10) is not None]
    assert refused and refused[0] > 5


def test_without_a_limit_all_calls_pass() -> None:
    assert RateLimit().refuse(0) is None


@pytest.mark.parametrize("bad", [0, -1, "5", True, float("inf")])
def test_a_limit_is_a_number_of_calls(bad: object) -> None:
    with pytest.raises(RuleError, match="per_second must be"):
        RateLimit().set(bad)


def _limit(client: Client, **wanted: object) -> tuple[http.client.HTTPResponse, dict[str, Any]]:
    response, body = client.call("/_sandbox/rate_limit", "POST", wanted)
    return response, json.loads(body)


def test_a_refused_call_is_a_429_that_costs_no_quota(client: Client) -> None:
    _limit(client, per_second=2, retry_after=30)
    statuses, waits = [], []
    for _ in range(4):
        response, _ = client.call(_LIST)
        statuses.append(response.status)
        waits.append(response.headers["Retry-After"])
    assert statuses == [200, 200, 429, 429]
    assert waits == [None, None, "30", "30"]
    assert client.get("/_sandbox/rate_limit")["refused"] == 2
    assert client.get("/_sandbox/quota")["used"] == 2
    assert client.get("/_sandbox/calls")["by_status"] == {"200": 2, "429": 2}
    assert _limit(client, per_second=None)[1]["per_second"] is None
    assert client.call(_LIST)[0].status == 200


@pytest.mark.parametrize(
    "wanted", [{}, {"rate": 5}, {"per_second": 0}, {"per_second": 5, "retry_after": 0.5}]
)
def test_a_bad_limit_is_told_why(client: Client, wanted: dict[str, object]) -> None:
    response, document = _limit(client, **wanted)
    assert response.status == 400
    assert "per_second" in document["error"] or "retry_after" in document["error"]


def test_each_call_is_told_with_its_times_on_the_machines_monotonic_clock(client: Client) -> None:
    client.spoil({"kind": "502", "page": 2, "seconds": 0.2})
    began_at = time.monotonic()
    for page in (1, 2):
        client.call(f"{_LIST}&page={page}")
    ended_at = time.monotonic()
    assert "times" not in client.get("/_sandbox/calls")
    one, two = client.get("/_sandbox/calls?times=1")["times"]
    assert began_at <= one["arrived_at"] <= one["answered_at"] <= two["arrived_at"]
    assert two["arrived_at"] + 0.2 <= two["answered_at"] <= ended_at
    assert (one["request"], one["status"], one["fault"]) == ("/api/genres?page=1", "200", None)
    assert (two["status"], two["fault"]) == ("502", "502")
    client.call("/_sandbox/calls/reset", "POST", {})
    assert client.get("/_sandbox/calls?times=1")["times"] == []


def test_a_call_that_still_hangs_has_no_time_of_its_answer(client: Client) -> None:
    client.spoil({"kind": "hang"})
    with client.open(_LIST) as connection:
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        (call,) = client.get("/_sandbox/calls?times=1")["times"]
        assert call["answered_at"] is None
