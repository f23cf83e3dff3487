"""What a client sees of each fault, byte by byte where it matters."""

import http.client
import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from rawg_sandbox.conftest import Client
from rawg_sandbox.faults import BODY_KINDS, KINDS, LIST_KINDS, STATUS_KINDS, WIRE_KINDS

_LIST = "/api/games?key=the-sandbox-key&page_size=40"


def _told_length(head: bytes) -> int:
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return int(lines[b"Content-Length"])


def test_every_kind_is_of_one_sort() -> None:
    sorts = (STATUS_KINDS, BODY_KINDS, LIST_KINDS, WIRE_KINDS)
    assert sorted(KINDS) == sorted(kind for kinds in sorts for kind in kinds)
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("kind", ["403", "408", "500", "502", "503", "504", "520", "522", "524"])
def test_an_error_status_has_a_body_of_html(client: Client, kind: str) -> None:
    client.spoil({"kind": kind})
    response, body = client.call(_LIST)
    assert response.status == int(kind)
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert b"<html>" in body and kind.encode() in body
    assert "Retry-After" not in response.headers


@pytest.mark.parametrize(
    ("kind", "status", "document"),
    [
        ("404", 404, {"detail": "Invalid page."}),
        ("429", 429, {"detail": "Request was throttled."}),
        ("quota", 401, {"error": "The monthly API limit reached"}),
    ],
)
def test_other_refusals_are_json(
    client: Client, kind: str, status: int, document: dict[str, str]
) -> None:
    client.spoil({"kind": kind})
    response, body = client.call(_LIST)
    assert response.status == status
    assert json.loads(body) == document
    assert "Retry-After" not in response.headers


def test_retry_after_comes_in_seconds_or_as_a_date(client: Client) -> None:
    client.spoil(
        {"kind": "429", "retry_after": 7, "first": 1},
        {"kind": 503, "retry_after": 90, "retry_after_as": "date"},
    )
    assert client.call(_LIST)[0].headers["Retry-After"] == "7"
    headers = client.call(_LIST)[0].headers
    until, now = (parsedate_to_datetime(headers[name]) for name in ("Retry-After", "Date"))
    assert (until - now).total_seconds() == 90


