"""Over HTTP: what only the wire shows, and the control calls."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox_fixture.in_thread import RunningSandbox


def _call(
    sandbox: RunningSandbox,
    path: str,
    body: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        method = "GET" if body is None else "POST"
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def _get(sandbox: RunningSandbox, path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_call(sandbox, path)[1])
    return document


def test_the_date_header_is_the_sandboxs_clock(sandbox: RunningSandbox) -> None:
    response, _ = _call(sandbox, "/api/genres?key=the-sandbox-key")
    assert response.headers["Date"] == "Tue, 02 Jan 2024 06:00:00 GMT"
    assert response.headers["Content-Type"] == "application/json"
    moved = json.loads(_call(sandbox, "/_sandbox/clock", {"now": "2024-02-29T12:00:00Z"})[1])
    assert moved == {"now": "2024-02-29T12:00:00Z", "ticks": False}
    response, _ = _call(sandbox, "/api/genres?key=the-sandbox-key")
    assert response.headers["Date"] == "Thu, 29 Feb 2024 12:00:00 GMT"


def test_following_next_reaches_the_end_with_each_page_counted_once(
    sandbox: RunningSandbox,
) -> None:
    path = "/api/games?key=the-sandbox-key&page_size=40&updated=2024-01-01,2024-01-01"
    pages = 0
    while path:
        document = _get(sandbox, path)
        pages += 1
        following = urlsplit(document["next"] or "")
        path = f"{following.path}?{following.query}" if following.path else ""
    assert pages == -(-document["count"] // 40) > 1
    calls = _get(sandbox, "/_sandbox/calls")
    assert calls["total"] == pages
    assert calls["by_endpoint"] == {"games": pages}
    assert calls["by_status"] == {"200": pages}
    assert set(calls["by_request"].values()) == {1}
    assert not any("key" in request for request in calls["by_request"])


def test_calls_are_counted_by_endpoint_and_status_and_can_be_reset(
    sandbox: RunningSandbox,
) -> None:
    for path in (
        "/api/games",
        "/api/games/none?key=the-sandbox-key",
        "/api/tags?key=the-sandbox-key",
        "/other",
    ):
        _call(sandbox, path)
    calls = _get(sandbox, "/_sandbox/calls")
    assert calls["by_endpoint"] == {"games": 1, "games_id": 1, "tags": 1, "unknown": 1}
    assert calls["by_status"] == {"200": 1, "401": 2, "404": 1}
    _call(sandbox, "/_sandbox/calls/reset", {})
    assert _get(sandbox, "/_sandbox/calls")["total"] == 0


def test_the_quota_can_be_set_and_read(sandbox: RunningSandbox) -> None:
    _call(sandbox, "/_sandbox/quota", {"limit": 1})
    statuses = [_call(sandbox, "/api/genres?key=the-sandbox-key")[0].status for _ in range(3)]
    assert statuses == [200, 401, 401]
    assert _get(sandbox, "/_sandbox/quota") == {"limit": 1, "used": 1}


def test_the_truth_can_be_asked(sandbox: RunningSandbox) -> None:
    truth = _get(sandbox, "/_sandbox/truth?endpoint=games&updated=2024-01-01,2024-01-01")
    page = _get(sandbox, "/api/games?key=the-sandbox-key&updated=2024-01-01,2024-01-01")
    assert truth["count"] == page["count"]
    assert truth["ids"][:20] == [row["id"] for row in page["results"]]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/_sandbox/clock", {"now": "soon"}, "'soon' is no time like"),
        ("/_sandbox/clock", {"then": 1}, "must be a JSON object with 'now'"),
        ("/_sandbox/clock", {"now": "1815-12-10"}, "knows the years"),
        ("/_sandbox/quota", {"limit": -1}, "limit must be"),
    ],
)
def test_a_bad_control_call_is_told_why(
    sandbox: RunningSandbox, path: str, body: dict[str, object], sentence: str
) -> None:
    response, answer = _call(sandbox, path, body)
    assert response.status == 400
    assert sentence in json.loads(answer)["error"]


def test_an_unknown_control_call_lists_the_known_ones(sandbox: RunningSandbox) -> None:
    response, answer = _call(sandbox, "/_sandbox/teapot")
    assert response.status == 404
    assert "POST /_sandbox/clock" in json.loads(answer)["calls"]
