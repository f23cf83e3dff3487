"""The second API, over HTTP."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox_fixture.in_thread import RunningSandbox

KEY = {"X-Outlet-Key": "the-sandbox-key"}


def ask(
    sandbox: RunningSandbox, path: str, headers: dict[str, str] = KEY
) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        connection.request("GET", f"/outlet/v1/{path}", headers=headers)
        response = connection.getresponse()
        return response.status, json.load(response)
    finally:
        connection.close()


def tell_truth(sandbox: RunningSandbox, endpoint: str, **asked: str) -> list[int]:
    server = sandbox.server
    truth = server.api.source.tell_truth(endpoint, asked, server.clock.catalogue_moment())
    ids: list[int] = truth["ids"]
    return ids


def test_pages_by_offset_give_each_row_of_a_day_once(sandbox: RunningSandbox) -> None:
    ids: list[int] = []
    while True:
        path = f"titles?changed_on=2024-01-01&sort=created&limit=30&offset={len(ids)}"
        status, page = ask(sandbox, path)
        assert (status, page["offset"]) == (200, len(ids))
        if not page["items"]:
            break
        ids += [row["id"] for row in page["items"]]
    assert ids == tell_truth(sandbox, "games", updated="2024-01-01,2024-01-01", ordering="created")
    assert len(ids) == page["total"] > 60


def test_an_item_is_found_by_its_id(sandbox: RunningSandbox) -> None:
    first = tell_truth(sandbox, "games")[0]
    assert ask(sandbox, f"titles/{first}")[1]["id"] == first
    assert ask(sandbox, "titles/999999999")[0] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("titles?limit=101", 400),
        ("titles?limit=0", 400),
        ("titles?offset=-1", 400),
        ("titles?page=2", 400),
        ("nothing", 404),
    ],
)
def test_what_it_does_not_understand_it_refuses(
    sandbox: RunningSandbox, path: str, status: int
) -> None:
    answered, body = ask(sandbox, path)
    assert (answered, list(body)) == (status, ["message"])


def test_a_key_elsewhere_is_no_key(sandbox: RunningSandbox) -> None:
    assert ask(sandbox, "kinds?key=the-sandbox-key", headers={})[0] == 401
    assert ask(sandbox, "kinds", headers={"X-Outlet-Key": "another"})[0] == 401


def test_a_spent_quota_is_told_by_its_status(sandbox: RunningSandbox) -> None:
    sandbox.server.api.quota.set(1)
    assert ask(sandbox, "kinds")[0] == 200
    assert ask(sandbox, "kinds")[0] == 402
    assert sandbox.server.calls.by_endpoint == {"outlet_kinds": 2}