def test_a_200_can_carry_something_else(client: Client) -> None:
    whole = client.call(_LIST)[1]
    bodies: dict[str, Callable[[bytes], bool]] = {
        "html": lambda body: body.startswith(b"<!DOCTYPE html>"),
        "cut_json": lambda body: body == whole[: len(whole) // 2],
        "empty_body": lambda body: body == b"",
        "redirect": lambda body: json.loads(body)["redirect"] is True,
        "no_results": lambda body: "results" not in json.loads(body),
    }
    assert bodies.keys() == set(BODY_KINDS)
    for kind, is_as_told in bodies.items():
        client.spoil({"kind": kind})
        response, body = client.call(_LIST)
        assert response.status == 200
        assert is_as_told(body), kind
        assert int(response.headers["Content-Length"]) == len(body)


def test_an_empty_page_has_no_rows_and_goes_on_or_ends(client: Client) -> None:
    real = client.get(f"{_LIST}&page=2")
    last = f"{_LIST}&page={-(-real['count'] // 40)}"
    client.spoil({"kind": "empty_page"})
    assert client.get(f"{_LIST}&page=2") == real | {"results": []}
    assert client.get(last)["next"] is not None
    client.spoil({"kind": "empty_end"})
    assert client.get(f"{_LIST}&page=2") == real | {"results": [], "next": None}


@pytest.mark.parametrize("rows", [1, 7, 40, 99])
def test_a_short_page_misses_rows_and_says_nothing(client: Client, rows: int) -> None:
    real = client.get(f"{_LIST}&page=2")
    client.spoil({"kind": "short_page", "rows": rows})
    short = client.get(f"{_LIST}&page=2")
    assert {**short, "results": None} == {**real, "results": None}
    ids, kept = ([row["id"] for row in page["results"]] for page in (real, short))
    assert len(kept) == max(0, 40 - rows)
    assert [n for n in ids if n in set(kept)] == kept
    if rows < 39:
        assert (kept[0], kept[-1]) == (ids[0], ids[-1])


def test_changed_rows_have_other_fields_and_lack_some(client: Client) -> None:
    real = client.get(_LIST)
    fields = {"hype": 7, "metacritic": {"score": 80}}
    client.spoil({"kind": "changed_rows", "fields": fields, "without": ["slug"]})
    changed = client.get(_LIST)
    assert {**changed, "results": None} == {**real, "results": None}
    for row, before in zip(changed["results"], real["results"], strict=True):
        kept = {name: value for name, value in before.items() if name != "slug"}
        assert row == {**kept, **fields}


def test_a_wrong_count_moves_the_end_that_next_tells(client: Client) -> None:
    real = client.get(_LIST)
    pages = -(-real["count"] // 40)
    client.spoil({"kind": "wrong_count", "by": 40})
    assert client.get(_LIST)["count"] == real["count"] + 40
    assert client.get(f"{_LIST}&page={pages}")["next"] is not None
    client.spoil({"kind": "wrong_count", "by": -40})
    before_the_end = client.get(f"{_LIST}&page={pages - 1}")
    assert before_the_end["count"] == real["count"] - 40
    assert before_the_end["next"] is None
    assert client.get(f"{_LIST}&page={pages}")["results"]


def test_a_falling_count_falls_with_each_call(client: Client) -> None:
    real = client.get(_LIST)["count"]
    client.spoil({"kind": "falling_count", "by": 3})
    counts = [client.get(f"{_LIST}&page={page}")["count"] for page in (1, 2, 1)]
    assert counts == [real - 3, real - 6, real - 9]


def test_faults_of_lists_leave_details_and_pages_past_the_end_alone(client: Client) -> None:
    client.spoil({"kind": "empty_page"})
    assert client.call("/api/games/no-such-game?key=the-sandbox-key")[0].status == 404
    assert client.call(f"{_LIST}&page=999")[0].status == 404
    assert client.get("/_sandbox/faults")["injected"] == 0


def test_a_reset_comes_before_any_byte(client: Client) -> None:
    client.spoil({"kind": "reset"})
    assert client.receive(_LIST) == (b"", b"", True)
    calls = client.get("/_sandbox/calls")
    assert calls["by_status"] == {"none": 1}


def test_a_reset_can_come_in_the_middle_of_the_body(client: Client) -> None:
    client.spoil({"kind": "reset_body"})
    head, body, was_reset = client.receive(_LIST)
    assert was_reset
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert 0 < len(body) == _told_length(head) // 2


def test_a_truncated_body_ends_early_without_a_reset(client: Client) -> None:
    client.spoil({"kind": "truncated"})
    head, body, was_reset = client.receive(_LIST)
    assert not was_reset
    assert 0 < len(body) == _told_length(head) // 2
    with pytest.raises(http.client.IncompleteRead):
        client.call(_LIST)


def test_a_length_can_be_too_short_or_too_long(client: Client) -> None:
    whole = client.call(_LIST)[1]
    client.spoil({"kind": "length_short"})
    head, body, _ = client.receive(_LIST)
    assert len(body) == _told_length(head) + 100
    cut = client.call(_LIST)[1]
    assert whole.startswith(cut) and len(cut) == len(whole) - 100
    client.spoil({"kind": "length_long"})
    head, body, _ = client.receive(_LIST)
    assert len(body) == _told_length(head) - 100
    json.loads(body)
    with pytest.raises(http.client.IncompleteRead):
        client.call(_LIST)


def test_a_trickling_body_comes_in_small_pieces_and_is_whole(client: Client) -> None:
    whole = client.call(_LIST)[1]
    client.spoil({"kind": "trickle", "seconds": 0.6})
    pieces: list[bytes] = []
    began_at = time.monotonic()
    with client.open(_LIST) as connection:
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    assert time.monotonic() - began_at >= 0.6
    body = b"".join(pieces).partition(b"\r\n\r\n")[2]
    assert len(body) == len(whole) and json.loads(body)
    assert len(pieces) > 2


def test_a_client_that_leaves_a_trickling_body_leaves_no_trace(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.spoil({"kind": "trickle", "seconds": 0.6})
    with client.open(_LIST) as connection:
        connection.recv(100)
    time.sleep(0.7)
    assert client.get("/_sandbox/calls")["total"] == 1
    assert not caplog.records


def test_a_hanging_call_is_answered_late_and_leaves_others_alone(client: Client) -> None:
    client.spoil({"kind": "hang", "seconds": 0.5, "page": 2})
    with client.open(f"{_LIST}&page=2") as hanging:
        hanging.settimeout(0.1)
        with pytest.raises(TimeoutError):
            hanging.recv(1)
        assert client.get(f"{_LIST}&page=3")["results"]
        hanging.settimeout(10)
        assert hanging.recv(15) == b"HTTP/1.1 200 OK"


def test_a_server_stops_while_calls_hang_and_trickle(client: Client) -> None:
    client.spoil({"kind": "hang", "page": 1}, {"kind": "trickle", "seconds": 300, "page": 2})
    connections = [client.open(f"{_LIST}&page={page}") for page in (1, 2)]
    assert connections[1].recv(15) == b"HTTP/1.1 200 OK"
    for connection in connections:
        connection.close()


def test_other_kinds_can_come_late_too(client: Client) -> None:
    client.spoil({"kind": "522", "seconds": 0.3})
    began_at = time.monotonic()
    assert client.call(_LIST)[0].status == 522
    assert time.monotonic() - began_at >= 0.3


def test_the_first_rule_that_takes_a_call_spoils_it_and_the_next_ones_wait(client: Client) -> None:
    client.spoil({"kind": "500", "first": 1}, {"kind": "429", "first": 2})
    statuses = [client.call(_LIST)[0].status for _ in range(4)]
    assert statuses == [500, 429, 429, 200]
    assert client.call(f"{_LIST}&page=2")[0].status == 500


def test_rules_tell_what_they_did_and_can_be_taken_back(client: Client) -> None:
    told = client.spoil({"kind": "502", "page": [2, 3], "first": 1}, {"kind": 500, "times": 1})
    assert told["injected"] == 0
    for page in (1, 2, 2, 3):
        client.call(f"{_LIST}&page={page}")
    report = client.get("/_sandbox/faults")
    assert report["by_kind"] == {"500": 1, "502": 2}
    assert report["injected"] == 3
    assert report["rules"] == [
        {"kind": "502", "page": [2, 3], "first": 1, "seen": 3, "injected": 2},
        {"kind": "500", "times": 1, "seen": 2, "injected": 1},
    ]
    assert client.get("/_sandbox/calls")["faults"] == {"500": 1, "502": 2}
    for method, body in (("DELETE", None), ("POST", [])):
        client.spoil({"kind": "500"})
        assert json.loads(client.call("/_sandbox/faults", method, body)[1])["rules"] == []
        assert client.get(_LIST)["results"]


def test_spoiled_calls_are_counted_like_others(client: Client) -> None:
    client.spoil({"kind": "reset", "first": 1}, {"kind": "502", "first": 1})
    for _ in range(3):
        client.receive(_LIST) if client.get("/_sandbox/calls")["total"] == 0 else client.call(_LIST)
    calls = client.get("/_sandbox/calls")
    assert calls["total"] == 3
    assert calls["by_endpoint"] == {"games": 3}
    assert calls["by_status"] == {"200": 1, "502": 1, "none": 1}
    assert list(calls["by_request"].values()) == [3]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "rule 0: kind: Field required"),
        ({"kind": "501"}, "no such fault: '501'; there are 403, "),
        ({"kind": "500", "by": 3}, "`by` is for wrong_count and falling_count"),
        ({"kind": "falling_count", "by": -3}, "1 or more"),
        ({"kind": "changed_rows"}, "changed_rows needs `fields` or `without`"),
        ({"kind": "500", "without": ["id"]}, "changed_rows needs `fields` or `without`"),
        ({"kind": "hang", "seconds": -1}, "rule 0: seconds: "),
        ({"kind": "429", "retry_after": 1.5}, "rule 0: retry_after: "),
    ],
)
def test_a_bad_rule_is_told_why_and_changes_nothing(
    client: Client, rule: dict[str, Any], sentence: str
) -> None:
    client.spoil({"kind": "502"})
    response, body = client.call("/_sandbox/faults", "POST", [rule])
    assert response.status == 400
    assert sentence in json.loads(body)["error"]
    assert client.call(_LIST)[0].status == 502
